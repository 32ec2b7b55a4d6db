"""Who is on the line: a node is connected exactly as long as its row names a session."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from devices.choices import CONNECTED, NodeStatus
from devices.models import Connection, Node
from devices.protocol import as_uuid
from devices.services import commands, replies, tunnels, twins
from rdos.kernel.journal import Row, Who, record, row_of
from rdos.kernel.journal.storable import storable


@dataclass(frozen=True, slots=True)
class End:
    """A connection that is over, as the process that held it saw it."""

    node_id: UUID
    session_id: UUID
    code: int
    reason: str
    last_heard_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """What a node said of itself, and what its driver makes of it."""

    session_id: UUID
    at: datetime
    payload: Any
    version: str
    status: str
    reason: str


@transaction.atomic
def part(ends: Sequence[End], at: datetime) -> None:
    """Marks nodes offline, each only if this very session still spoke for it."""
    # Everybody who holds several nodes takes them in this order, so that no two wait for each other.
    ends = sorted(ends, key=lambda end: end.node_id)
    parted = [end for end in ends if _is_parted(end)]
    for end in ends:
        _close_connection(end, at)
    _forget(ends, parted, at)
    nodes = Node.objects.in_bulk([end.node_id for end in parted])
    for end in parted:
        if node := nodes.get(end.node_id):
            record(who=_who(node), action="node.disconnect", about=row_of(node), details=_facts(end, node, at))


def part_all(sessions: Iterable[tuple[UUID, UUID | None]], at: datetime, *, reason: str) -> int:
    """The same for many at once, when the cause is the hub's and no alarm about any node."""
    ends = [End(pk, session, 1006, reason, at) for pk, session in sorted(sessions, key=_first) if session is not None]
    with transaction.atomic():
        parted = [end for end in ends if _is_parted(end, seen=False)]
        for end in parted:
            _close_connection(end, at)
        _forget(ends, parted, at)
    return len(parted)


def _first(pair: tuple[UUID, UUID | None]) -> UUID:
    return pair[0]


def let_go(*, node_id: UUID, session_id: UUID, reason: str, at: datetime) -> None:
    """After the hub itself took the node off the line: what hung on that session is over, and nobody is alarmed."""
    end = End(node_id, session_id, 1000, reason, at)
    _close_connection(end, at)
    _forget([end], [end], at)


def note_health(found: dict[UUID, Health]) -> None:
    with transaction.atomic():
        # Held in the order in which admissions hold them. A change is judged against the row: of two reports that came
        # together only the later one is here, and the earlier may have been the one that changed something.
        held = Node.objects.select_for_update(no_key=True).filter(pk__in=found).order_by("pk")
        for node_id, before in list(held.values_list("pk", "status")):
            _note_health(node_id, found[node_id], before)


def note_seen(seen: dict[UUID, tuple[UUID, datetime]]) -> None:
    """For nodes that are heard but send no health."""
    with transaction.atomic():
        for node_id, (session_id, at) in sorted(seen.items()):
            Node.objects.filter(pk=node_id, session_id=session_id).update(last_seen_at=at)


@dataclass(frozen=True, slots=True)
class Refusals:
    address: str
    reason: str
    node_id: str
    times: int


def note_refusals(found: Sequence[Refusals], at: datetime) -> None:
    """Counted by the process that refused, so that a flood of tries is a few entries.

    Ids that nobody has are made up by the thousand: then only the address counts.
    """
    known = standing(pk for one in found if (pk := as_uuid(one.node_id)))
    counted: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        pk = as_uuid(one.node_id)
        counted[one.address, one.reason, str(pk) if pk in known else ""] += one.times
    with transaction.atomic():
        for (address, reason, node_id), times in counted.items():
            facts = {"address": address, "reason": reason, "times": times}
            who = Who(kind="anonymous", label="unknown node", address=address)
            record(who=who, action="node.refused", about=Row("node", node_id, address), details=facts)


def standing(node_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID | None, datetime | None]]:
    """Of nodes that still exist: which session speaks for each, and when it expires."""
    rows = Node.objects.filter(pk__in=set(node_ids)).values_list("pk", "session_id", "expires_at")
    return {pk: (session, expires) for pk, session, expires in rows}


def present(gateway_id: UUID) -> dict[UUID, tuple[UUID, datetime | None]]:
    """What the rows say this gateway holds: by session, the node and when it expires."""
    held = Node.objects.filter(gateway_id=gateway_id, session_id__isnull=False)
    rows = held.values_list("session_id", "pk", "expires_at")
    return {session: (pk, expires) for session, pk, expires in rows if session is not None}


def _is_parted(end: End, *, seen: bool = True) -> bool:
    mine = Node.objects.filter(pk=end.node_id, session_id=end.session_id)
    changes: dict[str, Any] = {"last_seen_at": end.last_heard_at} if seen else {}
    return (
        mine.update(status=NodeStatus.OFFLINE, status_reason=end.reason[:256], session_id=None, gateway=None, **changes)
        == 1
    )


def _close_connection(end: End, at: datetime) -> None:
    mine = Connection.objects.filter(pk=end.session_id, closed_at=None)
    mine.update(closed_at=at, close_code=end.code, close_reason=end.reason[:256])


def _forget(ends: Sequence[End], parted: Sequence[End], at: datetime) -> None:
    """What a node held only while it was there."""
    replies.served(commands.end_awaited([end.session_id for end in ends], at), at)
    gone = [end.node_id for end in parted]
    if gone:
        twins.forget_fresh(gone)
        tunnels.node_disconnected(gone, at)


def _note_health(node_id: UUID, health: Health, before: str) -> None:
    node = Node.objects.filter(pk=node_id, session_id=health.session_id, status__in=CONNECTED)
    changes: dict[str, Any] = {"software_version": health.version} if health.version else {}
    moved = node.update(
        status=health.status,
        status_reason=health.reason[:256],
        last_health=storable(health.payload),
        last_seen_at=health.at,
        **changes,
    )
    if moved and health.status != before:
        row = Node.objects.get(pk=node_id)
        facts = {"status": health.status, "reason": health.reason}
        record(who=_who(row), action="node.health", about=row_of(row), details=facts)


def _who(node: Node) -> Who:
    return Who(kind="node", id=str(node.pk), label=node.name, address=node.address)


def _facts(end: End, node: Node, at: datetime) -> dict[str, Any]:
    return {"code": end.code, "reason": end.reason, "maintenance": node.in_maintenance(at)}
