"""Where a flow lies, on its page and on the pages of the nodes: which version is wanted, and what each node says."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.access import allows
from devices.models import NodeRedFlow
from flows import convergence
from flows.access import awaited_for, deployments_for, flows_for, rollouts_for
from flows.admin.places import deployment_place, flow_page, flow_place, list_of, node_place, rollout_place
from flows.admin.tones import deployment_badge, rollout_badge
from flows.choices import LIVE_DEPLOYMENTS, OPEN_ROLLOUTS, DeploymentStatus, Drift, RunsOn
from flows.models import Deployment, Flow
from rdos.kernel.actors import Actor
from rdos.kernel.figures import lasting
from rdos.kernel.panels import Panel
from rdos.kernel.secrecy import mask_text

MOST = 50
SHOWN_OF_A_REVISION = 8
AWAITED = ("node_key", "version__number", "error")
TEMPLATE = "console/flows/panel_deployments.html"


def of_flow(actor: Actor, at: datetime, flow_id: UUID) -> Iterator[Panel]:
    if not allows(actor, "flows.read"):
        return
    flow = flows_for(actor).filter(pk=flow_id).only("name", "version", "runs_on", "target_nodes").first()
    if flow is None:
        return
    rows, beyond = _rows(deployments_for(actor).filter(flow=flow).order_by("node__name", "id"))
    presses = allows(actor, "flows.deploy")
    for row in rows:
        one: Deployment = row["deployment"]
        row |= {"name": one.node.name, "place": node_place(one.node_id)}
        row |= _presses(one) if presses else {}
    awaited = list(awaited_for(actor).filter(flow=flow).order_by("node_key").values(*AWAITED)[:MOST])
    if rows or awaited or flow.runs_on == RunsOn.NODE:
        facts = {"rows": rows, "beyond": beyond, "of_flow": True, "awaited": awaited, **_whole(actor, flow, at)}
        ways = _ways(flow, rows, is_awaited=bool(awaited)) if presses else {}
        yield Panel("deployments", "Deployed to", TEMPLATE, facts | ways)


def _presses(one: Deployment) -> dict[str, str]:
    """What may be done about one node."""
    if one.status == DeploymentStatus.REMOVED:
        return {}
    again = deployment_place("again", one) if not one.is_converged else ""
    return {"again": again, "away": deployment_place("away", one) if one.wanted_id else ""}


def _ways(flow: Flow, rows: list[dict[str, Any]], *, is_awaited: bool) -> dict[str, str]:
    """And about all of them."""
    if not flow.version:
        return {}
    found = {"deploy": flow_page("deploy", flow), "roll_out": flow_page("rollout", flow)}
    live = [row["deployment"] for row in rows if row["deployment"].status in LIVE_DEPLOYMENTS]
    if live or is_awaited:
        found["undeploy"] = flow_page("undeploy", flow)
    if any(one.wanted_id and (one.former_id or one.present_id not in (None, one.wanted_id)) for one in live):
        found["roll_back"] = flow_page("do", flow, "rollback")
    return found


def _whole(actor: Actor, flow: Flow, at: datetime) -> dict[str, Any]:
    whole = convergence.of_flow(actor, flow, at)
    silent = whole["silent"]
    return {
        "whole": whole,
        "silent": lasting(silent[0]["silent_seconds"]) if silent else "",
        "silent_count": len(silent),
        "rollouts": [
            {"rollout": one, "place": rollout_place(one.pk), "badge": rollout_badge(one.status)}
            for one in rollouts_for(actor).filter(flow=flow, status__in=OPEN_ROLLOUTS)
        ],
        "all_rollouts": list_of("rollout", flow=str(flow.pk)),
    }


def of_node(actor: Actor, at: datetime, node_id: UUID) -> Iterator[Panel]:
    if not allows(actor, "flows.read"):
        return
    rows, beyond = _rows(deployments_for(actor).filter(node_id=node_id).order_by("flow__name", "id"))
    for row in rows:
        row |= {"name": row["deployment"].flow.name, "place": flow_place(row["deployment"].flow_id)}
    if rows:
        yield Panel("deployments", "Flows on it", TEMPLATE, {"rows": rows, "beyond": beyond})


def _rows(found: QuerySet[Deployment]) -> tuple[list[dict[str, Any]], bool]:
    """What left a node long ago is no news."""
    there = found.exclude(status=DeploymentStatus.REMOVED, drift="").select_related("flow", "node", "wanted", "present")
    contents = [f"{version}__{part}" for version in ("wanted", "present") for part in ("content", "executable")]
    rows = list(there.defer(*contents, "flow__canvas", "flow__metadata", "node__last_health")[: MOST + 1])
    pushed = _pushed(rows[:MOST])
    return [_row(one, pushed.get((one.node_id, one.flow_id))) for one in rows[:MOST]], len(rows) > MOST


def _pushed(rows: Sequence[Deployment]) -> dict[tuple[UUID, UUID], NodeRedFlow]:
    """What the Node-REDs of these nodes have of these flows."""
    if not any(one.node.on_bus for one in rows):
        return {}
    named = {"node_id__in": {one.node_id for one in rows}, "flow_id__in": {one.flow_id for one in rows}}
    found = NodeRedFlow.objects.filter(pushed_at__isnull=False, **named).defer("ids", "claimed")
    return {(one.node_id, one.flow_id): one for one in found}


def _row(one: Deployment, pushed: NodeRedFlow | None) -> dict[str, Any]:
    return {
        "deployment": one,
        "badge": deployment_badge(one),
        "said": _said(one),
        "error": mask_text(one.error),
        "drift": Drift(one.drift).label.lower() if one.drift else "",
        "revision": pushed.revision[:SHOWN_OF_A_REVISION] if pushed else "",
        "trouble": pushed.trouble if pushed else "",
    }


def _said(one: Deployment) -> str:
    if one.status == DeploymentStatus.TOLD:
        wish = f"to have version {one.wanted.number}" if one.wanted else "to drop it"
        return f"was told {wish}, and did not say whether it does"
    wanted = f"version {one.wanted.number} is wanted" if one.wanted else "nothing is wanted"
    if one.present is None:
        return wanted
    same = one.wanted is not None and one.wanted.number == one.present.number
    return f"has version {one.present.number}" if same else f"{wanted}, it has version {one.present.number}"
