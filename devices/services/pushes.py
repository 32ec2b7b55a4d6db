"""Telling the nodes of a tunnel about it, one after the other: the relay, where traffic enters, where it leaves."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from devices import bindings
from devices.choices import CommandStatus, LegSide, LegStatus, TunnelMode, TunnelStatus
from devices.models import Command, Node, Tunnel, TunnelLeg
from devices.services import commands
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.encryption import reveal
from rdos.kernel.journal import SYSTEM, Who
from rdos.kernel.secrecy import mask_text

PURPOSE = "tunnel"
PUSH_LIVES = timedelta(seconds=10)
# Long enough for an edge that restarts. One that is away for longer keeps what it had.
WITHDRAWAL_LIVES = timedelta(minutes=10)
LONGEST_ERROR = 500

IN_USE = (TunnelStatus.PENDING, TunnelStatus.ACTIVE)
ORDER = list(LegSide)
LETTERS = {
    LegSide.RELAY: bindings.for_relay,
    LegSide.INGRESS: bindings.for_ingress,
    LegSide.EGRESS: bindings.for_egress,
}


def bell(tunnel_id: UUID) -> str:
    return f"tunnel.{tunnel_id}"


def held(pk: UUID) -> Tunnel | None:
    """The row, locked: two answers that come at once must not both send the next letter."""
    return Tunnel.objects.select_for_update().filter(pk=pk).first()


def legs_of(tunnel: Tunnel) -> list[TunnelLeg]:
    return sorted(tunnel.legs.select_related("node"), key=lambda leg: ORDER.index(LegSide(leg.side)))


def make_due(legs: QuerySet[TunnelLeg]) -> int:
    """Never tried and pending means that it has its turn; tried and pending, that it waits for its node."""
    return legs.update(status=LegStatus.PENDING, error="", command_id=None, tried_at=None)


def advance(*, tunnel: Tunnel, at: datetime) -> None:
    """Sends what has its turn, once all before it are decided. The caller holds the tunnel."""
    ring_on_commit(bell(tunnel.pk))
    if tunnel.status not in IN_USE:
        return
    legs = legs_of(tunnel)
    for leg in legs:
        if leg.command_id is not None or (_is_due(leg) and _push(tunnel, leg, at)):
            return
    arrived = all(leg.status == LegStatus.PUSHED for leg in legs)
    set_status(tunnel, TunnelStatus.ACTIVE if arrived else TunnelStatus.PENDING)


def set_status(tunnel: Tunnel, status: TunnelStatus) -> None:
    """Between pending and active only; people switch it off and on."""
    if Tunnel.objects.filter(pk=tunnel.pk, status__in=IN_USE).update(status=status):
        tunnel.status = status


def _is_due(leg: TunnelLeg) -> bool:
    return leg.status == LegStatus.PENDING and leg.tried_at is None


def _push(tunnel: Tunnel, leg: TunnelLeg, at: datetime) -> bool:
    """True when a letter is on its way."""
    letter = LETTERS[LegSide(leg.side)](_binding(tunnel))
    leg.tried_at, leg.error = at, _obstacle(leg.node, letter["type"])
    if leg.error:
        leg.status = LegStatus.FAILED
    else:
        leg.command_id = _send(leg, letter, SYSTEM, at + PUSH_LIVES, awaited=True)
    leg.save(update_fields=["status", "error", "command_id", "tried_at"])
    return leg.command_id is not None


def _obstacle(node: Node, name: str) -> str:
    if name in node.denied_commands:
        return f"{name} is denied for this node"
    return "" if node.is_connected else "node is not connected"


def withdraw(*, leg: TunnelLeg, who: Who, at: datetime) -> UUID:
    """Takes the tunnel away from the leg's node; one that is offline is told when it returns in time."""
    word = bindings.revocation if leg.side == LegSide.RELAY else bindings.removal
    return _send(leg, word(leg.tunnel_id), who, at + WITHDRAWAL_LIVES)


def remember(*, leg: TunnelLeg, command_id: UUID) -> None:
    TunnelLeg.objects.filter(pk=leg.pk).update(command_id=command_id)


def _send(leg: TunnelLeg, action: bindings.Action, who: Who, expires_at: datetime, *, awaited: bool = False) -> UUID:
    return commands.create(
        who=who,
        node_id=leg.node_id,
        action=action,
        expires_at=expires_at,
        awaited=awaited,
        purpose=PURPOSE,
        serves=leg.pk,
    ).pk


def note(*, tunnel: Tunnel, command: Command) -> bool:
    """Writes down how a push ended. The answer of any other push than the present one changes nothing."""
    mine = tunnel.legs.filter(command_id=command.pk)
    if tunnel.status != TunnelStatus.DISABLED:
        return mine.update(command_id=None, **_fate(command)) == 1
    # Whoever did not say that the tunnel is gone is told again when it returns, so the letter stays noted.
    said_something = command.status in (CommandStatus.ACKED, CommandStatus.REJECTED)
    return said_something and mine.update(command_id=None) == 1


def _fate(command: Command) -> dict[str, Any]:
    if command.status == CommandStatus.ACKED:
        return {"status": LegStatus.PUSHED, "error": ""}
    # A node may repeat in its complaint what it was told.
    error = mask_text(command.error) or "The node refused the tunnel"
    return {"status": LegStatus.FAILED, "error": error[:LONGEST_ERROR]}


def _binding(tunnel: Tunnel) -> bindings.Binding:
    return bindings.Binding(
        tunnel_id=tunnel.pk,
        name=tunnel.name,
        protocol=tunnel.protocol,
        relayed=tunnel.mode == TunnelMode.RELAY,
        ingress_listen_port=tunnel.ingress_listen_port,
        egress_forward_addr=tunnel.egress_forward_addr,
        relay_addr=tunnel.relay_addr,
        egress_peer_addr=tunnel.egress_peer_addr,
        encryption_key=reveal(tunnel, "encryption_key"),
        bind_secret=reveal(tunnel, "bind_secret"),
        psk=reveal(tunnel, "psk"),
    )
