"""What a schedule would do, saved or not: its next due times, what its calendars leave out, and who else is due."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rdos.kernel.actors import Actor
from scheduling import calendars as rules
from scheduling import cron, wording
from scheduling.access import triggers_for
from scheduling.choices import Timing
from scheduling.models import Calendar, Schedule
from scheduling.services import crowds, schedules, timetables
from scheduling.services.calendars import rules_of
from scheduling.services.crowds import Crowd
from scheduling.timetable import LEAST, NextOf

MOST_SHOWN = 100
MOST_NAMED = 10
UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, slots=True)
class Fire:
    due_at: datetime
    # What the clock there shows.
    local: datetime
    # "gap" or "fold": what the wall there shows never or twice.
    mark: str
    # Later than due by its share of the jitter, which only a saved schedule has.
    runs_at: datetime | None
    # Why it does not go off then; empty if it does.
    excluded: str = ""
    # How many others are due in the same minute, and some of those that the actor sees.
    others: int = 0
    named: Sequence[tuple[UUID, str]] = ()


@dataclass(frozen=True, slots=True)
class Load:
    minute: datetime
    others: int


@dataclass(frozen=True, slots=True)
class Preview:
    words: str
    zone: str
    fires: Sequence[Fire] = ()
    # Of the hour of the first fire, minute by minute.
    load: Sequence[Load] = ()
    considered: int = 0
    is_partial: bool = False


def saved(*, actor: Actor, schedule: Schedule, at: datetime, most: int) -> Preview:
    return _preview(actor, schedule, list(schedule.calendars.all()), at, most)


def unsaved(
    *, actor: Actor, part: Mapping[str, Any], at: datetime, most: int, instead_of: UUID | None = None
) -> Preview:
    """Refused by name, as it would be when it is saved; but one that is never due just shows nothing. What is to take
    the place of a saved one does not collide with it, and has its share of the jitter."""
    left_out = schedules.calendars_named(part.get("calendars", ()))
    drafted = schedules.drafted(part, at)
    if instead_of:
        drafted.trigger_id = instead_of
    return _preview(actor, drafted, left_out, at, most)


def _preview(actor: Actor, schedule: Schedule, left_out: Sequence[Calendar], at: datetime, most: int) -> Preview:
    shown = list(_fires(schedule, left_out, at, most))
    hour = _hour_of(shown)
    crowd = crowds.in_minutes([*hour, *(_minute(fire.due_at) for fire in shown)], but=schedule.trigger_id)
    names = _names(actor, shown, crowd)
    return Preview(
        words=in_words(schedule),
        zone=schedule.zone,
        fires=[_among(fire, crowd, names) for fire in shown],
        load=[Load(minute, len(crowd.at.get(minute, ()))) for minute in hour],
        considered=crowd.considered,
        is_partial=crowd.is_partial,
    )


def in_words(schedule: Schedule) -> str:
    zone = cron.zone(schedule.zone)
    if schedule.timing == Timing.CRON:
        return wording.in_words(cron.parse(schedule.cron), zone)
    if schedule.timing == Timing.ONCE and schedule.anchor is not None:
        return f"once, on {schedule.anchor.astimezone(zone):%Y-%m-%d at %H:%M:%S} {wording.place(zone)}"
    seconds = schedule.every_seconds or 0
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0)
    return f"every {unit}" if seconds == size else f"every {seconds // size} {unit}s"


def _fires(schedule: Schedule, left_out: Sequence[Calendar], at: datetime, most: int) -> Iterator[Fire]:
    """As many as go off, and between them no more that do not."""
    plain, allowed = timetables.next_of(schedule), timetables.next_of(schedule, left_out)
    reasons = Reasons(left_out)
    after, room = at, most
    for _ in range(most):
        due = allowed(after)
        for skipped in islice(_until(plain, after, due), room if left_out else 0):
            room -= 1
            yield _fire(schedule, skipped, reasons.of(skipped))
        if due is None:
            return
        yield _fire(schedule, due)
        after = due


def _until(next_of: NextOf, after: datetime, end: datetime | None) -> Iterator[datetime]:
    while (due := next_of(after)) is not None and (end is None or due < end):
        yield due
        after = due


class Reasons:
    def __init__(self, left_out: Sequence[Calendar]) -> None:
        self._rules = [(row.name, rules_of(row)) for row in left_out]

    def of(self, due: datetime) -> str:
        found = ((name, rules.excluded(calendar, due)) for name, calendar in self._rules)
        return next((f"{name}: {reason}" for name, reason in found if reason), "")


def _fire(schedule: Schedule, due: datetime, excluded: str = "") -> Fire:
    known, zone = schedule.trigger_id is not None, cron.zone(schedule.zone)
    runs_at = timetables.run_at(schedule, due) if known and not excluded else None
    return Fire(due, due.astimezone(zone), _mark(schedule, zone, due), runs_at, excluded)


def _mark(schedule: Schedule, zone: ZoneInfo, due: datetime) -> str:
    """Only walls have gaps and folds."""
    if schedule.timing != Timing.CRON:
        return ""
    found = cron.between(cron.parse(schedule.cron), zone, due - LEAST, due, 1)
    return next((one.mark for one in found), "")


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _hour_of(shown: Sequence[Fire]) -> list[datetime]:
    first = next((fire.due_at for fire in shown if not fire.excluded), None)
    return [first.replace(minute=minute, second=0, microsecond=0) for minute in range(60)] if first else []


def _names(actor: Actor, shown: Sequence[Fire], crowd: Crowd) -> dict[UUID, str]:
    wanted = {pk for fire in shown for pk in crowd.at.get(_minute(fire.due_at), ())[:MOST_NAMED]}
    return dict(triggers_for(actor).filter(pk__in=wanted).values_list("pk", "name"))


def _among(fire: Fire, crowd: Crowd, names: Mapping[UUID, str]) -> Fire:
    others = crowd.at.get(_minute(fire.due_at), ())
    named = [(pk, names[pk]) for pk in others[:MOST_NAMED] if pk in names]
    return replace(fire, others=len(others), named=named)
