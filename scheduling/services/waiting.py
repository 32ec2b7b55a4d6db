"""Firings that wait for the run before: each starts when that is over, the oldest first."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from flows.choices import OPEN_EXECUTIONS
from flows.models import Execution
from flows.services import starts
from scheduling.choices import Outcome, Source
from scheduling.models import Firing
from scheduling.services import firings, gates
from scheduling.services.firings import Shot

MOST_AT_ONCE = 200


@transaction.atomic
def release(at: datetime) -> int:
    """How many it settled: started, or left out because their flow has stopped meanwhile."""
    found = list(_ready().select_related("trigger__flow").order_by("due_at", "id")[:MOST_AT_ONCE])
    for firing in found:
        _settle(firing, at)
    return len(found)


def _ready() -> QuerySet[Firing]:
    """The first in line of each trigger that has no run under way."""
    running = Execution.objects.filter(trigger_id=OuterRef("trigger_id"), status__in=OPEN_EXECUTIONS)
    before = Firing.objects.filter(
        trigger_id=OuterRef("trigger_id"), outcome=Outcome.WAITING, due_at__lt=OuterRef("due_at")
    )
    waiting = Firing.objects.filter(~Exists(running), ~Exists(before), outcome=Outcome.WAITING)
    return waiting.select_for_update(of=("self",), skip_locked=True)


def _settle(firing: Firing, at: datetime) -> None:
    mine = Firing.objects.filter(pk=firing.pk, outcome=Outcome.WAITING)
    if reason := gates.closed(firing.trigger):
        mine.update(outcome=Outcome.SKIPPED, reason=reason[: firings.LONGEST_REASON])
        return
    shot = Shot(
        trigger=firing.trigger,
        source=Source(firing.source),
        due_at=firing.due_at,
        given=firing.input,
        execution_id=uuid4(),
    )
    if mine.update(outcome=Outcome.STARTED, reason="", fired_at=at, execution_id=shot.execution_id, input=None):
        starts.begin([firings.order_of(shot)], at)
