"""Which nodes a tunnel may join, and which addresses its mode needs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from devices import drivers
from devices.access import sees
from devices.bindings import is_socket_address, port_of
from devices.choices import LegSide, TunnelMode
from devices.errors import NodesInvolved, OutsideYourNodes
from devices.models import Node, Tunnel
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput

FIELDS = {LegSide.RELAY: "relay_node_id", LegSide.INGRESS: "ingress_node_id", LegSide.EGRESS: "egress_node_id"}
# What a node must understand to stand at that place.
NEEDED = {LegSide.RELAY: "authorize_tunnel", LegSide.INGRESS: "create_tunnel", LegSide.EGRESS: "create_tunnel"}
LONGEST_NAME = 128
LONGEST_ADDRESS = 256


def choose(*, actor: Actor, fields: Mapping[str, Any]) -> dict[LegSide, Node]:
    """The nodes at each place, all of them seen by the actor and fit for it."""
    named = _named(fields)
    if not all(sees(actor, pk) for pk in named.values()):
        raise OutsideYourNodes
    found = Node.objects.in_bulk(list(named.values()))
    gone = {FIELDS[side]: ["There is no such node."] for side, pk in named.items() if pk not in found}
    if gone:
        raise NodesInvolved(errors=gone)
    nodes = {side: found[pk] for side, pk in named.items()}
    unfit = {
        FIELDS[side]: ["This kind of node cannot do this."] for side, node in nodes.items() if not _fits(side, node)
    }
    if unfit:
        raise InvalidInput(errors=unfit)
    return nodes


def _named(fields: Mapping[str, Any]) -> dict[LegSide, UUID]:
    relayed = fields["mode"] == TunnelMode.RELAY
    if relayed and fields.get("relay_node_id") is None:
        raise InvalidInput(errors={"relay_node_id": ["A tunnel by a relay needs this."]})
    if fields["ingress_node_id"] == fields["egress_node_id"]:
        raise InvalidInput(errors={"egress_node_id": ["The two ends must be different nodes."]})
    return {side: fields[name] for side, name in FIELDS.items() if relayed or side != LegSide.RELAY}


def _fits(side: LegSide, node: Node) -> bool:
    return drivers.known(node.device_type) and drivers.get(node.device_type).command(NEEDED[side]) is not None


def insist_sound(tunnel: Tunnel) -> None:
    problems = {name: [problem] for name, problem in _problems(tunnel).items() if problem}
    if problems:
        raise InvalidInput(errors=problems)


def _problems(tunnel: Tunnel) -> dict[str, str]:
    direct = tunnel.mode == TunnelMode.DIRECT
    return {
        "name": _name_problem(tunnel.name),
        "egress_forward_addr": "" if is_socket_address(tunnel.egress_forward_addr) else "This must be IP:port.",
        "relay_addr": _address_problem(tunnel.relay_addr, needed=not direct),
        "egress_peer_addr": _address_problem(tunnel.egress_peer_addr, needed=direct) or _peer_problem(tunnel),
    }


def _name_problem(name: str) -> str:
    sound = 1 <= len(name) <= LONGEST_NAME and not any(ord(sign) < 32 or ord(sign) == 127 for sign in name)
    return "" if sound else f"1–{LONGEST_NAME} characters, none of them a control character."


def _address_problem(address: str, *, needed: bool) -> str:
    if not address:
        return "This mode needs it." if needed else ""
    sound = len(address) <= LONGEST_ADDRESS and ":" in address and address.isprintable()
    return "" if sound else f"At most {LONGEST_ADDRESS} characters with a colon before the port."


def _peer_problem(tunnel: Tunnel) -> str:
    """Its port is the one that the other end listens on."""
    known = not tunnel.egress_peer_addr or port_of(tunnel.egress_peer_addr) is not None
    return "" if known else "This must end with a port."
