"""A node of the bus with a Node-RED, and a bridge's errands without the bridge."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from devices.choices import NodeStatus
from devices.models import BusNode, Node, NodeRedFlow
from devices.services import bus_commands, replies
from devices.services.bus_commands import Letter
from devices.services.node_red import looking, pushing
from flows.models import Flow
from tests.flows.deploying import deploy
from tests.people import Person


def on_the_bus(key: str = "pi-1", kind: str = "unknown", device_type: str = "generic", **fields: Any) -> Node:
    node = Node.objects.create(
        key=key, name=key, device_type=device_type, status=NodeStatus.DISCOVERED, claimed=False, on_bus=True
    )
    BusNode.objects.create(node=node, kind=kind, **fields)
    return node


def url(node: Node | UUID) -> str:
    return f"/api/v1/nodes/{node.pk if isinstance(node, Node) else node}/node-red"


def a_flow(*names: str, tab: str = "t1", words: str = "on") -> dict[str, Any]:
    nodes = [
        {"id": name, "type": "inject" if number == 0 else "debug", "z": tab, "x": 1, "y": 2, "payload": words}
        for number, name in enumerate(names or ("n1", "n2"))
    ]
    return {"flows": [{"id": tab, "type": "tab", "label": "Ours"}, *nodes]}


def claim() -> list[Letter]:
    return bus_commands.claim(timezone.now())


def carry() -> list[Letter]:
    """What waits for Node-REDs is carried there, and what they say is taken in."""
    letters = [one for one in claim() if pushing.carries(one.purpose, one.admin_url)]
    for letter in letters:
        reply = pushing.carry(letter.command_id)
        assert reply is not None
        replies.take([reply], timezone.now())
    return letters


def look(node: Node) -> bool:
    """As if a minute had passed."""
    NodeRedFlow.objects.filter(node=node).update(looked_at=timezone.now() - timedelta(minutes=2))
    return looking.look(node.pk, timezone.now())


def state(who: Person, flow: Flow) -> dict[str, Any]:
    """Of the one deployment of the flow."""
    (row,) = who.caller.get(f"/api/v1/deployments?flow_id={flow.pk}").json()
    return row


def sent(who: Person, flow: Any, node: Node) -> dict[str, Any]:
    """Deployed and carried there; what became of it."""
    assert deploy(who, flow, target_nodes=[node.key]).status_code == 200
    carry()
    return state(who, flow)
