"""What nodes say of the flows they have, held against what is wanted of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from devices import drivers
from devices.models import Node
from flows.choices import DeploymentStatus, Drift, FlowKind
from flows.models import Deployment, NodeReport
from flows.services import deploying
from rdos.kernel.intake import NodeConfig, NodeFrame
from rdos.kernel.journal import Who, record, row_of

FRAME = "flow_report"
MOST_FLOWS = 1000
LONGEST_ID = 256
LARGEST_VERSION = 2**31 - 1

# By id: its version, where the node knows one, whether it is switched on, and whether somebody changed it there.
Said = dict[str, dict[str, Any]]


def take_configs(found: Sequence[NodeConfig]) -> None:
    """Edges tell their flows with their configuration, and in no other way."""
    told = {one.node_id: one for one in found}
    media = Deployment.objects.filter(node_id__in=told, flow__kind=FlowKind.MEDIA)
    edges = {pk for pk, kind in Node.objects.filter(pk__in=told).values_list("pk", "device_type") if _has_flows(kind)}
    for node_id in {*edges, *media.values_list("node_id", flat=True)}:
        rows = drivers.flows_of(told[node_id].config)[:MOST_FLOWS]
        said = {row["flow_id"][:LONGEST_ID]: _facts(None, row["enabled"], False) for row in rows}
        judge(node_id=node_id, said=said, at=told[node_id].at)


def _has_flows(device_type: str) -> bool:
    return drivers.known(device_type) and drivers.get(device_type).has_flows


def take_frames(found: Sequence[NodeFrame]) -> None:
    """From a session that is over nothing is taken; of several reports the last one counts."""
    sessions = dict(Node.objects.filter(pk__in={one.node_id for one in found}).values_list("pk", "session_id"))
    known = [one for one in found if one.node_id in sessions]
    latest = {one.node_id: one for one in known if sessions[one.node_id] == one.session_id}
    for node_id, frame in latest.items():
        if (said := said_in(frame.payload)) is not None:
            judge(node_id=node_id, said=said, at=frame.at)


def said_in(payload: Any) -> Said | None:
    """`{"flows": [{"flow_id", "version"?, "enabled"?, "edited"?}]}`; whatever is not as expected is left out."""
    rows = payload.get("flows") if isinstance(payload, Mapping) else None
    if not isinstance(rows, list):
        return None
    known = [row for row in rows[:MOST_FLOWS] if isinstance(row, Mapping) and _is_id(row.get("flow_id"))]
    return {
        row["flow_id"]: _facts(_number(row.get("version")), row.get("enabled") is not False, row.get("edited") is True)
        for row in known
    }


def _facts(version: int | None, enabled: bool, edited: bool) -> dict[str, Any]:
    return {"version": version, "enabled": enabled, "edited": edited}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_ID and "\x00" not in value


def _number(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= LARGEST_VERSION else None


def judge(*, node_id: UUID, said: Said, at: datetime) -> None:
    """Inside the transaction that took it in."""
    flows = [{"flow_id": name, **facts} for name, facts in said.items()]
    NodeReport.objects.update_or_create(node_id=node_id, defaults={"flows": flows, "reported_at": at})
    mine = Deployment.objects.filter(node_id=node_id).exclude(placed_as="").order_by("pk")
    for row in mine.select_for_update(of=("self",)).select_related("flow", "node", "wanted"):
        _judge_one(row, said.get(row.placed_as), at)


def _judge_one(row: Deployment, said: Mapping[str, Any] | None, at: datetime) -> None:
    if row.status == DeploymentStatus.FAILED and row.wanted_id is None and said is None:
        deploying.forget(row.pk)
        return
    drift = _drift(row, said)
    changes: dict[str, Any] = {"reported_at": at}
    if said is not None and said["version"] is not None:
        changes["reported_number"] = said["version"]
    if drift != row.drift:
        changes |= {"drift": drift, "drifted_at": at if drift else None}
        _note(row, drift)
    Deployment.objects.filter(pk=row.pk, status=row.status).update(**changes)


def _drift(row: Deployment, said: Mapping[str, Any] | None) -> str:
    """Nobody drifts while a letter is under way, or when what was wanted never arrived."""
    if row.status == DeploymentStatus.REMOVED:
        return Drift.EXTRA if said is not None else ""
    if row.status != DeploymentStatus.DEPLOYED or row.wanted is None:
        return row.drift
    if said is None:
        return Drift.MISSING
    other = said["version"] is not None and said["version"] != row.wanted.number
    return Drift.DIFFERENT if other or said["edited"] or said["enabled"] != _is_enabled(row) else ""


def _is_enabled(row: Deployment) -> bool:
    if row.flow.kind != FlowKind.MEDIA or row.wanted is None:
        return True
    return orjson.loads(row.wanted.content).get("enabled") is not False


def _note(row: Deployment, drift: str) -> None:
    who = Who(kind="node", id=str(row.node_id), label=row.node.name)
    facts = {"node_id": row.node_id, "node": row.node.name, "drift": drift or row.drift}
    record(who=who, action="flow.drifted" if drift else "flow.converged", about=row_of(row.flow), details=facts)
