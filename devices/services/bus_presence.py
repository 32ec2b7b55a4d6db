"""Who is there on the bus: whoever was heard, for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from devices.choices import CONNECTED, NodeStatus
from devices.models import BusNode, Node
from devices.services import bridges, bus_changes, bus_events
from devices.services.bus_changes import Looks, looks_of
from rdos.kernel.journal import record_all
from rdos.kernel.journal.storable import storable

# Three heartbeats missed. Cameras announce themselves every 30 seconds and say nothing else.
SILENT_AFTER = timedelta(seconds=30)
CAMERA_SILENT_AFTER = timedelta(seconds=90)
LATCHED = "Emergency stop: only the robot's own serial line releases it"
SILENCE = f"it was not heard for {SILENT_AFTER.seconds} seconds"
BUS_LOST = "the hub does not hear the bus"
GOODBYE = "it said so"
MOST_SWEPT = 1000


@dataclass(frozen=True, slots=True)
class Sign:
    """What was heard of one node, the newest of it."""

    at: datetime
    # None: it spoke, and said nothing of its state.
    status: NodeStatus | None = None
    reason: str = ""
    latched: bool | None = None
    health: Any = None
    address: str = ""
    lasts: timedelta = SILENT_AFTER

    def after(self, former: "Sign | None") -> "Sign":
        """What this one does not say, the former may have said."""
        if former is None:
            return self
        return Sign(
            at=self.at,
            status=self.status if self.status is not None else former.status,
            reason=self.reason if self.status is not None else former.reason,
            latched=self.latched if self.latched is not None else former.latched,
            health=self.health if self.health is not None else former.health,
            address=self.address or former.address,
            lasts=max(self.lasts, former.lasts),
        )


@transaction.atomic
def note(signs: Mapping[UUID, Sign]) -> None:
    # In one order, so that two bridges never wait for each other.
    held = Node.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=signs, on_bus=True).order_by("pk")
    # Read once the rows are held: a joined row would be as it was before.
    nodes = list(held.prefetch_related("bus"))
    for lasts in {sign.lasts for sign in signs.values()}:
        _prolong([node.pk for node in nodes if signs[node.pk].lasts == lasts], signs, lasts)
    before, addresses = {node.pk: looks_of(node) for node in nodes}, {node.pk: node.address for node in nodes}
    for node in nodes:
        _note(node, signs[node.pk])
    fields = ["last_seen_at", "last_health", "address", "status", "status_reason"]
    # The rows are held, so that nobody else moves them meanwhile.
    Node.objects.bulk_update(nodes, fields, batch_size=100)
    moved = [node for node in nodes if looks_of(node) != before[node.pk]]
    _tell([(node, before[node.pk], signs[node.pk].at) for node in moved])
    others = (node for node in nodes if looks_of(node) == before[node.pk])
    bus_changes.tell_soon([node for node in others if node.address != addresses[node.pk]])


def _tell(moved: Sequence[tuple[Node, Looks, datetime]]) -> None:
    entries = [entry for node, before, at in moved for entry in bus_changes.told(node, before, at)]
    bus_changes.store([node for node, _, _ in moved])
    record_all(entries)


def _prolong(node_ids: list[UUID], signs: Mapping[UUID, Sign], lasts: timedelta) -> None:
    if node_ids:
        until = Value(max(signs[pk].at for pk in node_ids) + lasts, output_field=DateTimeField())
        BusNode.objects.filter(pk__in=node_ids).update(heard_until=Greatest(Coalesce(F("heard_until"), until), until))


def _note(node: Node, sign: Sign) -> None:
    node.last_seen_at = max(sign.at, node.last_seen_at or sign.at)
    node.address = sign.address or node.address
    if sign.health is not None:
        node.last_health = storable(sign.health)
    if sign.latched is not None and sign.latched != (node.bus.latched_at is not None):
        node.bus.latched_at = sign.at if sign.latched else None
    status, reason = _judged(node, sign)
    node.status, node.status_reason = status, reason[:256]


def _judged(node: Node, sign: Sign) -> tuple[NodeStatus, str]:
    if sign.status == NodeStatus.OFFLINE:
        return NodeStatus.OFFLINE, GOODBYE
    if node.bus.latched_at is not None:
        return NodeStatus.ERROR, LATCHED
    if sign.status is not None:
        return sign.status, sign.reason
    if node.status in CONNECTED and node.status_reason != LATCHED:
        return NodeStatus(node.status), node.status_reason
    return NodeStatus.ONLINE, ""


def sweep(at: datetime) -> int:
    """Whoever fell silent is offline. While the hub itself is deaf, that says nothing about a node and is no alarm."""
    silent = Node.objects.filter(on_bus=True, status__in=CONNECTED, bus__heard_until__lt=at)
    heard_since = bridges.listening_since(at)
    if heard_since is None:
        return _part(silent, at, BUS_LOST, alarm=False)
    # Of whom the hub itself no longer heard, nothing is told before it hears of them again.
    bus_changes.tell_late(Node.objects.exclude(status_reason=BUS_LOST), at)
    return 0 if at - heard_since < SILENT_AFTER else _part(silent, at, SILENCE, alarm=True)


@transaction.atomic
def _part(rows: QuerySet[Node], at: datetime, reason: str, *, alarm: bool) -> int:
    held = rows.order_by("pk").prefetch_related("bus").select_for_update(of=("self",), skip_locked=True)
    nodes = list(held[:MOST_SWEPT])
    before = [looks_of(node) for node in nodes]
    Node.objects.filter(pk__in=[node.pk for node in nodes]).update(status=NodeStatus.OFFLINE, status_reason=reason)
    for node in nodes:
        node.status, node.status_reason = NodeStatus.OFFLINE, reason
    if alarm:
        _tell([(node, looks, at) for node, looks in zip(nodes, before, strict=True)])
    else:
        for node in nodes:
            bus_events.tell_on_commit(bus_events.CHANGED, node)
    return len(nodes)
