"""Calendars as their rows say, in the form in which they are computed with."""

from datetime import date, datetime, time
from typing import Any

from scheduling import calendars, cron
from scheduling.calendars import Days, Entry, Once, Weekly, Yearly
from scheduling.errors import InvalidCalendar
from scheduling.models import Calendar


def rules_of(row: Calendar) -> calendars.Calendar:
    entries = [_day(text) for text in row.days]
    for window in row.windows:
        entries.extend(_window(window))
    return calendars.Calendar(cron.zone(row.zone), tuple(entries))


def _day(text: Any) -> Entry:
    said = str(text).strip()
    try:
        if "/" in said:
            first, last = said.split("/", 1)
            return Days(date.fromisoformat(first.strip()), date.fromisoformat(last.strip()))
        if said.count("-") == 1:
            month, day = said.split("-")
            return Yearly(int(month), int(day))
        return Days(date.fromisoformat(said), date.fromisoformat(said))
    except ValueError as error:
        raise InvalidCalendar(
            f'"{said[:50]}" is no day: write 2026-12-24, 12-25 for every year, or 2026-12-24/2027-01-06.'
        ) from error


def _window(said: Any) -> list[Entry]:
    if not isinstance(said, dict) or not {"from", "to"} <= set(said):
        raise InvalidCalendar("A window has `from` and `to`, and `weekdays` if it comes every week.")
    try:
        if "weekdays" not in said:
            return [Once(_instant(said["from"]), _instant(said["to"]))]
        begins, ends = time.fromisoformat(str(said["from"])), time.fromisoformat(str(said["to"]))
        return [Weekly(int(day), begins, ends) for day in said["weekdays"]]
    except (TypeError, ValueError) as error:
        raise InvalidCalendar(f"The window from {said['from']} to {said['to']} cannot be read.") from error


def _instant(text: Any) -> datetime:
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise InvalidCalendar(f"{text} says no offset: write 2026-12-24T22:00:00Z.")
    return found
