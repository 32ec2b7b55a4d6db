"""A node of the bus in the words of Tafy's clients: the same at the API, on the bus and on their socket."""

from typing import Any

from django.db.models import QuerySet

from devices.choices import NodeStatus
from devices.models import Node

DISCOVERED, CLAIMED, ONLINE, OFFLINE, ERROR = "discovered", "claimed", "online", "offline", "error"
WORDS = {
    NodeStatus.DISCOVERED: DISCOVERED,
    NodeStatus.PENDING: CLAIMED,
    NodeStatus.ONLINE: ONLINE,
    NodeStatus.DEGRADED: ONLINE,
    NodeStatus.OFFLINE: OFFLINE,
    NodeStatus.ERROR: ERROR,
}
STATUSES = {
    DISCOVERED: NodeStatus.DISCOVERED,
    CLAIMED: NodeStatus.PENDING,
    ONLINE: NodeStatus.ONLINE,
    OFFLINE: NodeStatus.OFFLINE,
    ERROR: NodeStatus.ERROR,
}


def device_of(node: Node, *, status: str = "") -> dict[str, Any]:
    """With another status where the moment says more than the row."""
    return {
        "id": node.key,
        "name": node.name,
        "type": node.bus.kind,
        "capabilities": node.bus.capabilities,
        "device_metadata": node.metadata or {},
        "ip_address": node.address or None,
        "mac_address": node.bus.mac_address,
        "status": status or WORDS[NodeStatus(node.status)],
        "claimed": node.claimed,
        "last_seen": node.last_seen_at,
        "created_at": node.created_at,
        "updated_at": node.updated_at,
    }


def in_status(rows: QuerySet[Node], word: str) -> QuerySet[Node]:
    return rows.filter(status__in=[status for status, said in WORDS.items() if said == word])
