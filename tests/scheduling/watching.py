"""Cron, slow and obvious: somebody watches a clock on the wall, and a list says which of its times are wanted.

Shares nothing with the hub: neither its reading of expressions, nor its search, nor what Python knows about folds.
"""

import calendar
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

BEGAN = date(1970, 1, 1)
DAY_LONG = 24 * 3600
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
WORDS = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
}  # fmt: skip


def watch(zone: ZoneInfo, first: int, last: int, step: int) -> dict[int, int]:
    """When each wall time was passed, all in seconds since 1970.

    The watcher looks once every `step` seconds and ticks off each wall time that has come since the latest one so far:
    several if the hand jumped forward, none while it shows again what was ticked off before.
    """
    passed: dict[int, int] = {}
    latest = _wall(zone, first - step)
    for at in range(first, last + 1, step):
        now = _wall(zone, at)
        if now > latest:
            for wall in range(latest + step, now + step, step):
                passed[wall] = at
            latest = now
    return passed


def _wall(zone: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    assert offset is not None
    return at + offset.days * DAY_LONG + offset.seconds


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@dataclass
class Wanted:
    """The wall times that an expression asks for."""

    text: str

    @property
    def fields(self) -> list[str]:
        return WORDS.get(self.text, self.text).upper().split()

    @cached_property
    def times_of_day(self) -> list[int]:
        minutes, hours = numbers(self.fields[0], range(60)), numbers(self.fields[1], range(24))
        seconds = numbers(self.fields[5], range(60)) if len(self.fields) == 6 else {0}
        return [
            hour * 3600 + minute * 60 + second
            for hour in sorted(hours) for minute in sorted(minutes) for second in sorted(seconds)
        ]  # fmt: skip

    def has(self, day: date) -> bool:
        of_month, month, of_week = self.fields[2:5]
        if day.month not in numbers(month, range(1, 13), MONTHS):
            return False
        fits = [day_of_month(of_month, day), weekday(of_week, day)]
        return all(fits) if of_month[0] == "*" or of_week[0] == "*" else any(fits)

    def walls(self, first: int, last: int) -> Iterator[int]:
        for number in range(first // DAY_LONG, last // DAY_LONG + 1):
            if self.has(BEGAN + timedelta(days=number)):
                yield from (number * DAY_LONG + time for time in self.times_of_day)

    def dues(self, passed: dict[int, int]) -> list[int]:
        """In order, and each once: several wall times may have been passed at one instant."""
        first, last = next(iter(passed)), next(reversed(passed))
        return sorted({passed[wall] for wall in self.walls(first, last) if wall in passed})


def first_after(dues: list[int], after: float) -> int | None:
    place = bisect_right(dues, after)
    return dues[place] if place < len(dues) else None


def day_of_month(field: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    month = [date(day.year, day.month, number) for number in range(1, last + 1)]
    special = {"L": month[-1], "LW": [one for one in month if one.weekday() < 5][-1]}
    terms = field.split(",")
    if any(special[term] == day for term in terms if term in special):
        return True
    plain = ",".join(term for term in terms if term not in special)
    return bool(plain) and day.day in numbers(plain, range(1, 32))


def weekday(field: str, day: date) -> bool:
    return any(_weekday_term(term, day) for term in field.split(","))


def _weekday_term(term: str, day: date) -> bool:
    week = timedelta(days=7)
    if "#" in term:
        name, nth = term.split("#")
        earlier = [day - week * weeks for weeks in range(6) if (day - week * weeks).month == day.month]
        return _weekday_term(name, day) and len(earlier) == int(nth)
    if "L" in term:
        return _weekday_term(term.replace("L", ""), day) and (day + week).month != day.month
    wanted = numbers(term, range(8), WEEKDAYS)
    return day.isoweekday() in wanted or day.isoweekday() % 7 in wanted


def numbers(field: str, within: range, names: list[str] | None = None) -> set[int]:
    return {number for term in field.split(",") for number in _numbers(term, within, names or [])}


def _numbers(term: str, within: range, names: list[str]) -> list[int]:
    span, _, step = term.partition("/")
    if span == "*":
        return list(within)[:: int(step or 1)]
    first, _, last = span.partition("-")
    start = _number(first, within, names)
    end = _number(last, within, names) if last else within[-1] if step else start
    if start <= end:
        return list(range(start, end + 1))[:: int(step or 1)]
    # Past the end and on from the beginning; a week has no eighth day.
    days = range(7) if names == WEEKDAYS else within
    return [*(number for number in days if number >= start), *(number for number in days if number <= end)][
        :: int(step or 1)
    ]


def _number(word: str, within: range, names: list[str]) -> int:
    return within[0] + names.index(word) if word in names else int(word)
