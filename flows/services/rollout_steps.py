"""What a rollout does by itself: it judges its wave, tells the next, stops, or goes back.

Each step holds the rollout's row, so that two workers never double a wave.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from flows.choices import OPEN_ROLLOUTS, Gate, OnFailure, RolloutStatus, TargetStatus
from flows.models import Rollout
from flows.services.rollout_ends import abort, go_back, revert
from flows.services.rollout_moves import held, move, next_wave, owner_of, pause, wave_of
from flows.services.rollout_telling import send

MOST_AT_ONCE = 200
NO_ANSWER = "The node did not answer in time."
NOBODY = "No node of this wave could be told."


def look(at: datetime) -> int:
    """Whatever is open is looked at, also when its bell was lost."""
    found = Rollout.objects.filter(status__in=OPEN_ROLLOUTS).order_by("deadline_at")
    return sum(advance(pk, at) for pk in list(found.values_list("pk", flat=True)[:MOST_AT_ONCE]))


@transaction.atomic
def advance(pk: UUID, at: datetime) -> bool:
    """True when something moved."""
    rollout = held(pk)
    if rollout is None or rollout.status not in STEPS:
        return False
    before = rollout.status, rollout.wave
    STEPS[RolloutStatus(rollout.status)](rollout, at)
    return (rollout.status, rollout.wave) != before


@dataclass(frozen=True, slots=True)
class Tally:
    planned: int
    sent: int
    succeeded: int
    failed: int

    @property
    def counted(self) -> int:
        return self.sent + self.succeeded + self.failed

    def percent(self, part: int) -> float:
        return 100 * part / self.counted


def _counted(rollout: Rollout) -> Tally:
    def of(*status: str) -> Any:
        return Count("id", filter=Q(status__in=status))

    counts = wave_of(rollout).aggregate(
        planned=of(TargetStatus.PLANNED),
        sent=of(TargetStatus.SENT),
        succeeded=of(TargetStatus.SUCCEEDED),
        failed=Count("id", filter=Q(status=TargetStatus.FAILED, excused=False)),
    )
    return Tally(**counts)


def _run(rollout: Rollout, at: datetime) -> None:
    """As many waves as have had their turn."""
    while rollout.status == RolloutStatus.RUNNING:
        count = _counted(rollout)
        if count.planned:
            if not send(rollout, at):
                return
            continue
        if rollout.deadline_at is not None and rollout.deadline_at <= at and count.sent:
            _time_is_up(rollout, at)
            continue
        if not _judge(rollout, count, at):
            return


def _time_is_up(rollout: Rollout, at: datetime) -> None:
    late = wave_of(rollout).filter(status=TargetStatus.SENT)
    late.update(status=TargetStatus.FAILED, reason=NO_ANSWER, letter_id=None, settled_at=at)


def _judge(rollout: Rollout, count: Tally, at: datetime) -> bool:
    """False while there is nothing to do but wait."""
    is_excused = rollout.excused_wave == rollout.wave
    if not count.counted:
        if is_excused:
            _done(rollout, at)
        else:
            pause(rollout, NOBODY, at)
    elif count.failed and count.percent(count.failed) > rollout.failure_threshold:
        _stumble(rollout, f"{count.failed} of {count.counted} nodes of this wave failed.", at)
    elif count.percent(count.succeeded) >= rollout.success_threshold or (is_excused and not count.sent):
        _done(rollout, at)
    elif not count.sent:
        _stumble(rollout, f"Only {count.succeeded} of {count.counted} nodes of this wave succeeded.", at)
    else:
        return False
    return True


def _done(rollout: Rollout, at: datetime) -> None:
    if rollout.wave + 1 >= len(rollout.waves):
        move(rollout, RolloutStatus.SUCCEEDED, at, status_reason="")
    elif rollout.waves[rollout.wave]["gate"] == Gate.MANUAL:
        until = at + timedelta(seconds=rollout.gate_seconds)
        move(rollout, RolloutStatus.WAITING, at, deadline_at=until, status_reason="The wave has gone well.")
    else:
        next_wave(rollout, at)


def _stumble(rollout: Rollout, reason: str, at: datetime) -> None:
    if rollout.on_failure == OnFailure.ABORT:
        abort(rollout, reason, at)
    elif rollout.on_failure == OnFailure.ROLLBACK and (owner := owner_of(rollout)) is not None:
        revert(rollout, owner, reason, at)
    else:
        pause(rollout, reason, at)


def _wait(rollout: Rollout, at: datetime) -> None:
    if rollout.deadline_at is not None and rollout.deadline_at <= at:
        _give_up(rollout, "Nobody decided in time how it goes on.", at)


def _give_up(rollout: Rollout, reason: str, at: datetime) -> None:
    owner = owner_of(rollout) if rollout.on_failure == OnFailure.ROLLBACK else None
    if owner is not None:
        revert(rollout, owner, reason, at)
    else:
        abort(rollout, reason, at)


STEPS: dict[RolloutStatus, Callable[[Rollout, datetime], None]] = {
    RolloutStatus.RUNNING: _run,
    RolloutStatus.WAITING: _wait,
    RolloutStatus.PAUSED: _wait,
    RolloutStatus.REVERTING: go_back,
}
