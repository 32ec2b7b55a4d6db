"""Gateways built with the vendor's kit: they speak for other equipment, in words of their own."""

from devices.drivers.figures import every_number, no_items, record
from devices.drivers.health import plain_health, printable
from devices.drivers.machine import GET_CONFIG, UPDATE_CONFIG
from devices.drivers.shapes import Driver, Health, Report


def health(report: Report) -> Health:
    """A gateway that is well but cannot reach what it speaks for is of little use."""
    found = plain_health(report)
    target = record(record(report).get("gateway_target"))
    if found.state == "online" and target.get("reachable") is False:
        return Health("degraded", f"Cannot reach {_address(target)}.")
    return found


def _address(target: dict[str, object]) -> str:
    address = target.get("target_address")
    return (printable(address) if isinstance(address, str) else "") or "its target"


DRIVER = Driver(
    device_type="gateway",
    display_name="Gateway",
    commands=(GET_CONFIG, UPDATE_CONFIG),
    metrics=every_number,
    items=no_items,
    health=health,
    icon="router",
)
