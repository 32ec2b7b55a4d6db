"""When nothing may start: excluded days and maintenance windows of one zone. Pure: time is passed in.

Every entry answers whether it covers a moment, and until when: whole days and windows are skipped at once, however
often a schedule would be due in them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from scheduling.cron import landing
from scheduling.errors import InvalidCalendar

DAY = timedelta(days=1)
LEAST = timedelta(microseconds=1)
MIDNIGHT = time()
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
# A year that has every day.
LEAP_YEAR = 2028


class Entry(Protocol):
    """What a calendar holds."""

    @property
    def reason(self) -> str: ...

    def end(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When it is over, if it covers `at`."""


@dataclass(frozen=True)
class Calendar:
    zone: ZoneInfo
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Days:
    """From the first day to the last, both included; a single day is its own last."""

    first: date
    last: date
    name: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidCalendar(f"The excluded days end ({self.last}) before they begin ({self.first}).")

    @property
    def reason(self) -> str:
        return self.name or (f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}")

    def end(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        return _midnight_after(self.last, zone) if self.first <= at.astimezone(zone).date() <= self.last else None


@dataclass(frozen=True)
class Yearly:
    month: int
    day: int
    name: str = ""

    def __post_init__(self) -> None:
        try:
            date(LEAP_YEAR, self.month, self.day)
        except ValueError as error:
            raise InvalidCalendar(f"No year has a day {self.month:02}-{self.day:02}.") from error

    @property
    def reason(self) -> str:
        return self.name or f"every {date(LEAP_YEAR, self.month, self.day):%-d %B}"

    def end(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        today = at.astimezone(zone).date()
        return _midnight_after(today, zone) if (today.month, today.day) == (self.month, self.day) else None


@dataclass(frozen=True)
class Weekly:
    """A maintenance window by the clock on the wall. The weekday is that of its beginning, 0 and 7 are Sunday.

    It passes midnight if it ends no later than it begins.
    """

    weekday: int
    begins: time
    ends: time
    name: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 7:
            raise InvalidCalendar(f"A weekday is 0–7, where 0 and 7 are Sunday, and not {self.weekday}.")

    @property
    def reason(self) -> str:
        return self.name or f"maintenance {WEEKDAYS[self.weekday % 7]} {self.begins:%H:%M}–{self.ends:%H:%M}"

    def end(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        wall = at.astimezone(zone).replace(tzinfo=None, fold=0)
        for day in (wall.date(), wall.date() - DAY):
            ends = datetime.combine(day + DAY if self.ends <= self.begins else day, self.ends)
            if day.isoweekday() % 7 == self.weekday % 7 and datetime.combine(day, self.begins) <= wall < ends:
                return landing(zone, ends)[0]
        return None


@dataclass(frozen=True)
class Once:
    """A window between two instants; the last one is outside."""

    begins_at: datetime
    ends_at: datetime
    name: str = ""

    def __post_init__(self) -> None:
        if self.ends_at.astimezone(UTC) <= self.begins_at.astimezone(UTC):
            raise InvalidCalendar("The maintenance window ends before it begins.")

    @property
    def reason(self) -> str:
        return self.name or f"maintenance until {self.ends_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    def end(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        # In UTC: of two times in one zone Python compares what the wall shows.
        begins, ends = self.begins_at.astimezone(UTC), self.ends_at.astimezone(UTC)
        return ends if begins <= at.astimezone(UTC) < ends else None


def excluded(calendar: Calendar, at: datetime) -> str:
    """Why nothing may start then; empty if it may."""
    covering = (entry.reason for entry in calendar.entries if entry.end(at, calendar.zone))
    return next(covering, "")


def following_allowed(
    next_of: Callable[[datetime], datetime | None], calendars: Sequence[Calendar], after: datetime, most_tries: int
) -> datetime | None:
    """The first due time after `after` that no calendar excludes; None if there is none within so many tries."""
    for _ in range(most_tries):
        due = next_of(after)
        if due is None:
            return None
        end = _end(calendars, due)
        if end is None:
            return due
        # What is due when the exclusion ends is allowed; and no step goes back, not even where the clock does.
        after = max(due, end - LEAST)
    return None


def _end(calendars: Sequence[Calendar], at: datetime) -> datetime | None:
    ends = (entry.end(at, calendar.zone) for calendar in calendars for entry in calendar.entries)
    return max((end for end in ends if end), default=None)


def _midnight_after(day: date, zone: ZoneInfo) -> datetime:
    return landing(zone, datetime.combine(day + DAY, MIDNIGHT))[0]
