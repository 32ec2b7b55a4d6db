"""What the hub runs itself: taken by the first worker, kept, parked, and offered again when a bell was lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from flows import doorbell, predicates
from flows.choices import EXECUTION_LIFE, HUB_KEY, ExecutionStatus, FlowStatus, RunsOn
from flows.models import Execution
from flows.reports import StepReport
from flows.services import claiming, leases, steps
from flows.services.claiming import Grant
from flows.services.steps import Line
from rdos.kernel import dialect

LEASE = timedelta(seconds=30)
# A task that nobody has taken by then is sent, and after that as seldom as this.
OFFER_AFTER, OFFER_AGAIN = timedelta(seconds=1), timedelta(seconds=60)
MOST_OFFERED = 200


@dataclass(slots=True)
class Said:
    """What a run has done since it was kept last."""

    progress: int = 0
    current_node: str = ""
    steps: list[StepReport] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def take(*, pk: UUID, at: datetime) -> Grant | None:
    """None when somebody else has it, when it is over, or when its time has not come."""
    facts = {"id": dialect.given(pk), "now": dialect.given(at), "lease_until": dialect.given(at + LEASE)}
    with transaction.atomic():
        found = claiming.take(_this_one(), facts | {"robot_key": HUB_KEY, "node_id": None})
        for grant in found:
            leases.begin(pk=pk, robot_key=HUB_KEY, at=at, fence=grant.fence)
    return found[0] if found else None


def _this_one() -> str:
    lock = "" if dialect.is_sqlite() else "FOR UPDATE OF e SKIP LOCKED"
    able = " AND ".join(predicates.OF_RUN.values())
    return f"""
        SELECT e.id FROM flows_execution e
        WHERE e.id = %(id)s AND e.status = 'queued' AND e.runs_on = 'hub' AND {able} {lock}
    """  # noqa: S608 - made of words of our own


@transaction.atomic
def keep(*, pk: UUID, fence: int, said: Said, at: datetime) -> bool:
    """Stores what was done and renews the lease. False when the run is nobody's any more, or somebody else's."""
    mine = leases.mine(pk, HUB_KEY, fence)
    if not mine.update(lease_until=at + LEASE, progress=said.progress, current_node=said.current_node[:256]):
        return False
    steps.keep(pk, fence, said.steps)
    if said.lines:
        steps.write_lines(said.lines)
    doorbell.changed(pk)
    return True


@transaction.atomic
def park(*, pk: UUID, fence: int, said: Said, state: str, wake_at: datetime, at: datetime) -> bool:
    """Gives the worker free for as long as the run only waits."""
    if not keep(pk=pk, fence=fence, said=said, at=at):
        return False
    return EXECUTION_LIFE.try_move(
        leases.mine(pk, HUB_KEY, fence), pk, to=ExecutionStatus.WAITING, from_=ExecutionStatus.RUNNING,
        parked=state, wake_at=wake_at, lease_until=None, ends_by=None,
    )  # fmt: skip


@transaction.atomic
def offer(at: datetime) -> int:
    """Tells workers of what is due and was taken by none, because its bell was lost or it waited for its moment."""
    untold = Q(lease_until=None) | Q(lease_until__lte=at)
    due = _due(at - OFFER_AFTER).filter(untold, flow__status=FlowStatus.RUNNING).order_by("ready_at")
    held = due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
    return _tell(list(held[:MOST_OFFERED]), at)


def offer_next_of(flow_id: UUID, at: datetime) -> None:
    """There is room again in a flow that runs only so many times at once."""
    waiting = _due(at).filter(flow_id=flow_id, is_limited=True).order_by("priority", "created_at", "id")
    _tell(list(waiting.values_list("pk", flat=True)[:1]), at)


def _due(at: datetime) -> QuerySet[Execution]:
    return Execution.objects.filter(status=ExecutionStatus.QUEUED, runs_on=RunsOn.HUB, ready_at__lte=at)


def _tell(ids: Sequence[UUID], at: datetime) -> int:
    Execution.objects.filter(pk__in=ids, status=ExecutionStatus.QUEUED).update(lease_until=at + OFFER_AGAIN)
    doorbell.for_workers(ids)
    return len(ids)
