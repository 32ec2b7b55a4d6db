"""From what a clock on the wall shows to the instant when something is due, and back.

Both are needed on the days when the clock is changed. A wall time never lands earlier than one before it, so that the
first wall time that lands after a moment is the next one due.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

NOTHING = timedelta(0)
SECOND = timedelta(seconds=1)


def landing(zone: ZoneInfo, wall: datetime) -> tuple[datetime, str]:
    """The instant of a wall time, and "gap" or "fold" if the wall shows it never or twice."""
    first, second = _offset(zone, wall, fold=0), _offset(zone, wall, fold=1)
    early = (wall - first).replace(tzinfo=UTC)
    if first == second:
        return early, ""
    if first > second:
        return early, "fold"
    return _change(zone, (wall - second).replace(tzinfo=UTC), early), "gap"


def shown(zone: ZoneInfo, at: datetime) -> datetime:
    """The last whole second up to which every wall time has landed by `at`."""
    local = at.astimezone(zone)
    wall = local.replace(tzinfo=None, microsecond=0, fold=0)
    return _end_of_fold(zone, at, wall) - SECOND if local.fold else wall


def _end_of_fold(zone: ZoneInfo, at: datetime, wall: datetime) -> datetime:
    """Once the clock is put back, what it shows again has landed already, up to where it was put back."""
    first, second = _offset(zone, wall, fold=0), _offset(zone, wall, fold=1)
    now = at.astimezone(UTC)
    change = _change(zone, now - (first - second), now)
    return change.replace(tzinfo=None) + first


def _change(zone: ZoneInfo, before: datetime, at: datetime) -> datetime:
    """The first second with the offset of `at`; `before` has another."""
    wanted = at.astimezone(zone).utcoffset()
    before, at = before.replace(microsecond=0), at.replace(microsecond=0)
    while at - before > SECOND:
        middle = (before + (at - before) // 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == wanted:
            at = middle
        else:
            before = middle
    return at


def _offset(zone: ZoneInfo, wall: datetime, fold: int) -> timedelta:
    return zone.utcoffset(wall.replace(fold=fold)) or NOTHING
