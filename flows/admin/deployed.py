"""Where a flow lies, on its page and on the pages of the nodes: which version is wanted, and what each node says."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.access import allows
from flows.access import deployments_for, flows_for
from flows.admin.places import flow_place, node_place
from flows.admin.tones import deployment_badge
from flows.choices import DeploymentStatus, Drift, RunsOn
from flows.models import Deployment
from rdos.kernel.actors import Actor
from rdos.kernel.panels import Panel
from rdos.kernel.secrecy import mask_text

MOST = 50
TEMPLATE = "console/flows/panel_deployments.html"


def of_flow(actor: Actor, at: datetime, flow_id: UUID) -> Iterator[Panel]:
    if not allows(actor, "flows.read"):
        return
    rows, beyond = _rows(deployments_for(actor).filter(flow_id=flow_id).order_by("node__name", "id"))
    for row in rows:
        row |= {"name": row["deployment"].node.name, "place": node_place(row["deployment"].node_id)}
    if rows or flows_for(actor).filter(pk=flow_id, runs_on=RunsOn.NODE).exists():
        yield Panel("deployments", "Deployed to", TEMPLATE, {"rows": rows, "beyond": beyond})


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
    return [_row(one) for one in rows[:MOST]], len(rows) > MOST


def _row(one: Deployment) -> dict[str, Any]:
    return {
        "deployment": one,
        "badge": deployment_badge(one.status),
        "said": _said(one),
        "error": mask_text(one.error),
        "drift": Drift(one.drift).label.lower() if one.drift else "",
    }


def _said(one: Deployment) -> str:
    wanted = f"version {one.wanted.number} is wanted" if one.wanted else "nothing is wanted"
    if one.present is None:
        return wanted
    same = one.wanted is not None and one.wanted.number == one.present.number
    return f"has version {one.present.number}" if same else f"{wanted}, it has version {one.present.number}"
