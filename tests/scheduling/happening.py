"""What happens on a hub, by the services that make it happen, and event triggers that heed it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from devices.models import Node
from devices.services import presence
from devices.services.presence import End
from flows.models import Execution, Flow
from flows.outcomes import Outcome
from flows.services import settling
from rdos import ticks
from rdos.kernel.models import JournalEntry
from scheduling.models import Firing, Trigger
from scheduling.services import heeding, triggers
from tests.flows.story import flow_that_runs
from tests.people import Person

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def trigger_by(person: Person, *actions: str, flow: Flow | None = None, given: Any = None, **part: Any) -> Trigger:
    """Switched on some time ago."""
    return triggers.create(
        actor=person.actor,
        flow_id=(flow or flow_that_runs()).pk,
        kind="event",
        name="On trouble",
        at=timezone.now() - timedelta(hours=5),
        part={"actions": list(actions), **part},
        input=given,
    )


def node_online(key: str = "arm-7", **fields: Any) -> Node:
    return Node.objects.create(key=key, name=key.title(), status="online", session_id=uuid4(), **fields)


def goes_offline(node: Node, at: datetime | None = None) -> None:
    Node.objects.filter(pk=node.pk).update(session_id=(session := uuid4()), status="online")
    presence.part([End(node.pk, session, 1006, "silence", timezone.now())], timezone.now())
    if at:
        happened(at)


def happened(at: datetime) -> None:
    """What was written last, at that moment."""
    JournalEntry.objects.filter(pk=JournalEntry.objects.latest("pk").pk).update(at=at)


def fails(run: UUID, error: str = "no oil") -> None:
    held = {"status": "running", "robot_key": "bot", "lease_until": timezone.now()}
    assert Execution.objects.filter(pk=run, status="queued").update(**held)
    settling.settle([Outcome(run, "bot", False, error=error, retryable=False)], timezone.now())


def heed(at: datetime | None = None) -> None:
    ticks.seal_journal()
    heeding.heed(at or timezone.now())


def firings(trigger: Trigger) -> list[Firing]:
    return list(Firing.objects.filter(trigger=trigger).order_by("due_at", "fired_at"))


def outcomes(trigger: Trigger) -> list[str]:
    return [one.outcome for one in firings(trigger)]


def runs(trigger: Trigger) -> list[Execution]:
    return list(Execution.objects.filter(trigger_id=trigger.pk).order_by("created_at"))
