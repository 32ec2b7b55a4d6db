"""What becomes of nodes of the bus, told in the journal, on the bus and to the sockets.

Anybody on the network may make a node come and go. Its first changes are told one by one; from then on it is told how
it stands, and at most twice a minute, until it was calm for ten. What it says of itself, its address and its facts, is
told by the next sweep, so that whoever says it again and again holds up no alarm. Its row always follows at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from devices.choices import CONNECTED, NodeStatus
from devices.models import BusNode, Node
from devices.services import bus_events
from rdos.kernel.journal import Who, entry_of, record_all, row_of
from rdos.kernel.models import JournalEntry

TOLERATED = 10
PAUSE = timedelta(seconds=30)
CALM = timedelta(minutes=10)
MOST_TOLD = 1000


@dataclass(frozen=True, slots=True)
class Looks:
    status: str
    reason: str
    latched: bool


def looks_of(node: Node) -> Looks:
    return Looks(node.status, node.status_reason, node.bus.latched_at is not None)


def told(node: Node, before: Looks, at: datetime) -> list[JournalEntry]:
    """The entries of a change. None while there were too many: then it is remembered what was told last."""
    bus = node.bus
    if bus.told_at is None or at - bus.told_at >= CALM:
        bus.told_times = 0
    elif bus.told_times >= TOLERATED and at - bus.told_at < PAUSE:
        _leave_for_later(bus, before)
        return []
    return _tell(node, before, at)


def tell_soon(nodes: Sequence[Node]) -> None:
    """What they say of themselves is new. In the transaction that holds them."""
    for node in nodes:
        _leave_for_later(node.bus, looks_of(node))
    store(nodes)


def _leave_for_later(bus: BusNode, told: Looks) -> None:
    if not bus.told_status:
        bus.told_status, bus.told_latched = told.status, told.latched


def store(nodes: Sequence[Node]) -> None:
    """In the transaction of the change, which holds the rows of the nodes."""
    fields = ["latched_at", "told_at", "told_times", "told_status", "told_latched"]
    BusNode.objects.bulk_update([node.bus for node in nodes], fields, batch_size=100)


@transaction.atomic
def tell_late(rows: QuerySet[Node], at: datetime) -> None:
    """How those stand now of whom something is to be told. Nobody is left with what was true once."""
    is_time = Q(bus__told_times__lt=TOLERATED) | Q(bus__told_at__lte=at - PAUSE)
    late = rows.filter(is_time, on_bus=True, bus__told_status__gt="").order_by("bus__told_at")
    held = late.prefetch_related("bus").select_for_update(of=("self",), no_key=True, skip_locked=True)
    nodes = list(held[:MOST_TOLD])
    entries = [entry for node in nodes for entry in _tell(node, looks_of(node), at)]
    store(nodes)
    record_all(entries)


def _tell(node: Node, before: Looks, at: datetime) -> list[JournalEntry]:
    bus = node.bus
    if bus.told_status:
        before = Looks(bus.told_status, node.status_reason, bus.told_latched)
    bus.told_status = ""
    if looks_of(node) != before:
        bus.told_at, bus.told_times = at, min(bus.told_times + 1, TOLERATED)
    bus_events.tell_on_commit(bus_events.CHANGED, node)
    return list(_entries(node, before, at))


def _entries(node: Node, before: Looks, at: datetime) -> Iterator[JournalEntry]:
    now = looks_of(node)
    if now.latched != before.latched:
        yield _entry(node, "node.emergency_stop" if now.latched else "node.released")
    was_there, is_there = before.status in CONNECTED, now.status in CONNECTED
    moved = (now.status, now.reason) != (before.status, before.reason)
    facts: dict[str, Any] = {"status": now.status, "reason": now.reason, "bus": True, "claimed": node.claimed}
    if was_there and not is_there:
        yield _entry(node, "node.disconnect", facts | {"maintenance": node.in_maintenance(at)})
    elif is_there and not was_there:
        yield _entry(node, "node.connect", facts)
    # Whoever comes back in trouble is in trouble.
    if moved and is_there and (was_there or now.status != NodeStatus.ONLINE):
        yield _entry(node, "node.health", facts)


def _entry(node: Node, action: str, facts: dict[str, Any] | None = None) -> JournalEntry:
    who = Who(kind="node", id=str(node.pk), label=node.name, address=node.address)
    return entry_of(who=who, action=action, about=row_of(node), details=facts)
