"""The due times of an expression in a zone."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduling.cron.expression import Expression
from scheduling.cron.walls import landing, shown


@dataclass(frozen=True)
class Due:
    """`wall` is what the clock there shows at that instant; `mark` says whether it is a "gap" or a "fold"."""

    at: datetime
    wall: datetime
    mark: str


def following(expression: Expression, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first due instant strictly after `after`, in UTC; None where the calendar of computers ends."""
    found = _following(expression, zone, after)
    return found[0] if found else None


def between(expression: Expression, zone: ZoneInfo, after: datetime, until: datetime, most: int) -> Iterator[Due]:
    """Those after `after`, up to and with `until`, but no more than `most`."""
    for _ in range(most):
        found = _following(expression, zone, after)
        if found is None or found[0] > until:
            return
        after, mark = found
        yield Due(after, after.astimezone(zone), mark)


def _following(expression: Expression, zone: ZoneInfo, after: datetime) -> tuple[datetime, str] | None:
    clockwork = copy(expression.clockwork)
    try:
        clockwork.dt = shown(zone, after)
        return landing(zone, next(clockwork))
    except (StopIteration, OverflowError):
        return None
