"""When a schedule is due next: what its row says, put together."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from scheduling import calendars, cron
from scheduling.choices import Timing
from scheduling.models import Calendar, Schedule
from scheduling.services.calendars import rules_of
from scheduling.timetable import LEAST, NextOf

# A schedule that its calendars leave out so often in a row is never due.
MOST_LEFT_OUT = 1000
# Every trigger's own share of the jitter stays the same, so that its runs are as far apart as its due times.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_of(schedule: Schedule, left_out: Sequence[Calendar] = ()) -> NextOf:
    due = _within(schedule, _of_timing(schedule))
    if not left_out:
        return due
    rules = [rules_of(calendar) for calendar in left_out]
    return lambda after: calendars.following_allowed(due, rules, after, MOST_LEFT_OUT)


def _of_timing(schedule: Schedule) -> NextOf:
    if schedule.timing == Timing.CRON:
        expression, zone = cron.parse(schedule.cron), cron.zone(schedule.zone)
        return lambda after: cron.following(expression, zone, after)
    anchor = schedule.anchor or EPOCH
    if schedule.timing == Timing.ONCE:
        return lambda after: anchor if anchor > after else None
    every = timedelta(seconds=schedule.every_seconds or 0)
    return lambda after: cron.following_interval(every, anchor, after)


def _within(schedule: Schedule, due: NextOf) -> NextOf:
    starts, ends = schedule.starts_at, schedule.ends_at
    if starts is None and ends is None:
        return due

    def bounded(after: datetime) -> datetime | None:
        found = due(after if starts is None else max(after, starts - LEAST))
        return None if found is None or (ends is not None and found > ends) else found

    return bounded


def share(schedule: Schedule) -> timedelta:
    """How much later than due it goes off."""
    return cron.spread(schedule.trigger_id, EPOCH, timedelta(seconds=schedule.jitter_seconds))


def run_at(schedule: Schedule, due: datetime | None) -> datetime | None:
    return None if due is None else due + share(schedule)
