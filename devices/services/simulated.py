"""The virtual fleet's rows: marked by a label, made in numbers, removed together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.access import require
from devices import signatures
from devices.access import nodes_for
from devices.errors import KeyTaken
from devices.models import Connection, Node
from devices.services import commands, nodes, tokens, tunnels
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.journal import SYSTEM, Who, record, row_of

LABEL, YES = "simulated", "true"
AT_ONCE = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """One node of the virtual fleet, as it is to be."""

    key: str
    name: str
    device_type: str


@dataclass(frozen=True, slots=True)
class Enlisted:
    key: str
    node_id: UUID
    device_type: str
    # Only for a node that has no credential any more, and never seen again.
    token: str = ""


def simulated(rows: QuerySet[Node]) -> QuerySet[Node]:
    return rows.filter(**{f"labels__{LABEL}": YES})


def a_real_node_has_registered() -> bool:
    """One that was only added does not count: its program may still be on its way."""
    has_connected = Exists(Connection.objects.filter(node=OuterRef("pk")))
    real = Node.objects.exclude(pk__in=simulated(Node.objects.all()).values("pk"))
    return real.filter(~Q(secret_digest="") | has_connected).exists()


def enlist(*, fleet: Sequence[Part], known: Mapping[str, UUID], at: datetime) -> list[Enlisted]:
    """Makes what is missing. A node gets a new token unless its secret is `known`, that is: the simulator holds it."""
    return [one for some in _pieces(fleet) for one in _enlist(some, known, at)]


@transaction.atomic
def _enlist(fleet: Sequence[Part], known: Mapping[str, UUID], at: datetime) -> list[Enlisted]:
    held = Node.objects.select_for_update().filter(key__in=[part.key for part in fleet]).order_by("pk")
    rows = {node.key: node for node in held}
    return [_enlist_one(part, rows.get(part.key), known.get(part.key), at) for part in fleet]


def _enlist_one(part: Part, node: Node | None, known: UUID | None, at: datetime) -> Enlisted:
    if node is None:
        node, token = _made(part)
    elif node.labels.get(LABEL) != YES:
        raise KeyTaken(f"The key {part.key} belongs to a node that is not simulated.")
    else:
        held = node.pk == known and node.secret_digest
        token = "" if held else tokens.renew(who=SYSTEM, node=node, at=at)
    return Enlisted(part.key, node.pk, node.device_type, token)


def _made(part: Part) -> tuple[Node, str]:
    token = signatures.new_registration_token()
    fields = {"name": part.name, "device_type": part.device_type, "labels": {LABEL: YES}}
    node = Node(key=part.key, token_digest=signatures.digest(token), **fields)
    node.save(force_insert=True)
    record(who=SYSTEM, action="node.create", about=row_of(node), after=nodes.facts(node))
    return node, token


def still_there(node_ids: Iterable[UUID]) -> set[UUID]:
    return set(Node.objects.filter(pk__in=list(node_ids)).values_list("pk", flat=True))


def remove_simulated(*, actor: Actor, at: datetime) -> int:
    """Every simulated node that the actor sees, with all that hangs on it."""
    require(actor, "nodes.delete")
    return _remove_all(actor.who, simulated(nodes_for(actor)), at)


def clear(*, at: datetime) -> int:
    """For whoever holds the machine."""
    return _remove_all(SYSTEM, simulated(Node.objects.all()), at)


def _remove_all(who: Who, rows: QuerySet[Node], at: datetime) -> int:
    chosen = list(rows.order_by("pk").values_list("pk", flat=True))
    return sum(_remove(who, some, at) for some in _pieces(chosen))


@transaction.atomic
def _remove(who: Who, chosen: Sequence[UUID], at: datetime) -> int:
    # Asked again under the lock: a label may have been taken off meanwhile.
    held = list(simulated(Node.objects.select_for_update()).filter(pk__in=chosen).order_by("pk"))
    commands.end_awaited([node.session_id for node in held if node.session_id], at)
    for node in held:
        tunnels.delete_of_node(node_id=node.pk, who=who, at=at)
        record(who=who, action="node.delete", about=row_of(node), before=nodes.facts(node))
        ring_on_commit(f"node.{node.pk}", "close:deleted")
    Node.objects.filter(pk__in=[node.pk for node in held]).delete()
    return len(held)


def _pieces(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """So that no transaction holds thousands of locks."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
