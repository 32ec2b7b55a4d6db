"""The words of devices: states with their arrows, kinds and policies."""

from django.db.models import TextChoices

from rdos.kernel.lifecycle import Lifecycle


class NodeStatus(TextChoices):
    DISCOVERED = "discovered", "Discovered"
    PENDING = "pending", "Pending"
    ONLINE = "online", "Online"
    DEGRADED = "degraded", "Degraded"
    OFFLINE = "offline", "Offline"
    ERROR = "error", "Error"


# A node in one of these is there and can be told something.
CONNECTED = (NodeStatus.ONLINE, NodeStatus.DEGRADED, NodeStatus.ERROR)


class DeviceStatus(TextChoices):
    """Of a node of the bus, in the words of Tafy's clients."""

    DISCOVERED = "discovered", "Discovered"
    CLAIMED = "claimed", "Claimed"
    ONLINE = "online", "Online"
    OFFLINE = "offline", "Offline"
    ERROR = "error", "Error"


class CommandStatus(TextChoices):
    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    ACKED = "acked", "Done"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


OPEN_COMMANDS = (CommandStatus.QUEUED, CommandStatus.SENT)
# The error code of what expired after it was published to a node of the bus. Most cannot answer: that is no failure.
UNCONFIRMED = "unconfirmed"
SETTLED_COMMANDS = (CommandStatus.ACKED, CommandStatus.REJECTED, CommandStatus.EXPIRED, CommandStatus.CANCELLED)

COMMAND_LIFE = Lifecycle(
    arrows={
        CommandStatus.QUEUED: (CommandStatus.SENT, CommandStatus.EXPIRED, CommandStatus.CANCELLED),
        # A command that was sent is sent again, not queued again: its node may have carried it out. Only what the bus
        # did not confirm, and what does no harm twice, waits for the bus anew.
        CommandStatus.SENT: (*SETTLED_COMMANDS, CommandStatus.QUEUED),
    },
    terminal=SETTLED_COMMANDS,
)


class GroupKind(TextChoices):
    STATIC = "static", "Named nodes"
    QUERY = "query", "Whatever fits a query"


class TwinPolicy(TextChoices):
    REPORT = "report", "Report drift"
    HEAL = "heal", "Send the desired configuration again"
    ADOPT = "adopt", "Take over what the node reports"


class Side(TextChoices):
    """Of a configuration."""

    DESIRED = "desired", "Desired"
    REPORTED = "reported", "Reported"


class Protocol(TextChoices):
    TCP = "tcp", "TCP"
    UDP = "udp", "UDP"


class TunnelMode(TextChoices):
    RELAY = "relay", "By a relay"
    DIRECT = "direct", "Direct"


class TunnelStatus(TextChoices):
    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    ERROR = "error", "Error"
    DISABLED = "disabled", "Disabled"


class LegSide(TextChoices):
    """Which end of a tunnel, in the order they are told."""

    RELAY = "relay", "Relay"
    INGRESS = "ingress", "Ingress"
    EGRESS = "egress", "Egress"


class LegStatus(TextChoices):
    PENDING = "pending", "Pending"
    PUSHED = "pushed", "Pushed"
    FAILED = "failed", "Failed"


class NodeRedDrift(TextChoices):
    """How a flow on a Node-RED differs from what was pushed there."""

    MISSING = "missing", "Not there any more"
    DIFFERENT = "different", "Changed there"


class View(TextChoices):
    """Of the topology page."""

    GRAPH = "graph", "Graph"
    FLOW = "flow", "Flow"


class DriveEnd(TextChoices):
    """Why nobody drives any more, as its driver reads it."""

    RELEASED = "released", "You let go."
    SILENT = "silent", "Nothing was heard from you for too long."
    LOST = "lost", "The connection broke."
    HALTED = "halted", "Somebody pressed stop."
    TAKEN_OVER = "taken_over", "Somebody else took over."
    NO_LONGER = "no_longer", "You are signed out, or may no longer drive this robot."
    LATCHED = "latched", "The robot stands in emergency stop."
    BUS_AWAY = "bus_away", "The hub cannot reach the bus."
    UNCHECKED = "unchecked", "The hub could not check whether you may go on."
    STOPPING = "stopping", "The hub stops."
    ABANDONED = "abandoned", "The part of the hub that carried this session went away."


PREFERENCE_KEYS = ("flow_table_order", "tunnel_table_order", "node_views")
