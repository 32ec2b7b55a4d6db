"""Which nodes an actor sees, and everything that hangs on them. Rows are fetched here and nowhere else."""

from typing import TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.access import allows, require
from devices.errors import DeviceNotFound, NodeGone, OutsideYourNodes
from devices.models import Command, Connection, Node, NodeGroup, Operation, Tunnel
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.compiled import ID, CompiledRow
from rdos.kernel.errors import NotFound

Row = TypeVar("Row", bound=Model)
ON_BUS = Node.objects.filter(on_bus=True)


def sees(actor: Actor, node_id: UUID) -> bool:
    """The deny list wins over the list of what is allowed."""
    if actor.kind is ActorKind.LAN:
        return ON_BUS.filter(pk=node_id).exists()
    return node_id not in actor.denied_node_ids and (actor.node_ids is None or node_id in actor.node_ids)


def within(actor: Actor, field: str = "node_id") -> Q:
    """The condition on any row that belongs to a node. The LAN sees nodes of the bus, and no others."""
    if actor.kind is ActorKind.LAN:
        return Q(**{f"{field}__in": ON_BUS.values("pk")})
    allowed = Q() if actor.node_ids is None else Q(**{f"{field}__in": actor.node_ids})
    return allowed & ~Q(**{f"{field}__in": actor.denied_node_ids}) if actor.denied_node_ids else allowed


def nodes_for(actor: Actor) -> QuerySet[Node]:
    return Node.objects.filter(within(actor, "id"))


def node_for(actor: Actor, pk: UUID, action: str = "nodes.read") -> Node:
    """A node outside the actor's scope is refused as such: its id says nothing about it."""
    require(actor, action)
    if not sees(actor, pk):
        raise OutsideYourNodes
    found = _node.get(pk)
    if found is None:
        raise NodeGone
    return Node.from_db(DEFAULT_DB_ALIAS, NODE, found)


def node_called(actor: Actor, key: str, action: str) -> Node:
    """By what it calls itself. What is of others is not there."""
    require(actor, action)
    return _called(nodes_for(actor), key)


def _called(rows: QuerySet[Node], key: str) -> Node:
    node = rows.filter(key=key).first() if "\x00" not in key else None
    if node is None:
        raise DeviceNotFound
    return node


# Read by nearly every request about a node.
NODE = tuple(field.attname for field in Node._meta.concrete_fields)
_node = CompiledRow(ID, lambda pk: Node.objects.filter(pk=pk).values_list(*NODE))


def devices_for(actor: Actor) -> QuerySet[Node]:
    """Nodes of the bus, as Tafy's clients know them."""
    return nodes_for(actor).filter(on_bus=True).select_related("bus")


def device_for(actor: Actor, key: str, action: str = "nodes.read") -> Node:
    """What is of others, or not of the bus, is not there."""
    require(actor, action)
    return _called(devices_for(actor), key)


def commands_for(actor: Actor) -> QuerySet[Command]:
    return Command.objects.filter(within(actor))


def command_for(actor: Actor, pk: UUID, action: str = "commands.read") -> Command:
    require(actor, action)
    return _or_not_found(commands_for(actor).select_related("node").filter(pk=pk))


def operations_for(actor: Actor) -> QuerySet[Operation]:
    """Those that told at least one node the actor sees, and one's own, which may have told nobody."""
    if sees_everything(actor):
        return Operation.objects.all()
    told = Exists(commands_for(actor).filter(operation=OuterRef("pk")))
    return Operation.objects.filter(told | Q(created_by_id=str(actor.user_id)))


def operation_for(actor: Actor, pk: UUID) -> Operation:
    return _or_not_found(operations_for(actor).filter(pk=pk))


def connections_for(actor: Actor) -> QuerySet[Connection]:
    return Connection.objects.filter(within(actor))


def tunnels_for(actor: Actor) -> QuerySet[Tunnel]:
    """A tunnel shows the nodes at both of its ends and between, so all of them must be seen."""
    ends = within(actor, "ingress_node_id") & within(actor, "egress_node_id")
    between = within(actor, "relay_node_id")
    # An empty condition must stay one: joined by `or` it would vanish, and leave the tunnels without a relay.
    return Tunnel.objects.filter(ends & (Q(relay_node_id=None) | between if between else Q()))


def tunnel_for(actor: Actor, pk: UUID, action: str = "tunnels.read") -> Tunnel:
    require(actor, action)
    return _or_not_found(tunnels_for(actor).filter(pk=pk))


def group_for(actor: Actor, pk: UUID, action: str = "groups.read") -> NodeGroup:
    require(actor, action)
    return _or_not_found(NodeGroup.objects.filter(pk=pk))


def sees_everything(actor: Actor) -> bool:
    return actor.node_ids is None and not actor.denied_node_ids and actor.kind is not ActorKind.LAN


def sees_every_device(actor: Actor) -> bool:
    """All that is on the bus, whatever else there is."""
    return sees_everything(actor) or actor.kind is ActorKind.LAN


def may_command(actor: Actor) -> bool:
    return allows(actor, "commands.create")


def _or_not_found(found: QuerySet[Row]) -> Row:
    row = found.first()
    if row is None:
        raise NotFound
    return row
