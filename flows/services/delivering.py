"""How a flow gets to a node and away from it: as a durable command, or in the way of its type of node.

Another way is registered in composition: `delivering.register("type", Way(obstacle, send))`. It gives each parcel a
letter's id, and tells `deployment_answers.settle` under that id what became of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from devices.errors import CommandDenied
from devices.models import BusNode, Command, Node
from devices.services import commands, operations
from flows.choices import FlowKind
from flows.models import Flow, FlowVersion
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.journal import Who

PURPOSE = "deploy"
GUARDED = "The Node-RED of this node asks for a token, and the open network has none."
# A node takes a frame of 8 MiB; much less than that keeps its socket free for other words.
LARGEST = 2**20


@dataclass(frozen=True, slots=True)
class Cargo:
    """A version as nodes get it."""

    flow_id: UUID
    flow_name: str
    kind: str
    number: int
    definition: Any
    # Under which id nodes know it.
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One flow for one node; without a cargo it is to be taken away."""

    deployment_id: UUID
    node: Node
    flow: Flow
    cargo: Cargo | None
    # Under which id the node has it already, as far as the hub knows.
    placed_as: str = ""
    # In place of whatever the node has under that id.
    force: bool = False
    expires_at: datetime
    who: Who


@dataclass(frozen=True, slots=True)
class Way:
    # Why this actor cannot send it there; empty when they can.
    obstacle: Callable[[Actor, Parcel, datetime], str]
    # The ids of the letters, in order.
    send: Callable[[Sequence[Parcel]], list[UUID]]


_ways: dict[str, Way] = {}


def register(device_type: str, way: Way) -> None:
    _ways[device_type] = way


def way_of(node: Node) -> Way:
    return OVER_THE_BUS if node.on_bus else _ways.get(node.device_type, BY_COMMAND)


def cargo_of(flow: Flow, version: FlowVersion) -> Cargo:
    text = version.executable or version.content
    definition: Any = text if flow.kind == FlowKind.ORGANISM else orjson.loads(text)
    name = str(definition["id"]) if flow.kind == FlowKind.MEDIA else str(flow.pk)
    return Cargo(flow.pk, flow.name, flow.kind, version.number, definition, name, len(text.encode()))


def actions_of(parcel: Parcel) -> list[dict[str, Any]]:
    """What the node is told; the last of them is the one that counts."""
    if parcel.flow.kind == FlowKind.MEDIA:
        return _media_actions(parcel)
    if parcel.cargo is None:
        return [{"type": "undeploy_flow", "flow_id": parcel.placed_as}]
    cargo = parcel.cargo
    told = {"flow_id": cargo.name, "name": cargo.flow_name, "version": cargo.number, "kind": cargo.kind}
    return [{"type": "deploy_flow", **told, "definition": cargo.definition}]


def _media_actions(parcel: Parcel) -> list[dict[str, Any]]:
    """As edges know them. A version that brings another id leaves nothing behind under the old one."""
    former = parcel.placed_as
    if parcel.cargo is None:
        return [{"type": "delete_flow", "flow_id": former}]
    flow, name = parcel.cargo.definition, parcel.cargo.name
    if former == name or parcel.force:
        found = [{"type": "update_flow", "flow_id": name, "flow": flow}]
    else:
        found = [{"type": "create_flow", "flow": flow}]
    return [{"type": "delete_flow", "flow_id": former}, *found] if former not in ("", name) else found


def _obstacle(actor: Actor, parcel: Parcel, at: datetime) -> str:
    if reason := _too_large(parcel):
        return reason
    for action in actions_of(parcel):
        if reason := operations.reason_against(actor, parcel.node, action, at, even_in_maintenance=parcel.force):
            return reason
    return ""


def _too_large(parcel: Parcel) -> str:
    if parcel.cargo is not None and parcel.cargo.size > LARGEST:
        return f"The flow is larger than {LARGEST // 2**20} MiB, too large to be told to a node."
    return ""


def _obstacle_on_the_bus(actor: Actor, parcel: Parcel, at: datetime) -> str:
    """No driver says which flows such a node takes, and nobody knows whether it is there: it is told all the same."""
    if parcel.flow.kind == FlowKind.MEDIA:
        return "A media flow is for an edge, and this node speaks on the bus."
    if actor.kind is ActorKind.LAN and _is_guarded(parcel.node):
        # The hub would show its own token on behalf of somebody unknown.
        return GUARDED
    if reason := _too_large(parcel) or operations.rest_of(parcel.node, at, even_in_maintenance=parcel.force):
        return reason
    words = {action["type"] for action in actions_of(parcel)}
    return str(CommandDenied()) if words & set(parcel.node.denied_commands) else ""


def _is_guarded(node: Node) -> bool:
    return BusNode.objects.filter(pk=node.pk).exclude(admin_token="").exists()


def _send(parcels: Sequence[Parcel]) -> list[UUID]:
    drafted = [[_draft(parcel, action) for action in actions_of(parcel)] for parcel in parcels]
    commands.keep([one for some in drafted for one in some])
    for parcel in parcels:
        if parcel.node.is_reachable:
            commands.wake(parcel.node.pk)
    return [some[-1].pk for some in drafted]


def _draft(parcel: Parcel, action: Mapping[str, Any]) -> Command:
    return commands.draft(
        who=parcel.who,
        node_id=parcel.node.pk,
        action=action,
        expires_at=parcel.expires_at,
        purpose=PURPOSE,
        serves=parcel.deployment_id,
    )


BY_COMMAND = Way(_obstacle, _send)
# As a command, too: the bridge words it for the bus, or carries it to the node's Node-RED.
OVER_THE_BUS = Way(_obstacle_on_the_bus, _send)
