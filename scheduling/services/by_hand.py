"""People set a trigger off, or make up for a period that has passed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from flows.services import queueing
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import record, row_of
from scheduling.access import schedule_for, trigger_for
from scheduling.choices import Source
from scheduling.models import Schedule, Trigger
from scheduling.services import firings, settled, timetables
from scheduling.services.firings import Shot
from scheduling.timetable import LEAST

# A period with more due times than this is made up for in parts.
MOST_BACKFILLED = 1000
# What is not said: a schedule's own input.
OWN: Any = object()


@transaction.atomic
def set_off(*, actor: Actor, pk: UUID, at: datetime, given: Any = OWN) -> Shot:
    """Now, whatever the clock says, also when it is switched off. Whoever asks is refused if the flow cannot start."""
    trigger = trigger_for(actor, pk, "triggers.operate", hold=True)
    queueing.insist_startable(trigger.flow)
    shot = Shot(trigger=trigger, source=Source.HAND, due_at=at, who=actor.who)
    shot.given = trigger.input if given is OWN else given
    written = firings.fire([shot], at)
    settled.count(written, at)
    record(who=actor.who, action="trigger.fire", about=row_of(trigger), details={"execution_id": shot.execution_id})
    return shot


@transaction.atomic
def backfill(*, actor: Actor, pk: UUID, since: datetime, until: datetime, at: datetime) -> list[Shot]:
    """Every due time of the period that has not gone off yet does so now, the oldest first."""
    trigger = trigger_for(actor, pk, "triggers.update", hold=True)
    queueing.insist_startable(trigger.flow)
    schedule = schedule_for(actor, pk)
    _insist_past(since, until, at)
    dues = list(_dues(schedule, since, until))
    if len(dues) > MOST_BACKFILLED:
        raise InvalidInput(f"The period has more than {MOST_BACKFILLED} due times: make up for it in parts.")
    written = firings.fire([_shot(trigger, due, actor) for due in dues], at)
    settled.count(written, at)
    facts = {"since": since, "until": until, "runs": len(written)}
    record(who=actor.who, action="trigger.backfill", about=row_of(trigger), details=facts)
    return written


def _insist_past(since: datetime, until: datetime, at: datetime) -> None:
    if until > at:
        raise InvalidInput(errors={"until": ["Only what has passed can be made up for."]})
    if since > until:
        raise InvalidInput(errors={"since": ["It must not be later than `until`."]})


def _dues(schedule: Schedule, since: datetime, until: datetime) -> Iterator[datetime]:
    next_of = timetables.next_of(schedule, list(schedule.calendars.all()))
    due = next_of(since - LEAST)
    for _ in range(MOST_BACKFILLED + 1):
        if due is None or due > until:
            return
        yield due
        due = next_of(due)


def _shot(trigger: Trigger, due: datetime, actor: Actor) -> Shot:
    return Shot(trigger=trigger, source=Source.BACKFILL, due_at=due, given=trigger.input, who=actor.who)
