"""The clock was put back: what was settled for a time that is yet to come is aimed anew."""

from datetime import datetime, timedelta

from django.db import transaction

from rdos.kernel.errors import DomainError
from scheduling.models import Schedule
from scheduling.services import settled, timetables

# Two processes' ticks may come in the wrong order by as much; more than that is a clock that was put back.
BACK = timedelta(seconds=5)
MOST_AT_ONCE = 1000


def aim_again(at: datetime) -> int:
    """How many had waited for a time of which nobody knew when it comes. What has gone off already does not again."""
    total = 0
    while found := _aim_some(at):
        total += found
    return total


@transaction.atomic
def _aim_some(at: datetime) -> int:
    ahead = Schedule.objects.filter(next_run_at__isnull=False, settled_until__gt=at + BACK).order_by("pk")
    rows = ahead.select_for_update(of=("self",))[:MOST_AT_ONCE]
    moves = [(schedule, _next(schedule, at)) for schedule in rows]
    if moves:
        settled.keep(moves, [], at)
    return len(moves)


def _next(schedule: Schedule, at: datetime) -> datetime | None:
    """One that cannot be computed any more stays as it is: the clock finds out in its time, and says so."""
    try:
        return timetables.next_of(schedule, list(schedule.calendars.all()))(at)
    except DomainError:
        return schedule.next_due_at
