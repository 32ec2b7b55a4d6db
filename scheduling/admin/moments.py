"""Moments and spans as people write and read them."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rdos.kernel.figures import lasting
from scheduling import cron
from scheduling.errors import InvalidZone

UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
SPAN = re.compile(r"(?:\s*\d{1,9}\s*[a-z]*)+\s*")
PART = re.compile(r"(\d{1,9})\s*([a-z]*)")
SIZES = {
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
}
NOW, NEAR = timedelta(seconds=1), timedelta(days=180)


def seconds_of(text: str) -> int | None:
    """None if it is no span."""
    said = text.strip().lower()
    parts = PART.findall(said)
    if not SPAN.fullmatch(said) or any(unit not in SIZES for _, unit in parts):
        return None
    return sum(int(number) * SIZES[unit] for number, unit in parts)


def span(seconds: int) -> str:
    """As it can be written again: all of it."""
    parts = []
    for unit, size in UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def zone_of(name: str) -> ZoneInfo:
    """UTC for one that is not known any more."""
    try:
        return cron.zone(name)
    except InvalidZone:
        return cron.zone("UTC")


def wall(at: datetime, zone: ZoneInfo) -> str:
    """What the clock there shows; seconds only where there are some."""
    there = at.astimezone(zone)
    return f"{there:%a %-d %b %Y, %H:%M:%S}" if there.second else f"{there:%a %-d %b %Y, %H:%M}"


def soon(moment: datetime, zone: ZoneInfo, at: datetime) -> str:
    """Without the year, of what is not far away."""
    said = wall(moment, zone)
    return said.replace(f" {moment.astimezone(zone):%Y},", ",") if abs(moment - at) < NEAR else said


def utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"


def relative(moment: datetime, at: datetime) -> str:
    if abs(moment - at) < NOW:
        return "now"
    said = lasting(abs((moment - at).total_seconds()))
    return f"in {said}" if moment > at else f"{said} ago"
