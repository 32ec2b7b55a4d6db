"""Every change of every clock, found by asking each zone what it shows."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from scheduling.cron.zones import names

FIRST = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime(2031, 1, 1, tzinfo=UTC).timestamp())
DAY = 24 * 3600


@dataclass(frozen=True, order=True)
class Change:
    """The first second with the new offset."""

    at: int
    before: timedelta
    after: timedelta

    @property
    def size(self) -> int:
        return abs(int((self.after - self.before).total_seconds()))


def offset(zone: ZoneInfo, at: int) -> timedelta:
    found = datetime.fromtimestamp(at, zone).utcoffset()
    assert found is not None
    return found


@cache
def changes_of(name: str) -> tuple[Change, ...]:
    zone = ZoneInfo(name)
    days = [(day, offset(zone, day)) for day in range(FIRST, LAST + 1, DAY)]
    return tuple(_bisected(zone, early, late) for (early, before), (late, after) in pairwise(days) if before != after)


def _bisected(zone: ZoneInfo, early: int, late: int) -> Change:
    before, after = offset(zone, early), offset(zone, late)
    while late - early > 1:
        middle = (early + late) // 2
        early, late = (middle, late) if offset(zone, middle) == before else (early, middle)
    return Change(late, before, after)


@lru_cache(maxsize=1)
def zones_by_change() -> dict[tuple[Change, ...], list[str]]:
    """Zones that change alike within a week of a change need to be watched once."""
    found = defaultdict(list)
    for name in sorted(names()):
        changes = changes_of(name)
        for change in changes:
            nearby = [other for other in changes if other != change and abs(other.at - change.at) < 7 * DAY]
            found[(change, *nearby)].append(name)
    return found
