"""When a trigger is due, and what is to be done about due times that have come or gone by. Pure: time is passed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduling.choices import Misfire, Source

NextOf = Callable[[datetime], datetime | None]
# Later than this, a due time counts as missed.
LATE = timedelta(seconds=60)
# The rest of a long catching up is done by the next ticks, so that others get their turn.
MOST_AT_ONCE = 100
LEAST = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Missed:
    """Due times that nobody makes up for: from the first, and before the end."""

    first: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    fires: list[tuple[datetime, Source]]
    missed: Missed | None
    next_due: datetime | None


def plan(*, next_of: NextOf, due: datetime, at: datetime, misfire: str, catch_up: timedelta) -> Plan:
    """For a due time that has come: what goes off now, what does not, and what is due next."""
    on_time_since = at - LATE
    made_up_for = _made_up_for(next_of, due, on_time_since, misfire, at - catch_up)
    begin = due if due >= on_time_since else next_of(on_time_since - LEAST)
    fires = [(one, Source.CATCH_UP) for one in made_up_for]
    room = MOST_AT_ONCE - len(fires)
    if misfire == Misfire.RUN_ALL and room <= 0:
        return Plan(fires, _missed(due, fires, at), next_of(fires[-1][0]))
    while begin is not None and begin <= at and room > 0:
        fires.append((begin, Source.CLOCK))
        begin, room = next_of(begin), room - 1
    if misfire == Misfire.RUN_ONCE and made_up_for and len(fires) > 1:
        # One that is on time makes up for those that are not.
        del fires[0]
    return Plan(fires, _missed(due, fires, at), begin)


def _made_up_for(next_of: NextOf, due: datetime, before: datetime, misfire: str, oldest: datetime) -> list[datetime]:
    if misfire == Misfire.SKIP or due >= before:
        return []
    first = due if due >= oldest else next_of(oldest - LEAST)
    if first is None or first >= before:
        return []
    if misfire == Misfire.RUN_ONCE:
        return [latest(next_of, first, before)]
    found: list[datetime] = []
    while first is not None and first < before and len(found) < MOST_AT_ONCE:
        found.append(first)
        first = next_of(first)
    return found


def latest(next_of: NextOf, known: datetime, before: datetime) -> datetime:
    """The last due time before `before`, of which one is known. Bisected: there may be very many between."""
    low, high = known, before
    while high - low > SECOND:
        middle = low + (high - low) / 2
        found = next_of(middle)
        if found is not None and found < before:
            low = found
        else:
            high = middle
    after = next_of(low)
    return after if after is not None and after < before else low


def _missed(due: datetime, fires: list[tuple[datetime, Source]], at: datetime) -> Missed | None:
    first = fires[0][0] if fires else at
    return Missed(due, first) if due < first else None
