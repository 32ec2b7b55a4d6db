"""Nodes of the bus as people and Tafy's clients make, change and claim them. Whoever only hears of one discovers it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, Value, When

from accounts.access import require
from devices import bus_words, particulars
from devices.access import node_for, sees
from devices.choices import DeviceStatus, NodeStatus
from devices.errors import ClosedToTheLan, DeviceNotFound, KeyTaken, OutsideYourNodes, TooManyUnclaimed
from devices.models import BusNode, Node
from devices.services import bus_events
from devices.services.bus_devices import STATUSES
from devices.services.bus_meeting import MOST_UNCLAIMED
from devices.services.bus_presence import SILENT_AFTER
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.bus import subjects
from rdos.kernel.journal import changes, record, row_of

NOT_OF_THE_BUS = "{} is a node of this hub that is not of the bus."
CHANGEABLE = ("name", "metadata", "address")
# What begins anew, of the node and of its row for the bus.
BEGUN = (*CHANGEABLE, "device_type", "status", "status_reason", "last_seen_at")
BEGUN_ON_BUS = ("kind", "capabilities", "said_capabilities", "mac_address")


def register(*, actor: Actor, key: str, at: datetime, **fields: Any) -> Node:
    """Makes it, or begins it anew under the same key: claimed or not, it stays so."""
    require(actor, "devices.create")
    subjects.part(key)
    particulars.check({name: fields[name] for name in ("metadata", "capabilities") if name in fields})
    try:
        with transaction.atomic():
            return _register(actor, key, at, fields)
    except IntegrityError:
        # Somebody else made it at the same moment.
        with transaction.atomic():
            return _register(actor, key, at, fields)


def _register(actor: Actor, key: str, at: datetime, fields: Mapping[str, Any]) -> Node:
    node = Node.objects.select_for_update().filter(key=key).first()
    if node is None:
        return _make(actor, Node(key=key, on_bus=True, claimed=False), at, fields)
    if not node.on_bus:
        raise KeyTaken(NOT_OF_THE_BUS.format(key))
    if not sees(actor, node.pk):
        raise OutsideYourNodes
    _insist_open(actor, node)
    before = facts(node)
    _begin(node, at, fields)
    node.save(update_fields=[*BEGUN, "updated_at"])
    node.bus.save(update_fields=BEGUN_ON_BUS)
    old, new = changes(before, facts(node))
    record(who=actor.who, action="node.register", about=row_of(node), before=old, after=new)
    bus_events.tell_on_commit(bus_events.FOUND, node)
    return node


def _make(actor: Actor, node: Node, at: datetime, fields: Mapping[str, Any]) -> Node:
    if actor.node_ids is not None:
        raise OutsideYourNodes("You see some nodes only, so you would not see a new one.")
    if actor.kind is ActorKind.LAN:
        _insist_room()
    node.bus = BusNode(node=node)
    _begin(node, at, fields)
    node.save(force_insert=True)
    node.bus.save(force_insert=True)
    node.refresh_from_db(fields=["created_at"])
    record(who=actor.who, action="node.register", about=row_of(node), after=facts(node))
    bus_events.tell_on_commit(bus_events.FOUND, node)
    return node


def _insist_room() -> None:
    """Whoever nobody knows can make up ids here as well as on the bus."""
    if Node.objects.filter(on_bus=True, claimed=False).count() >= MOST_UNCLAIMED:
        raise TooManyUnclaimed


def _insist_open(actor: Actor, node: Node) -> None:
    if actor.kind is ActorKind.LAN and node.bus.credential_hash:
        raise ClosedToTheLan


def _begin(node: Node, at: datetime, fields: Mapping[str, Any]) -> None:
    """What is not said is empty."""
    node.name = fields["name"]
    node.metadata = fields.get("metadata") or None
    node.address = fields.get("address") or ""
    node.status, node.status_reason, node.last_seen_at = NodeStatus.DISCOVERED, "", at
    node.device_type = bus_words.driver_of(fields["kind"])
    node.bus.kind = fields["kind"]
    node.bus.capabilities, node.bus.said_capabilities = fields.get("capabilities") or {}, []
    node.bus.mac_address = fields.get("mac_address")


@transaction.atomic
def update(*, actor: Actor, pk: UUID, fields: Mapping[str, Any], status: str = "", at: datetime) -> Node:
    """Changes what is named and leaves the rest; that somebody did is seen even when nothing is."""
    node_for(actor, pk, "devices.update")
    particulars.check({name: fields[name] for name in ("metadata", "capabilities") if name in fields})
    node = _held(pk)
    _insist_open(actor, node)
    before = facts(node)
    for name in CHANGEABLE:
        if name in fields:
            setattr(node, name, fields[name])
    node.bus.capabilities = fields.get("capabilities", node.bus.capabilities)
    if status:
        _take_word(node, status, at)
    node.save(update_fields=[*CHANGEABLE, "status", "status_reason", "last_seen_at", "updated_at"])
    node.bus.save(update_fields=["capabilities", "heard_until"])
    old, new = changes(before, facts(node))
    if new:
        record(who=actor.who, action="node.update", about=row_of(node), before=old, after=new)
    bus_events.tell_on_commit(bus_events.CHANGED, node)
    return node


def _take_word(node: Node, word: str, at: datetime) -> None:
    node.status, node.status_reason = STATUSES[DeviceStatus(word)], ""
    if word == DeviceStatus.ONLINE:
        # As good a sign of life as any, and no better: it lasts no longer.
        node.last_seen_at, node.bus.heard_until = at, at + SILENT_AFTER


def claim(*, actor: Actor, pk: UUID, at: datetime) -> Node:
    """Again is no error. One that is there already stays what it is."""
    node_for(actor, pk, "nodes.claim")
    return _claim(actor, pk)


@transaction.atomic
def _claim(actor: Actor, pk: UUID) -> Node:
    unclaimed = Q(claimed=False) | Q(status=NodeStatus.DISCOVERED)
    status = Case(When(status=NodeStatus.DISCOVERED, then=Value(NodeStatus.PENDING)), default=F("status"))
    moved = Node.objects.filter(unclaimed, pk=pk, on_bus=True).update(claimed=True, status=status)
    node = _held(pk)
    if moved:
        node.save(update_fields=["updated_at"])
        record(who=actor.who, action="node.claim", about=row_of(node), after={"claimed": True, "status": node.status})
    bus_events.tell_on_commit(bus_events.TAKEN, node)
    return node


def _held(pk: UUID) -> Node:
    held = Node.objects.select_for_update(of=("self",)).select_related("bus")
    node = held.filter(pk=pk, on_bus=True).first()
    if node is None:
        raise DeviceNotFound
    return node


def facts(node: Node) -> dict[str, Any]:
    """What the journal keeps of it."""
    own = {name: getattr(node, name) for name in (*CHANGEABLE, "key", "status", "device_type", "claimed")}
    return own | {"kind": node.bus.kind, "capabilities": node.bus.capabilities, "mac_address": node.bus.mac_address}
