"""What of schedules and other triggers wants a look."""

from collections.abc import Iterator
from datetime import datetime

from accounts.access import allows
from rdos.kernel.actors import Actor
from rdos.kernel.figures import lasting
from rdos.kernel.panels import Attention, Level
from scheduling.access import schedules_for, triggers_for
from scheduling.admin.places import KINDS, list_of, trigger_place
from scheduling.choices import TriggerKind
from scheduling.services.lateness import LATE

# More than this many is said as "more than".
COUNTED = 1000
# As many rows; of the rest their lists tell.
SHOWN = 5


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
    yield Attention("schedules-late", Level.CRITICAL, title, text, list_of("schedule", state="late"))


def _counted(number: int) -> str:
    if number > COUNTED:
        return f"More than {COUNTED} schedules are"
    return f"{number} schedule{' is' if number == 1 else 's are'}"


def paused(actor: Actor, at: datetime) -> Iterator[Attention]:
    """Switched off by the hub itself, until somebody switches them on again."""
    if not allows(actor, "triggers.read"):
        return
    rows = triggers_for(actor).filter(is_enabled=False).exclude(paused_reason="").order_by("-updated_at", "-id")
    found = list(rows.only("kind", "name", "paused_reason")[: SHOWN + 1])
    for one in found[:SHOWN]:
        word, place = TriggerKind(one.kind).label.lower(), trigger_place(one)
        title = f"The hub paused the {word} {one.name}"
        yield Attention(f"trigger-{one.pk}", Level.WARNING, title, one.paused_reason, place)
    if len(found) > SHOWN:
        link = list_of(KINDS.get(TriggerKind(found[SHOWN].kind), "schedule"), state="paused")
        yield Attention("more-triggers", Level.WARNING, "And more are paused by the hub", "", link)
