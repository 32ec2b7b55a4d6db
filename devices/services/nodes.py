"""Making, changing and removing nodes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.access import require
from devices import drivers, particulars, signatures
from devices.access import node_for
from devices.choices import NodeStatus
from devices.errors import KeyTaken, NodeGone, OutsideYourNodes
from devices.models import Node
from devices.services import bus_credentials, commands, tunnels
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.errors import Conflict, InvalidInput
from rdos.kernel.journal import changes, record, row_of

CHANGEABLE = (
    "name",
    "key",
    "description",
    "device_type",
    "expires_at",
    "labels",
    "metadata",
    "denied_commands",
)
# What stands where a field was cleared.
CLEARED = {"description": "", "labels": {}, "denied_commands": []}
TRIES = 4


def create(
    *,
    actor: Actor,
    name: str,
    at: datetime,
    device_type: str = "edge",
    description: str = "",
    expires_at: datetime | None = None,
    key: str | None = None,
    labels: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> tuple[Node, str]:
    """The node, and its registration token, which is never seen again."""
    require(actor, "nodes.create")
    if actor.node_ids is not None:
        raise OutsideYourNodes("You see some nodes only, so you would not see a new one.")
    fields = {
        "name": name,
        "device_type": device_type,
        "description": description,
        "expires_at": expires_at,
        "labels": dict(labels or {}),
        "metadata": metadata,
    }
    _guard(fields if key is None else fields | {"key": key}, at)
    if key is not None:
        return _make(actor, key, fields)
    return _make_with_some_key(actor, particulars.key_of(name), fields)


def _make_with_some_key(actor: Actor, wanted: str, fields: dict[str, Any]) -> tuple[Node, str]:
    """Two nodes may share a name, and only the database knows which keys are free."""
    for key in (wanted, *(particulars.marked(wanted) for _ in range(TRIES - 1))):
        try:
            return _make(actor, key, fields)
        except KeyTaken:
            continue
    raise KeyTaken


def _make(actor: Actor, key: str, fields: dict[str, Any]) -> tuple[Node, str]:
    token = signatures.new_registration_token()
    node = Node(key=key, token_digest=signatures.digest(token), **fields)
    try:
        with transaction.atomic():
            node.save(force_insert=True)
            record(who=actor.who, action="node.create", about=row_of(node), after=facts(node))
    except IntegrityError as error:
        raise KeyTaken from error
    node.refresh_from_db(fields=["created_at"])
    return node, token


def update(*, actor: Actor, pk: UUID, at: datetime, **fields: Any) -> Node:
    """Changes what is named and leaves the rest; null clears."""
    wanted = {
        name: CLEARED.get(name) if value is None else value for name, value in fields.items() if name in CHANGEABLE
    }
    node_for(actor, pk, "nodes.update")
    _guard(wanted, at)
    try:
        with transaction.atomic():
            return _update(actor, _held(pk), wanted)
    except IntegrityError as error:
        raise KeyTaken from error


def _update(actor: Actor, node: Node, wanted: dict[str, Any]) -> Node:
    if wanted.get("device_type", node.device_type) != node.device_type:
        _guard_type(node)
    before = facts(node)
    for name, value in wanted.items():
        setattr(node, name, value)
    old, new = changes(before, facts(node))
    if not new:
        return node
    # Only these columns: the node's connection writes the others meanwhile.
    node.save(update_fields=[*new, "updated_at"])
    record(who=actor.who, action="node.update", about=row_of(node), before=old, after=new)
    if "key" in new:
        bus_credentials.follow(node)
    if "expires_at" in new:
        ring_on_commit(f"node.{node.pk}", "check")
    return node


@transaction.atomic
def delete(*, actor: Actor, pk: UUID, at: datetime) -> None:
    node_for(actor, pk, "nodes.delete")
    node = _held(pk)
    if node.session_id is not None:
        commands.end_awaited([node.session_id], at)
    # The other ends of its tunnels are told before the rows that name them are gone.
    tunnels.delete_of_node(node_id=pk, who=actor.who, at=at)
    record(who=actor.who, action="node.delete", about=row_of(node), before=facts(node))
    bus_credentials.follow(node)
    node.delete()
    ring_on_commit(f"node.{pk}", "close:deleted")


def facts(node: Node) -> dict[str, Any]:
    """What the journal keeps of a node; never a credential."""
    return {name: getattr(node, name) for name in CHANGEABLE}


def _guard(fields: Mapping[str, Any], at: datetime) -> None:
    particulars.check(fields)
    if "device_type" in fields:
        drivers.get(fields["device_type"])
    if fields.get("expires_at") and fields["expires_at"] <= at:
        raise InvalidInput(errors={"expires_at": ["This moment is in the past."]})


def _guard_type(node: Node) -> None:
    """What was stored of a node was read with its driver."""
    if node.status != NodeStatus.PENDING or node.connections.exists():
        raise Conflict("The type of a node can change only before it has connected.")


def _held(pk: UUID) -> Node:
    node = Node.objects.select_for_update().filter(pk=pk).first()
    if node is None:
        raise NodeGone
    return node
