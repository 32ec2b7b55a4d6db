"""What a trigger does when its run before is not over yet."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from flows.choices import OPEN_EXECUTIONS
from flows.models import Execution
from flows.services import executions
from scheduling.choices import Outcome, Overlap
from scheduling.models import Firing, Schedule
from scheduling.services.firings import Shot

# More than this do not wait for one another: the schedule is too quick for its flow.
MOST_WAITING = 100
STILL = "The run before is not over yet."
REPLACED = "The next run of its schedule took its place."


class Open:
    """The runs of some triggers that are not over, and what already waits for them."""

    def __init__(self, trigger_ids: Sequence[UUID]) -> None:
        self._runs: dict[UUID, list[UUID]] = {}
        self._waiting: dict[UUID, int] = {}
        # What goes off with these very shots is no row yet.
        self._latest: dict[UUID, Shot] = {}
        if not trigger_ids:
            return
        runs = Execution.objects.filter(trigger_id__in=trigger_ids, status__in=OPEN_EXECUTIONS)
        for trigger_id, pk in runs.values_list("trigger_id", "pk"):
            if trigger_id is not None:
                self._runs.setdefault(trigger_id, []).append(pk)
        waits = Firing.objects.filter(trigger_id__in=trigger_ids, outcome=Outcome.WAITING)
        for trigger_id in waits.values_list("trigger_id", flat=True):
            self._waiting[trigger_id] = self._waiting.get(trigger_id, 0) + 1

    def settle(self, overlap: str, shots: Iterable[Shot], at: datetime) -> None:
        """One shot after another, as each may be in the way of the next."""
        for shot in shots:
            self._settle_one(overlap, shot, at)

    def _settle_one(self, overlap: str, shot: Shot, at: datetime) -> None:
        if overlap == Overlap.CANCEL:
            self._replace(shot, at)
        elif overlap == Overlap.SKIP and self._is_busy(shot):
            shot.leave_out(STILL)
            return
        elif overlap == Overlap.QUEUE and (self._is_busy(shot) or self._waiting.get(shot.trigger.pk)):
            self._wait(shot)
            return
        self._latest[shot.trigger.pk] = shot

    def _is_busy(self, shot: Shot) -> bool:
        return bool(self._runs.get(shot.trigger.pk)) or shot.trigger.pk in self._latest

    def _replace(self, shot: Shot, at: datetime) -> None:
        for pk in self._runs.pop(shot.trigger.pk, ()):
            executions.end_by_hand(pk=pk, at=at, reason=REPLACED)
        if before := self._latest.get(shot.trigger.pk):
            before.leave_out(REPLACED)

    def _wait(self, shot: Shot) -> None:
        waiting = self._waiting.get(shot.trigger.pk, 0)
        if waiting >= MOST_WAITING:
            shot.leave_out(f"{MOST_WAITING} others wait already.")
            return
        shot.outcome, shot.reason = Outcome.WAITING, STILL
        self._waiting[shot.trigger.pk] = waiting + 1


def is_watched(schedule: Schedule) -> bool:
    return schedule.overlap != Overlap.ALLOW
