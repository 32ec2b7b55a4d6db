"""What of flows and their runs wants a look."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from accounts.access import allows
from flows import backlog
from flows.access import dead_letters_for, flows_for, robots_for, rollouts_for
from flows.admin.places import flow_place, list_of, rollout_place
from flows.admin.robots import silent
from flows.choices import HELD, ExecutionStatus, FlowStatus, RolloutStatus
from flows.queries import LONG
from rdos.kernel.actors import Actor
from rdos.kernel.figures import lasting
from rdos.kernel.panels import Attention, Figure, Level
from rdos.kernel.secrecy import mask_text

# As many rows of one kind; the rest is a number.
SHOWN = 5
LATELY = timedelta(hours=1)
# More than this many is said as "more than": nobody needs the exact number of a flood.
COUNTED = 1000


def queue(actor: Actor, at: datetime) -> Iterator[Figure]:
    if not allows(actor, "executions.read"):
        return
    counts = backlog.by_status(actor)
    queued, held = counts.get(ExecutionStatus.QUEUED, 0), sum(counts.get(word, 0) for word in HELD)
    if queued:
        yield Figure(queued, f"{'run' if queued == 1 else 'runs'} in the queue", "idle", "/queue")
    if held:
        yield Figure(held, f"{'run' if held == 1 else 'runs'} under way", "info", list_of("execution", status="held"))


def runs(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "executions.read"):
        return
    yield from _failed(actor, at)
    yield from _waiting(actor, at)


def _failed(actor: Actor, at: datetime) -> Iterator[Attention]:
    """Those that nobody has run again: what failed in the last hour is news, what waits longer is a chore."""
    letters = dead_letters_for(actor).filter(reprocessed_at=None).order_by("-created_at", "-id")
    times, newest = list(letters.values_list("created_at", flat=True)[: COUNTED + 1]), None
    if count := sum(time > at - LATELY for time in times):
        newest = letters.select_related("execution").only("execution__flow_name", "execution__error").first()
        title = f"{_counted(count, 'run', 'runs')} failed in the last hour"
        text = f"The newest: {newest.execution.flow_name}: {mask_text(newest.execution.error[:160])}" if newest else ""
        yield Attention("runs-failed", Level.CRITICAL, title, text, list_of("execution", status="trouble"))
    # Only behind so many new ones there may be old ones that were not read.
    older = letters.filter(created_at__lte=at - LATELY)[: COUNTED + 1]
    if count := older.count() if len(times) > COUNTED else len(times) - count:
        title = f"{_counted(count, 'dead letter waits', 'dead letters wait')} for somebody"
        text = "Runs that failed for good. Run them again, all at once if you like."
        yield Attention("dead-letters", Level.NOTICE, title, text, list_of("deadletter", state="waiting"))


def _waiting(actor: Actor, at: datetime) -> Iterator[Attention]:
    late = backlog.waiting(actor, at).filter(ready_at__lt=at - LONG)
    first = late.only("ready_at", "flow_name", "environment").first()
    if first is None:
        return
    count = late.order_by()[: COUNTED + 1].count()
    title = f"{_counted(count, 'run has', 'runs have')} waited for {lasting((at - first.ready_at).total_seconds())}"
    title = title if count == 1 else f"{title} or less"
    text = f"The oldest: {first.flow_name}, for the environment {first.environment}. Its page says why."
    yield Attention("runs-waiting", Level.WARNING, title, text, list_of("execution", waiting="long"))


def robots(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "robots.read"):
        return
    names = list(silent(robots_for(actor)).order_by("node__name").values_list("node__name", flat=True)[: COUNTED + 1])
    if names:
        title = f"{_counted(len(names), 'robot is', 'robots are')} silent"
        text = f"{', '.join(names[:SHOWN])}{' and more' if len(names) > SHOWN else ''}: no sign of life, no work taken."
        yield Attention("robots-silent", Level.WARNING, title, text, list_of("robot", there="silent"))


def flows(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "flows.read"):
        return
    broken = flows_for(actor).filter(status=FlowStatus.ERROR).order_by("name", "id")
    found = list(broken.values_list("pk", "name", "status_reason")[: SHOWN + 1])
    for pk, name, reason in found[:SHOWN]:
        yield Attention(f"flow-{pk}", Level.CRITICAL, f"The flow {name} is in error", reason, flow_place(pk))
    if len(found) > SHOWN:
        link = list_of("flow", status__exact=FlowStatus.ERROR.value)
        yield Attention("more-flows", Level.CRITICAL, "And more flows are in error", "", link)


def rollouts(actor: Actor, at: datetime) -> Iterator[Attention]:
    """Those that go no further until somebody says so."""
    if not allows(actor, "flows.read"):
        return
    held = rollouts_for(actor).filter(status__in=(RolloutStatus.WAITING, RolloutStatus.PAUSED)).order_by("deadline_at")
    found = list(held.values_list("pk", "title", "status", "status_reason")[: SHOWN + 1])
    for pk, title, status, reason in found[:SHOWN]:
        is_paused = status == RolloutStatus.PAUSED
        level, word = (Level.WARNING, "is paused") if is_paused else (Level.NOTICE, "waits at its gate")
        yield Attention(f"rollout-{pk}", level, f"The rollout {title} {word}", reason, rollout_place(pk))
    if len(found) > SHOWN:
        yield Attention("more-rollouts", Level.WARNING, "And more rollouts wait", "", list_of("rollout"))


def _counted(number: int, one: str, many: str) -> str:
    if number > COUNTED:
        return f"More than {COUNTED} {many}"
    return f"{number} {one if number == 1 else many}"
