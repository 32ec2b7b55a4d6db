"""An expression in words: our own for what people write most, and those of cronsim for the rest."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from scheduling.cron import Expression

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WORKING_DAYS = [1, 2, 3, 4, 5]
HIGHER = {"second": "minute", "minute": "hour"}
STEP = re.compile(r"\*/([0-9]+)")
NUMBER = re.compile(r"[0-9]+")
WRONG_ORDINAL = re.compile(r"(?<!1)([123])th\b")
ORDINALS = {"1": "1st", "2": "2nd", "3": "3rd"}


def in_words(expression: Expression, zone: ZoneInfo) -> str:
    return next(_sentences(expression, place(zone)))


def place(zone: ZoneInfo) -> str:
    """As people say it: "Berlin time", but "UTC"."""
    area, _, city = zone.key.rpartition("/")
    return f"{city.replace('_', ' ')} time" if area not in ("", "Etc") else city


def _sentences(expression: Expression, there: str) -> Iterator[str]:
    second, minute, hour, day, month, weekday = expression.clockwork.parts
    if (second, hour, day, month, weekday) == ("0", "*", "*", "*", "*"):
        yield from _every(minute, "minute")
    if (minute, hour, day, month, weekday) == ("*", "*", "*", "*", "*"):
        yield from _every(second, "second")
    if second == "0" and month == "*" and NUMBER.fullmatch(minute) and NUMBER.fullmatch(hour):
        yield from _at(f"at {int(hour):02}:{int(minute):02}", expression, there)
    yield f"{_of_cronsim(expression)}, {there}"


def _every(text: str, unit: str) -> Iterator[str]:
    if text == "0":
        yield f"every {HIGHER[unit]}"
    elif text == "*":
        yield f"every {unit}"
    # A step that does not divide the hour begins anew with it, and is not "every".
    elif (found := STEP.fullmatch(text)) and 60 % int(found[1]) == 0:
        yield f"every {int(found[1])} {unit}s"


def _at(time: str, expression: Expression, there: str) -> Iterator[str]:
    day, _, weekday = expression.clockwork.parts[3:]
    if day == "*" and weekday == "*":
        yield f"every day {time} {there}"
    elif day == "*" and (days := _weekdays(expression)):
        yield f"{days} {time} {there}"
    elif weekday == "*" and NUMBER.fullmatch(day):
        yield f"{time} on the {_ordinal(f'{int(day)}th')} of every month, {there}"


def _weekdays(expression: Expression) -> str:
    """Named from Monday on; empty if it is not about plain weekdays."""
    said = expression.clockwork.weekdays
    if any(isinstance(day, tuple) for day in said):
        return ""
    days = sorted({(day - 1) % 7 + 1 for day in said if isinstance(day, int)})
    names = [WEEKDAYS[day % 7] for day in days]
    if days == WORKING_DAYS:
        return "weekdays"
    if len(days) == len(WEEKDAYS):
        return "every day"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _of_cronsim(expression: Expression) -> str:
    # cronsim says "and" where either will do, and "if it's" where both are needed.
    said = _ordinal(expression.clockwork.explain()).replace(" and on ", " or on ")
    return said[0].lower() + said[1:]


def _ordinal(text: str) -> str:
    """cronsim says 22th."""
    return WRONG_ORDINAL.sub(lambda found: ORDINALS[found[1]], text)
