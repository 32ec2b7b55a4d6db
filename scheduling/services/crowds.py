"""Who else goes off in the same minute: what the other schedules would do then, with bounded work."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from rdos.kernel.errors import DomainError
from scheduling import queries
from scheduling.models import Calendar, Schedule
from scheduling.services import timetables
from scheduling.timetable import LEAST, NextOf

MINUTE = timedelta(minutes=1)
MOST_SCHEDULES = 2000
# Schedules share few timetables, and only these are computed.
MOST_TIMETABLES = 200


@dataclass(slots=True)
class Crowd:
    """By minute: which schedules are due in it. `is_partial` when not all of them were looked at."""

    considered: int = 0
    is_partial: bool = False
    at: dict[datetime, list[UUID]] = field(default_factory=dict)


def in_minutes(minutes: Iterable[datetime], *, but: UUID | None = None) -> Crowd:
    wanted = sorted(set(minutes))
    if not wanted:
        return Crowd()
    found = queries.soonest(MOST_SCHEDULES + 1, but=but)
    same = shared(found[:MOST_SCHEDULES])
    crowd = Crowd(is_partial=len(found) > MOST_SCHEDULES or len(same) > MOST_TIMETABLES)
    for next_of, ids in islice(same, MOST_TIMETABLES):
        crowd.considered += len(ids)
        for minute in _due_in(next_of, wanted):
            crowd.at.setdefault(minute, []).extend(ids)
    return crowd


def shared(rows: Sequence[Schedule]) -> list[tuple[NextOf, list[UUID]]]:
    """Each timetable once, with all schedules that keep it."""
    heeded = queries.calendar_ids([row.pk for row in rows])
    calendars = Calendar.objects.in_bulk({pk for ids in heeded.values() for pk in ids})
    alike: dict[tuple[object, ...], list[Schedule]] = {}
    for row in rows:
        key = (*(getattr(row, name) for name in queries.OF_ITS_TIMES), *sorted(heeded.get(row.pk, ())))
        alike.setdefault(key, []).append(row)
    found = [(_timetable(same[0], heeded, calendars), [row.pk for row in same]) for same in alike.values()]
    return [(next_of, ids) for next_of, ids in found if next_of is not None]


def _timetable(row: Schedule, heeded: Mapping[UUID, list[UUID]], calendars: Mapping[UUID, Calendar]) -> NextOf | None:
    """None of one that cannot be computed any more: the clock will say so."""
    try:
        return timetables.next_of(row, [calendars[pk] for pk in heeded.get(row.pk, ()) if pk in calendars])
    except DomainError:
        return None


def _due_in(next_of: NextOf, minutes: Sequence[datetime]) -> Iterable[datetime]:
    """From one due time to the next: what is seldom due is seldom asked."""
    place = 0
    while place < len(minutes):
        due = next_of(minutes[place] - LEAST)
        if due is None:
            return
        if due < minutes[place] + MINUTE:
            yield minutes[place]
            place += 1
        else:
            place = max(place + 1, bisect_left(minutes, due - MINUTE + LEAST))
