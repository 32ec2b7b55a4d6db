"""What the clock writes back after a turn: when each schedule is due next, and how often it went off."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F

from rdos.kernel import dialect, prepared
from scheduling.choices import Outcome
from scheduling.models import Schedule, Trigger
from scheduling.services import timetables
from scheduling.services.firings import Shot

Move = tuple[Schedule, datetime | None]
MOVE = """
    UPDATE scheduling_schedule s SET next_due_at = v.due, next_run_at = v.run, settled_until = %(at)s
    FROM unnest(%(ids)s::uuid[], %(dues)s::timestamptz[], %(runs)s::timestamptz[]) AS v (id, due, run)
    WHERE s.trigger_id = v.id
"""
COUNT = """
    UPDATE scheduling_trigger t SET
        fired_count = t.fired_count + v.fired,
        failure_count = t.failure_count + v.failed,
        last_fired_at = CASE WHEN v.fired > 0 THEN %(at)s ELSE t.last_fired_at END
    FROM unnest(%(ids)s::uuid[], %(fired)s::int[], %(failed)s::int[]) AS v (id, fired, failed)
    WHERE t.id = v.id
"""


def keep(moves: Sequence[Move], written: Sequence[Shot], at: datetime) -> None:
    _move([(schedule.pk, due, timetables.run_at(schedule, due)) for schedule, due in moves], at)
    count(written, at)


def count(written: Sequence[Shot], at: datetime) -> None:
    """Of schedules only: a row that counted every call of a webhook would be what its callers wait for."""
    fired = Counter(shot.trigger.pk for shot in written if shot.outcome in (Outcome.STARTED, Outcome.WAITING))
    failed = Counter(shot.trigger.pk for shot in written if shot.outcome == Outcome.SKIPPED)
    # In one order, so that two who count never wait for each other in a circle.
    rows = [(pk, fired[pk], failed[pk]) for pk in sorted({*fired, *failed})]
    if not rows:
        return
    if dialect.is_sqlite():
        for pk, good, bad in rows:
            _count_one(pk, good, bad, at)
        return
    ids, good_ones, bad_ones = (list(column) for column in zip(*rows, strict=True))
    with prepared.cursor() as cursor:
        cursor.execute(COUNT, {"ids": ids, "fired": good_ones, "failed": bad_ones, "at": at})


def _count_one(pk: UUID, good: int, bad: int, at: datetime) -> None:
    moments = {"last_fired_at": at} if good else {}
    counts = {"fired_count": F("fired_count") + good, "failure_count": F("failure_count") + bad}
    Trigger.objects.filter(pk=pk).update(**counts, **moments)


def _move(rows: Sequence[tuple[UUID, datetime | None, datetime | None]], at: datetime) -> None:
    if dialect.is_sqlite():
        for pk, due, run in rows:
            Schedule.objects.filter(pk=pk).update(next_due_at=due, next_run_at=run, settled_until=at)
        return
    ids, dues, runs = (list(column) for column in zip(*rows, strict=True))
    with prepared.cursor() as cursor:
        cursor.execute(MOVE, {"ids": ids, "dues": dues, "runs": runs, "at": at})
