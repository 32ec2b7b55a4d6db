"""How states look: shape, colour and word."""

from django.utils.safestring import SafeString

from devices.choices import UNCONFIRMED, CommandStatus, LegStatus, TunnelStatus
from devices.models import Command, Tunnel, TunnelLeg
from rdos.kernel.console import badge

COMMANDS = {
    CommandStatus.QUEUED: "idle",
    CommandStatus.SENT: "info",
    CommandStatus.ACKED: "good",
    CommandStatus.REJECTED: "bad",
    CommandStatus.EXPIRED: "warn",
    CommandStatus.CANCELLED: "idle",
}
LEGS = {LegStatus.PENDING: "idle", LegStatus.PUSHED: "good", LegStatus.FAILED: "bad"}
TUNNELS = {
    TunnelStatus.PENDING: "warn",
    TunnelStatus.ACTIVE: "good",
    TunnelStatus.ERROR: "bad",
    TunnelStatus.DISABLED: "idle",
}


def command_badge(command: Command) -> SafeString:
    if command.error_code == UNCONFIRMED:
        return badge("idle", "Not confirmed")
    return badge(COMMANDS[CommandStatus(command.status)], CommandStatus(command.status).label)


def leg_look(tunnel: Tunnel, leg: TunnelLeg) -> tuple[str, str]:
    """Tone and word. What a node of a disabled tunnel was told is that it is gone; its answer ends the letter."""
    if tunnel.status == TunnelStatus.DISABLED:
        return ("warn", "Not confirmed") if leg.command_id else ("idle", "Taken away")
    return LEGS[LegStatus(leg.status)], LegStatus(leg.status).label


def has_failed(tunnel: Tunnel) -> bool:
    """A tunnel whose node refused it stays pending, and is tried again: to a person it has failed."""
    refused = any(leg.status == LegStatus.FAILED for leg in tunnel.legs.all())
    return tunnel.status == TunnelStatus.ERROR or (tunnel.status == TunnelStatus.PENDING and refused)


def tunnel_look(tunnel: Tunnel) -> tuple[str, str]:
    """Tone and word."""
    if has_failed(tunnel):
        return "bad", "Failed"
    return TUNNELS[TunnelStatus(tunnel.status)], TunnelStatus(tunnel.status).label


def tunnel_badge(tunnel: Tunnel) -> SafeString:
    return badge(*tunnel_look(tunnel))
