"""What of the schedules wants a look."""

from collections.abc import Iterator
from datetime import datetime

from accounts.access import allows
from rdos.kernel.actors import Actor
from rdos.kernel.figures import lasting
from rdos.kernel.panels import Attention, Level
from scheduling.access import schedules_for
from scheduling.services.lateness import LATE

# More than this many is said as "more than".
COUNTED = 1000


def late(actor: Actor, at: datetime) -> Iterator[Attention]:
    """Those whose time has come, and that nobody has looked at."""
    if not allows(actor, "triggers.read"):
        return
    overdue = schedules_for(actor).filter(next_run_at__lt=at - LATE).order_by("next_run_at")
    first = overdue.only("next_run_at", "trigger__name", "trigger__flow__name").first()
    if first is None or first.next_run_at is None:
        return
    title = f"{_counted(overdue.order_by()[: COUNTED + 1].count())} late"
    since = lasting((at - first.next_run_at).total_seconds())
    text = f"The first: {first.trigger.name} of the flow {first.trigger.flow.name}, by {since}."
    yield Attention("schedules-late", Level.CRITICAL, title, text)


def _counted(number: int) -> str:
    if number > COUNTED:
        return f"More than {COUNTED} schedules are"
    return f"{number} schedule{' is' if number == 1 else 's are'}"
