"""What will go off within a day, flow by flow: each time of it, or how many when there are too many. Bounded work."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from rdos.kernel.actors import Actor
from scheduling import queries
from scheduling.access import schedules_for
from scheduling.models import Schedule
from scheduling.services import crowds
from scheduling.timetable import LEAST, NextOf

MOST_SCHEDULES = 2000
MOST_LANES = 60
# Of all timetables together: how many due times are computed for one look at a day.
MOST_COMPUTED = 12_000
# What goes off more often within one part of the day is not counted out.
PART, MOST_OF_A_PART = timedelta(minutes=15), 15
# A lane with more marks than this is drawn as how much goes off when.
MOST_MARKS = 120


@dataclass(slots=True)
class Lane:
    flow_id: UUID
    name: str
    schedules: list[Schedule] = field(default_factory=list)
    # When what goes off; empty of a lane that is too full to tell.
    marks: list[tuple[datetime, Schedule]] = field(default_factory=list)
    # By the part of the day, counted from its beginning.
    counts: Counter[int] = field(default_factory=Counter)
    # Some of its parts have more than was counted.
    is_more: bool = False

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def is_dense(self) -> bool:
        return self.total > MOST_MARKS


@dataclass(slots=True)
class Day:
    since: datetime
    until: datetime
    lanes: list[Lane] = field(default_factory=list)
    # Not everything was looked at: flows or schedules beyond the bounds, or due times beyond the work.
    is_partial: bool = False


def of(*, actor: Actor, since: datetime, until: datetime) -> Day:
    day = Day(since, until)
    found = queries.due_before(schedules_for(actor), until, MOST_SCHEDULES + 1)
    rows = found[:MOST_SCHEDULES]
    day.is_partial = len(found) > MOST_SCHEDULES
    lanes = _lanes(rows)
    day.is_partial |= len(lanes) > MOST_LANES
    shown = dict(list(lanes.items())[:MOST_LANES])
    _fill(day, shown, {row.pk: row for row in rows if row.trigger.flow_id in shown})
    day.lanes = [_settled(lane) for lane in shown.values() if lane.total]
    return day


def _lanes(rows: Iterable[Schedule]) -> dict[UUID, Lane]:
    """The flow that is started soonest comes first."""
    lanes: dict[UUID, Lane] = {}
    for row in rows:
        flow = row.trigger.flow
        lanes.setdefault(flow.pk, Lane(flow.pk, flow.name)).schedules.append(row)
    return lanes


def _fill(day: Day, lanes: Mapping[UUID, Lane], rows: Mapping[UUID, Schedule]) -> None:
    work = MOST_COMPUTED
    for next_of, ids in crowds.shared(list(rows.values())):
        if work <= 0:
            day.is_partial = True
            return
        for due, is_cut in _dues(next_of, day):
            work -= 1
            _put(day, lanes, [rows[pk] for pk in ids], due, is_cut=is_cut)


def _dues(next_of: NextOf, day: Day) -> Iterator[tuple[datetime, bool]]:
    """Of each part of the day as many as are counted; with the last of them comes that there may be more."""
    due, counted = next_of(day.since - LEAST), 0
    part = -1
    while due is not None and due < day.until:
        now = (due - day.since) // PART
        counted = counted + 1 if now == part else 1
        part = now
        is_full = counted >= MOST_OF_A_PART
        after = next_of(day.since + (part + 1) * PART - LEAST) if is_full else next_of(due)
        yield due, is_full and next_of(due) != after
        due = after


def _put(day: Day, lanes: Mapping[UUID, Lane], rows: Sequence[Schedule], due: datetime, *, is_cut: bool) -> None:
    for row in rows:
        lane = lanes[row.trigger.flow_id]
        lane.counts[(due - day.since) // PART] += 1
        lane.is_more |= is_cut
        if len(lane.marks) <= MOST_MARKS:
            lane.marks.append((due, row))


def _settled(lane: Lane) -> Lane:
    lane.marks = [] if lane.is_dense else sorted(lane.marks, key=lambda mark: mark[0])
    return lane
