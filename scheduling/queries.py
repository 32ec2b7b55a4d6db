"""Questions about triggers and what came of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from rdos.kernel import dialect
from scheduling.choices import Outcome, Source, TriggerKind
from scheduling.models import Calendar, Firing, Schedule, Trigger


def schedules(
    rows: QuerySet[Trigger], *, flow_id: UUID | None = None, enabled: bool | None = None
) -> QuerySet[Trigger]:
    asked = {"flow_id": flow_id, "is_enabled": enabled}
    return rows.filter(kind=TriggerKind.SCHEDULE, **_said(asked))


def upcoming(rows: QuerySet[Schedule], *, flow_id: UUID | None = None) -> QuerySet[Schedule]:
    """Each with when it goes off next, the soonest first."""
    asked = _said({"trigger__flow_id": flow_id})
    return rows.filter(next_run_at__isnull=False, **asked).order_by("next_run_at", "pk")


def firings(
    rows: QuerySet[Firing],
    *,
    trigger_id: UUID | None = None,
    flow_id: UUID | None = None,
    outcome: str = "",
    source: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Firing]:
    asked = {
        "trigger_id": trigger_id,
        "trigger__flow_id": flow_id,
        "outcome": outcome or None,
        "source": source or None,
        "fired_at__gte": since,
        "fired_at__lt": until,
    }
    return rows.filter(**_said(asked))


def newest_of_each(trigger_ids: Sequence[UUID], most: int) -> list[dict[str, Any]]:
    """The newest firings of each trigger: along the index one by one, in one question."""
    newest = Firing.objects.order_by("-fired_at", "-id").values(*OF_A_RESULT)
    if dialect.is_sqlite():
        # It knows no limits inside of unions, and its tables are small.
        place = Window(RowNumber(), partition_by=F("trigger_id"), order_by=[F("fired_at").desc(), F("id").desc()])
        return list(newest.filter(trigger_id__in=trigger_ids).annotate(place=place).filter(place__lte=most))
    of_each = [newest.filter(trigger_id=pk)[:most] for pk in trigger_ids]
    return list(of_each[0].union(*of_each[1:], all=True)) if of_each else []


OF_A_RESULT = ("id", "trigger_id", "due_at", "fired_at", "outcome", "reason", "execution_id", "times")


def refusals(trigger_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many deliveries of each webhook were refused, as long as that is kept."""
    rows = Firing.objects.filter(trigger_id__in=trigger_ids, source=Source.WEBHOOK, outcome=Outcome.REFUSED)
    return dict(rows.order_by().values_list("trigger_id").annotate(Sum("times")))


def _said(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def calendar_ids(schedule_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Which calendars each schedule heeds."""
    found: dict[UUID, list[UUID]] = {}
    links = Schedule.calendars.through.objects.filter(schedule_id__in=list(schedule_ids)).order_by("id")
    for schedule_id, calendar_id in links.values_list("schedule_id", "calendar_id"):
        found.setdefault(schedule_id, []).append(calendar_id)
    return found


def calendars(rows: QuerySet[Calendar], search: str = "") -> QuerySet[Calendar]:
    return rows.filter(Q(name__icontains=search) | Q(description__icontains=search)) if search else rows


def soonest(most: int, *, but: UUID | None = None) -> list[Schedule]:
    """As many schedules as may be looked at: those that go off soonest."""
    rows = Schedule.objects.filter(next_run_at__isnull=False)
    others = rows if but is None else rows.exclude(pk=but)
    return list(others.order_by("next_run_at").only(*OF_ITS_TIMES)[:most])


def due_before(rows: QuerySet[Schedule], end: datetime, most: int) -> list[Schedule]:
    """Of these, those that go off before `end`, the soonest first."""
    found = rows.filter(next_run_at__lt=end).order_by("next_run_at", "pk").select_related("trigger__flow")
    named = ("trigger__name", "trigger__flow__name")
    return list(found.only(*OF_ITS_TIMES, "next_run_at", *named)[:most])


OF_ITS_TIMES = ("timing", "cron", "zone", "every_seconds", "anchor", "starts_at", "ends_at")
