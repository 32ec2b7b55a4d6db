"""What the nodes of a tunnel are told so that its two ends find, and trust, each other."""

import hmac
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from uuid import UUID

Action = dict[str, Any]

# An IPv6 address stands in brackets, and a port has no sign.
ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<v4>[0-9.]+)):(?P<port>[0-9]{1,5})", re.ASCII)
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 the edge listens on each of its networks
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Binding:
    """A tunnel with its secrets in the open, for as long as it takes to write the letters."""

    tunnel_id: UUID
    name: str
    protocol: str
    relayed: bool
    ingress_listen_port: int
    egress_forward_addr: str
    relay_addr: str
    egress_peer_addr: str
    encryption_key: str = field(repr=False)
    bind_secret: str = field(repr=False)
    psk: str = field(repr=False)


def token(secret: str, tunnel_id: UUID, direction: str) -> str:
    """Edges key the hash with the secret's characters, not with the bytes that they spell."""
    return hmac.digest(secret.encode(), f"{tunnel_id}:{direction}".encode(), "sha256").hex()


def for_ingress(binding: Binding) -> Action:
    """The edge names directions by what it does towards the tunnel, so both words are turned round."""
    way = {"relay_addr": binding.relay_addr} if binding.relayed else {"peer_addr": binding.egress_peer_addr}
    return _create(binding, "egress", f"{ANY_ADDRESS}:{binding.ingress_listen_port}", way)


def for_egress(binding: Binding) -> Action:
    listen = f"{ANY_ADDRESS}:{port_of(binding.egress_peer_addr)}"
    way = {"relay_addr": binding.relay_addr} if binding.relayed else {"direct_listen_addr": listen}
    return _create(binding, "ingress", binding.egress_forward_addr, way)


def for_relay(binding: Binding) -> Action:
    return {
        "type": "authorize_tunnel",
        "tunnel_id": str(binding.tunnel_id),
        "ingress_token": token(binding.bind_secret, binding.tunnel_id, "ingress"),
        "egress_token": token(binding.bind_secret, binding.tunnel_id, "egress"),
    }


def removal(tunnel_id: UUID) -> Action:
    return {"type": "delete_tunnel", "tunnel_id": str(tunnel_id)}


def revocation(tunnel_id: UUID) -> Action:
    return {"type": "revoke_tunnel", "tunnel_id": str(tunnel_id)}


def _create(binding: Binding, direction: str, local_addr: str, way: dict[str, str]) -> Action:
    told: Action = {
        "id": str(binding.tunnel_id),
        "name": binding.name,
        "enabled": True,
        "protocol": binding.protocol,
        "mode": "relay" if binding.relayed else "direct",
        "direction": direction,
        "local_addr": local_addr,
        "tunnel_encryption_key": binding.encryption_key,
        "tunnel_bind_secret": binding.bind_secret,
    } | way
    if not binding.relayed:
        told["tunnel_psk"] = binding.psk
    return {"type": "create_tunnel", "tunnel": told}


def is_socket_address(text: str) -> bool:
    """IP:port. A host name is none: the edge resolves nothing here."""
    found = ADDRESS.fullmatch(text)
    if found is None or port_of(text) is None:
        return False
    try:
        return ip_address(found["v6"] or found["v4"]).version == (6 if found["v6"] else 4)
    except ValueError:
        return False


def port_of(address: str) -> int | None:
    """What follows the last colon, if it is a port."""
    digits = address.rpartition(":")[2]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        return None
    return int(digits) if 1 <= int(digits) <= HIGHEST_PORT else None
