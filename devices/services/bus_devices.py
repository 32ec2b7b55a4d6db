"""A node of the bus in the words of Tafy's clients: the same at the API, on the bus and on their socket."""

from typing import Any

from django.db.models import QuerySet

from devices.choices import DeviceStatus, NodeStatus
from devices.models import Node

WORDS = {
    NodeStatus.DISCOVERED: DeviceStatus.DISCOVERED,
    NodeStatus.PENDING: DeviceStatus.CLAIMED,
    NodeStatus.ONLINE: DeviceStatus.ONLINE,
    NodeStatus.DEGRADED: DeviceStatus.ONLINE,
    NodeStatus.OFFLINE: DeviceStatus.OFFLINE,
    NodeStatus.ERROR: DeviceStatus.ERROR,
}
STATUSES = {
    DeviceStatus.DISCOVERED: NodeStatus.DISCOVERED,
    DeviceStatus.CLAIMED: NodeStatus.PENDING,
    DeviceStatus.ONLINE: NodeStatus.ONLINE,
    DeviceStatus.OFFLINE: NodeStatus.OFFLINE,
    DeviceStatus.ERROR: NodeStatus.ERROR,
}


def device_of(node: Node, *, status: DeviceStatus | None = None) -> dict[str, Any]:
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
        # The one is this process's time and the other the database's: nothing changes before it is there.
        "updated_at": max(node.updated_at, node.created_at),
    }


def in_status(rows: QuerySet[Node], word: str) -> QuerySet[Node]:
    return rows.filter(status__in=[status for status, said in WORDS.items() if said == word])
