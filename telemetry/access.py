"""Which events and logs an actor sees: those of the nodes they see."""

from django.db.models import Q, QuerySet

from accounts.access import require
from devices.access import sees_everything, within
from rdos.kernel.actors import Actor
from telemetry.errors import EventGone
from telemetry.models import Event


def events_for(actor: Actor) -> QuerySet[Event]:
    """What is about no node is for those who see every node."""
    scope = within(actor)
    return Event.objects.filter(scope if sees_everything(actor) else scope & Q(node_id__isnull=False))


def event_for(actor: Actor, pk: int, action: str = "events.read") -> Event:
    """An event outside the actor's nodes does not exist."""
    require(actor, action)
    event = events_for(actor).filter(pk=pk).first()
    if event is None:
        raise EventGone
    return event
