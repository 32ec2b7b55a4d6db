"""A look at every Node-RED about once a minute: is what was pushed still there, and still as it was pushed?

What is found is told as a node's own report would be: whoever keeps deployments knows what to make of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from devices.choices import NodeRedDrift
from devices.models import BusNode, NodeRedFlow
from devices.node_red import contents
from devices.node_red.contents import Things
from devices.services.node_red.admin_api import AdminApi
from rdos.kernel import intake
from rdos.kernel.errors import DomainError
from rdos.kernel.intake import NodeFrame

REPORT = "flow_report"
EVERY = timedelta(minutes=1)
MOST_AT_ONCE = 20


def due(at: datetime) -> list[UUID]:
    """The nodes whose Node-RED nobody has looked at for a while, and on which there is something of ours."""
    rows = NodeRedFlow.objects.filter(pushed_at__isnull=False).exclude(node__bus__admin_url="")
    late = rows.values("node_id").annotate(last=Min("looked_at")).filter(last__lte=at - EVERY).order_by("last")
    return [row["node_id"] for row in late[:MOST_AT_ONCE]]


def look(node_id: UUID, at: datetime) -> bool:
    """False when another bridge is looking, or has just looked."""
    bus = BusNode.objects.filter(pk=node_id).exclude(admin_url="").first()
    if bus is None or not _taken(node_id, at):
        return False
    before = {row.pk: row for row in _pushed(node_id)}
    try:
        there = AdminApi.of(bus).read()
    except DomainError as error:
        _pushed(node_id).update(trouble=error.detail[:500])
        return True
    _tell(node_id, before, {pk: _drift(row, there.things) for pk, row in before.items()}, at)
    return True


def _taken(node_id: UUID, at: datetime) -> bool:
    """The oldest of its rows decides, so that a flow that has just come does not put the look off."""
    return bool(NodeRedFlow.objects.filter(node_id=node_id, looked_at__lte=at - EVERY).update(looked_at=at))


def _pushed(node_id: UUID) -> Any:
    return NodeRedFlow.objects.filter(node_id=node_id, pushed_at__isnull=False)


def _drift(row: NodeRedFlow, there: Things) -> str:
    if row.ids and not any(thing["id"] in row.ids for thing in there):
        return NodeRedDrift.MISSING
    return "" if contents.digest_of(there, row.ids) == row.digest else NodeRedDrift.DIFFERENT


@transaction.atomic
def _tell(node_id: UUID, before: Mapping[int, NodeRedFlow], found: Mapping[int, str], at: datetime) -> None:
    """What was pushed while we looked is no drift: then all of it is left to the next look."""
    held = list(_pushed(node_id).select_for_update(of=("self",)).order_by("pk"))
    if {row.pk: (row.number, row.pushed_at) for row in held} != {
        pk: (row.number, row.pushed_at) for pk, row in before.items()
    }:
        return
    for row in held:
        row.drift, row.trouble = found[row.pk], ""
    NodeRedFlow.objects.bulk_update(held, ["drift", "trouble"])
    intake.frames(REPORT).give([NodeFrame(node_id, None, at, REPORT, {"flows": _report(held)})])


def _report(rows: Sequence[NodeRedFlow]) -> list[dict[str, Any]]:
    return [
        {"flow_id": str(row.flow_id), "version": row.version, "edited": row.drift == NodeRedDrift.DIFFERENT}
        for row in rows
        if row.drift != NodeRedDrift.MISSING
    ]
