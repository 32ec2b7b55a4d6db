"""What became of a node of the bus, told to everybody: on the bus, and to the sockets of every process."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from devices.choices import DeviceStatus
from devices.models import Node
from devices.services.bus_devices import device_of
from rdos.kernel import bus
from rdos.kernel.api.rendering import dumps
from rdos.kernel.bells import ring

SUBJECT = "hub.events.devices"
FOUND, CHANGED, TAKEN = "device.discovered", "device.updated", "device.claimed"


def tell_on_commit(word: str, node: Node) -> None:
    """As the node is now. Nobody waits for it, and nobody hears of it when the bus is away: the row is the truth."""
    event = {
        "type": word,
        "device_id": node.key,
        "timestamp": timezone.now(),
        "data": device_of(node, status=DeviceStatus.CLAIMED if word == TAKEN else None),
    }
    transaction.on_commit(partial(_tell, dumps(event)), robust=True)


def _tell(event: bytes) -> None:
    bus.publish_soon(SUBJECT, event)
    ring(SUBJECT, event.decode())
