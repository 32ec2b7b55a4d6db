"""Which triggers an actor sees: those of the flows they see. Rows are fetched here and nowhere else."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.access import require
from flows.access import visible
from rdos.kernel.actors import Actor
from rdos.kernel.errors import NotFound
from scheduling.errors import CalendarNotFound, ScheduleNotFound, TriggerNotFound
from scheduling.models import Calendar, EventFilter, Firing, Schedule, Trigger, Webhook


def triggers_for(actor: Actor) -> QuerySet[Trigger]:
    return Trigger.objects.filter(visible(actor, "flow__"))


def trigger_for(actor: Actor, pk: UUID, action: str = "triggers.read", *, hold: bool = False) -> Trigger:
    """Held, it is neither edited nor set off by anybody else meanwhile."""
    require(actor, action)
    rows = triggers_for(actor).select_related("flow")
    found = (rows.select_for_update(of=("self",)) if hold else rows).filter(pk=pk).first()
    if found is None:
        raise TriggerNotFound
    return found


def schedules_for(actor: Actor) -> QuerySet[Schedule]:
    return Schedule.objects.filter(visible(actor, "trigger__flow__")).select_related("trigger__flow")


def schedule_for(actor: Actor, pk: UUID, action: str = "triggers.read") -> Schedule:
    require(actor, action)
    found = schedules_for(actor).filter(pk=pk).first()
    if found is None:
        raise ScheduleNotFound(f"Schedule not found: {pk}")
    return found


def webhooks_for(actor: Actor) -> QuerySet[Webhook]:
    return Webhook.objects.filter(visible(actor, "trigger__flow__")).select_related("trigger__flow")


def event_filters_for(actor: Actor) -> QuerySet[EventFilter]:
    return EventFilter.objects.filter(visible(actor, "trigger__flow__")).select_related("trigger__flow")


def firings_for(actor: Actor) -> QuerySet[Firing]:
    return Firing.objects.filter(visible(actor, "trigger__flow__"))


def firing_for(actor: Actor, pk: UUID, action: str = "triggers.read") -> Firing:
    require(actor, action)
    found = firings_for(actor).select_related("trigger__flow").filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def calendar_for(actor: Actor, pk: UUID, action: str = "calendars.read", *, hold: bool = False) -> Calendar:
    """Calendars are everybody's."""
    require(actor, action)
    # Held, it may still be named by a schedule.
    rows = Calendar.objects.select_for_update(no_key=True) if hold else Calendar.objects.all()
    found = rows.filter(pk=pk).first()
    if found is None:
        raise CalendarNotFound
    return found
