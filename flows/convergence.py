"""Questions about deployments: who has what is wanted, who says something else, and who says nothing."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from flows.access import awaited_for, deployments_for, targets_for
from flows.choices import AWAITED, LIVE_DEPLOYMENTS, MOVING_DEPLOYMENTS, DeploymentStatus
from flows.models import AwaitedDeployment, Deployment, Flow, NodeReport, Rollout
from rdos.kernel.actors import Actor

MOST = 1000
MOST_SILENT = 100


def selected(
    actor: Actor,
    *,
    at: datetime,
    flow_id: UUID | None = None,
    node_id: UUID | None = None,
    status: str = "",
    drifted: bool | None = None,
    silent_for: int | None = None,
) -> QuerySet[Deployment]:
    found = deployments_for(actor).select_related("flow", "node", "wanted", "present", "former")
    if flow_id is not None:
        found = found.filter(flow_id=flow_id)
    if node_id is not None:
        found = found.filter(node_id=node_id)
    if status:
        found = found.filter(status=status)
    if drifted is not None:
        found = found.exclude(drift="") if drifted else found.filter(drift="")
    if silent_for is not None:
        since = at - timedelta(seconds=silent_for)
        found = found.filter(status__in=MOVING_DEPLOYMENTS, wanted_at__lte=since)
    return found


def awaited(
    actor: Actor,
    *,
    at: datetime,
    flow_id: UUID | None = None,
    node_id: UUID | None = None,
    status: str = "",
    drifted: bool | None = None,
    silent_for: int | None = None,
) -> QuerySet[AwaitedDeployment]:
    """The same question about nodes that the hub does not know yet: nothing of them is drift, all of it silence."""
    found = awaited_for(actor).select_related("flow", "version")
    if node_id is not None or status not in ("", AWAITED) or drifted:
        return found.none()
    if flow_id is not None:
        found = found.filter(flow_id=flow_id)
    if silent_for is not None:
        found = found.filter(wanted_at__lte=at - timedelta(seconds=silent_for))
    return found


def of_flow(actor: Actor, flow: Flow, at: datetime) -> dict[str, Any]:
    mine = deployments_for(actor).filter(flow=flow)
    counts = dict(mine.values_list("status").annotate(count=Count("id")).order_by())
    wanted = mine.filter(status__in=LIVE_DEPLOYMENTS, wanted__isnull=False)
    arrived = Q(status=DeploymentStatus.DEPLOYED, present=F("wanted"), drift="")
    versions = wanted.values_list("present__number").annotate(count=Count("id")).order_by("present__number")
    return {
        "flow_id": flow.pk,
        "flow_name": flow.name,
        "version": flow.version,
        "total": wanted.count(),
        "converged": wanted.filter(arrived).count(),
        "counts": {status: counts.get(status, 0) for status in DeploymentStatus.values}
        | {AWAITED: awaited_for(actor).filter(flow=flow).count()},
        "by_version": {"none" if number is None else str(number): count for number, count in versions},
        "drifted": mine.exclude(drift="").count(),
        "silent": [_silent(row, at) for row in _silent_rows(mine)],
    }


def _silent_rows(mine: QuerySet[Deployment]) -> QuerySet[Deployment]:
    waiting = mine.filter(status__in=MOVING_DEPLOYMENTS).select_related("node", "wanted")
    return waiting.order_by("wanted_at", "id")[:MOST_SILENT]


def _silent(row: Deployment, at: datetime) -> dict[str, Any]:
    return {
        "node_id": row.node_id,
        "node_name": row.node.name,
        "node_connected": row.node.is_there,
        "wanted_version": row.wanted.number if row.wanted else None,
        "since": row.wanted_at,
        "silent_seconds": max(0, int((at - row.wanted_at).total_seconds())),
    }


def others_on(node_id: UUID) -> tuple[datetime | None, list[dict[str, Any]]]:
    """What a node says it has that no deployment put there."""
    report = NodeReport.objects.filter(node_id=node_id).first()
    if report is None:
        return None, []
    ours = set(Deployment.objects.filter(node_id=node_id).values_list("placed_as", flat=True))
    return report.reported_at, [row for row in report.flows if row["flow_id"] not in ours]


def of_rollouts(actor: Actor, rollouts: Iterable[Rollout]) -> dict[UUID, dict[tuple[int, str], int]]:
    """By wave and status, how many nodes of each that the actor sees."""
    found: dict[UUID, dict[tuple[int, str], int]] = {rollout.pk: {} for rollout in rollouts}
    mine = targets_for(actor).filter(rollout_id__in=list(found)).order_by()
    for rollout_id, wave, status, count in mine.values_list("rollout_id", "wave", "status").annotate(Count("id")):
        found[rollout_id][wave, status] = count
    return found
