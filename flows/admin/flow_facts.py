"""What the page of a flow shows: what stays as it is while somebody looks, and what does not."""

from datetime import datetime
from typing import Any

from accounts.access import allows
from flows.access import executions_for
from flows.admin import picture
from flows.admin.executions import UNSHOWN, took, worker
from flows.admin.places import execution_place, list_of, node_place
from flows.admin.tones import execution_badge
from flows.choices import RunsOn
from flows.definition import variables_of
from flows.models import Execution, Flow
from flows.services.versions import content_of
from rdos.kernel.actors import Actor
from rdos.kernel.live_page import written

MOST_RUNS = 10
NO_RUN = "No run yet. Start the flow, then run it; each run is followed here."
NO_RUN_HERE = "It runs on the nodes it is deployed to, and not from the queue."


def still(flow: Flow) -> dict[str, Any]:
    content = content_of(flow, flow.current) if flow.current else None
    drawn = picture.of(flow.kind, content, flow.canvas) if content is not None else None
    return {
        "drawn_version": flow.version,
        "picture": drawn,
        "text": "" if drawn or content is None else text_of(content),
        "variables": written(variables_of(content) or None),
    }


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else written(content)


def moving(actor: Actor, flow: Flow, at: datetime) -> dict[str, Any]:
    return {
        "runs": list(_runs(actor, flow, at)) if allows(actor, "executions.read") else [],
        "no_run": NO_RUN_HERE if flow.runs_on == RunsOn.NODE else NO_RUN,
        "all_runs": list_of("execution", flow=str(flow.pk)),
        "target": node_place(flow.target_node_id) if flow.target_node_id else "",
        "labels": [f"{name}: {value}" for name, value in flow.labels.items()],
    }


def _runs(actor: Actor, flow: Flow, at: datetime) -> list[dict[str, Any]]:
    newest = executions_for(actor).filter(flow=flow).defer(*UNSHOWN).order_by("-created_at", "-id")
    return [row(execution, at) for execution in newest[:MOST_RUNS]]


def row(execution: Execution, at: datetime) -> dict[str, Any]:
    """A run as one line of another page."""
    return {
        "execution": execution,
        "place": execution_place(execution.pk),
        "badge": execution_badge(execution.status),
        "worker": worker(execution.robot_key),
        "took": took(execution, at),
        "short": str(execution.pk)[:8],
    }
