"""Devices that were never here before: found by an announcement, or by what they say themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction

from devices import bus_words, particulars
from devices.bus_words import Sighting
from devices.choices import CONNECTED, NodeStatus
from devices.models import BusNode, Node
from devices.services import bus_changes, bus_events
from rdos.kernel.journal import Who, entry_of, record_all, row_of
from rdos.kernel.journal.storable import storable
from rdos.kernel.models import JournalEntry

# Anybody on the network can make up ids: this many wait for a claim at once, and the next ones until some are seen to.
MOST_UNCLAIMED = 1000
REMEMBERED = timedelta(days=7)
MOST_FORGOTTEN = 500


def meet(sightings: Sequence[Sighting]) -> int:
    """How many were new. The same one again changes what it says of itself, and nothing that people decided."""
    latest = {one.key: one for one in sightings}
    known = {node.key: node for node in Node.objects.filter(key__in=latest).select_related("bus")}
    room = MOST_UNCLAIMED - Node.objects.filter(on_bus=True, claimed=False).count() if latest.keys() - known else 0
    for key, node in known.items():
        _seen_again(node, latest[key])
    # In one order, so that two bridges never wait for each other.
    strangers = [latest[key] for key in sorted(latest.keys() - known)]
    return _make(strangers[: max(0, room)]) if strangers else 0


@transaction.atomic
def _make(sightings: Sequence[Sighting]) -> int:
    """Another bridge may have heard the same: whose row it is, that one goes on with it."""
    wanted = {node.pk: (node, sighting) for node, sighting in ((_node(one), one) for one in sightings)}
    Node.objects.bulk_create([node for node, _ in wanted.values()], ignore_conflicts=True)
    made = Node.objects.filter(pk__in=wanted).order_by("key")
    pairs = [(node, wanted[node.pk][1]) for node in made]
    rows = [BusNode(node=node, kind=sighting.kind, **_said(sighting)) for node, sighting in pairs]
    BusNode.objects.bulk_create(rows)
    record_all([_entry(node, sighting) for node, sighting in pairs])
    for node, _ in pairs:
        bus_events.tell_on_commit(bus_events.FOUND, node)
    return len(pairs)


def _entry(node: Node, sighting: Sighting) -> JournalEntry:
    facts = {"key": node.key, "kind": sighting.kind, "address": sighting.address}
    return entry_of(who=BUS, action="node.discover", about=row_of(node), after=facts)


@transaction.atomic
def forget(at: datetime) -> int:
    """Whoever was heard once, was claimed by nobody and is gone: some agents make up a new id each time they start."""
    strangers = Node.objects.filter(on_bus=True, claimed=False, bus__heard_until__lt=at - REMEMBERED)
    gone = list(strangers.exclude(status__in=CONNECTED).order_by("pk").select_for_update(of=("self",))[:MOST_FORGOTTEN])
    record_all([entry_of(who=BUS, action="node.forget", about=row_of(node), before={"key": node.key}) for node in gone])
    Node.objects.filter(pk__in=[node.pk for node in gone]).delete()
    return len(gone)


def _node(sighting: Sighting) -> Node:
    return Node(
        key=sighting.key,
        name=sighting.name or sighting.key,
        device_type=bus_words.driver_of(sighting.kind),
        status=NodeStatus.DISCOVERED,
        claimed=False,
        on_bus=True,
        address=sighting.address,
        metadata=storable(dict(sighting.metadata)),
    )


BUS = Who(kind="system", label="the bus")


def _said(sighting: Sighting) -> dict[str, Any]:
    said = list(sighting.said_capabilities)
    found: dict[str, Any] = {}
    if said:
        found |= {"said_capabilities": storable(said), "capabilities": storable(bus_words.capabilities_of(tuple(said)))}
    if sighting.mac_address:
        found["mac_address"] = sighting.mac_address
    return found


def _seen_again(node: Node, sighting: Sighting) -> None:
    """Of a node with a credential nobody else tells anything, and the key of another kind of node is not taken."""
    if not node.on_bus or node.bus.credential_hash or not _is_news(node, sighting):
        return
    with transaction.atomic():
        # As it is by now: another bridge, or its own heartbeat, may have said the same.
        held = Node.objects.select_for_update(of=("self",), no_key=True).filter(pk=node.pk, bus__credential_hash="")
        for found in held.prefetch_related("bus"):
            _take(found, sighting)


def _is_news(node: Node, sighting: Sighting) -> bool:
    return bool(_new(node, _about(node, sighting)) or _new(node.bus, _said_anew(node, sighting)))


def _take(node: Node, sighting: Sighting) -> None:
    about, said = _new(node, _about(node, sighting)), _new(node.bus, _said_anew(node, sighting))
    for row, changes in ((node, about), (node.bus, said)):
        for name, value in changes.items():
            setattr(row, name, value)
        if changes:
            row.save(update_fields=list(changes))
    if about or said:
        bus_changes.tell_soon([node])


def _about(node: Node, sighting: Sighting) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if sighting.metadata:
        about["metadata"] = _merged(node.metadata or {}, sighting.metadata)
    if sighting.address:
        about["address"] = sighting.address
    if _is_kind_new(node, sighting):
        about["device_type"] = bus_words.driver_of(sighting.kind)
    # What people call it stays; a key is no name yet.
    if not node.claimed and node.name == node.key and sighting.name:
        about["name"] = sighting.name
    return about


def _said_anew(node: Node, sighting: Sighting) -> dict[str, Any]:
    """It is announced twice a minute: what people changed of its capabilities stays until it says other ones."""
    said = _said(sighting)
    if said.get("said_capabilities") == node.bus.said_capabilities:
        said.pop("capabilities", None)
    if _is_kind_new(node, sighting):
        said["kind"] = sighting.kind
    return said


def _merged(kept: dict[str, Any], said: Mapping[str, Any]) -> object:
    """Anybody may announce anything, again and again."""
    merged = storable({**kept, **said})
    return merged if len(orjson.dumps(merged)) <= particulars.LARGEST_METADATA else kept


def _is_kind_new(node: Node, sighting: Sighting) -> bool:
    """A heartbeat of a node agent says nothing of its type: only what was unknown is learned."""
    return node.bus.kind == bus_words.UNKNOWN and sighting.kind != bus_words.UNKNOWN


def _new(row: Node | BusNode, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if getattr(row, name) != value}
