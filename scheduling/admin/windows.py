"""Windows of a calendar as people write them: one a line, and read back the same."""

import re
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
EVERY = ("daily", "every day")
WORDS = {name.lower(): number for number, name in enumerate(DAYS)} | {
    name: number
    for number, name in enumerate(("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"))
}
TIME = r"\d{1,2}:\d{2}(?::\d{2})?"
WEEKLY = re.compile(rf"(?P<days>[a-z ,–-]+?)\s+(?P<begins>{TIME})\s*(?:-|–|to)\s*(?P<ends>{TIME})", re.I)
INSTANT = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}\S*"
ONCE = re.compile(rf"(?P<begins>{INSTANT})\s+(?:to|–|-)\s+(?P<ends>{INSTANT})", re.I)


class Unreadable(ValueError):
    """Which line, and what to write."""


def read(line: str, zone: ZoneInfo) -> dict[str, Any]:
    """In the form in which a calendar keeps it; instants by the wall of the calendar's zone."""
    if found := WEEKLY.fullmatch(line):
        return {
            "weekdays": _days(line, found["days"]),
            "from": _time(line, found["begins"]),
            "to": _time(line, found["ends"]),
        }
    if found := ONCE.fullmatch(line):
        return {"from": _instant(line, found["begins"], zone), "to": _instant(line, found["ends"], zone)}
    raise Unreadable(f"“{line[:60]}”: write Mon-Fri 22:00–02:00, or 2026-12-24 18:00 to 2026-12-25 06:00.")


def _days(line: str, said: str) -> list[int]:
    if said.strip().lower() in EVERY:
        return list(range(7))
    found: list[int] = []
    for part in re.split(r"[ ,]+", re.sub(r"\s*[–-]\s*", "-", said.strip().lower())):
        first, _, last = part.partition("-")
        if first not in WORDS or (last and last not in WORDS):
            raise Unreadable(f"“{line[:60]}”: {part} is no weekday; write Mon, Tue-Thu, or daily.")
        found += _range(WORDS[first], WORDS[last]) if last else [WORDS[first]]
    return sorted(set(found))


def _range(first: int, last: int) -> list[int]:
    """Over the end of the week, if need be."""
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]


def _time(line: str, text: str) -> str:
    try:
        return _clock(time.fromisoformat(text if text.index(":") == 2 else f"0{text}"))
    except ValueError as error:
        raise Unreadable(f"“{line[:60]}”: {text} is no time of the day.") from error


def _instant(line: str, text: str, zone: ZoneInfo) -> str:
    try:
        found = datetime.fromisoformat(text.replace(" ", "T"))
    except ValueError as error:
        raise Unreadable(f"“{line[:60]}”: {text} cannot be read.") from error
    return (found if found.tzinfo else found.replace(tzinfo=zone)).isoformat()


def line_of(window: Any, zone: ZoneInfo) -> str:
    """As it could have been written."""
    if "weekdays" in window:
        days = sorted({int(day) % 7 for day in window["weekdays"]})
        begins, ends = (_clock(time.fromisoformat(str(window[name]))) for name in ("from", "to"))
        return f"{_named(days)} {begins}–{ends}"
    return f"{_wall(window['from'], zone)} to {_wall(window['to'], zone)}"


def _named(days: list[int]) -> str:
    if len(days) == len(DAYS):
        return "daily"
    if days == [1, 2, 3, 4, 5]:
        return "Mon-Fri"
    return ", ".join(DAYS[day] for day in [*(day for day in days if day), *(day for day in days if not day)])


def _clock(at: datetime | time) -> str:
    """Seconds only where there are some."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def _wall(text: Any, zone: ZoneInfo) -> str:
    """With its offset when the clock shows it for the second time."""
    there = datetime.fromisoformat(str(text)).astimezone(zone)
    offset = there.isoformat()[-6:] if there.fold else ""
    return f"{there:%Y-%m-%d} {_clock(there)}{offset}"
