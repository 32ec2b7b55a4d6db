"""The drivers this process knows: built in, then configured, then plugged in."""

from collections.abc import Iterator

from devices.drivers import agent, configuration, edge, esp32, gateway, generic, plugins, relay, robot
from devices.drivers.errors import UnknownDeviceType, UnusableDriver
from devices.drivers.shapes import Driver
from devices.drivers.soundness import admit

BUILT_IN = (
    edge.DRIVER,
    relay.DRIVER,
    gateway.DRIVER,
    robot.DRIVER,
    agent.DRIVER,
    esp32.DRIVER,
    generic.DRIVER,
)

_known: dict[str, Driver] = {driver.device_type: driver for driver in BUILT_IN}


def configure(path: str = "") -> None:
    """Once at the start. All or nothing: a driver that is refused leaves the former ones in place."""
    global _known
    gathered = {driver.device_type: driver for driver in BUILT_IN}
    for source, driver in _from_outside(path):
        admit(driver, source=source)
        if driver.device_type in gathered:
            raise UnusableDriver(f"{source}, driver {driver.device_type}: device_type: This type is there already.")
        gathered[driver.device_type] = driver
    _known = gathered


def _from_outside(path: str) -> Iterator[tuple[str, Driver]]:
    if path:
        yield from ((path, driver) for driver in configuration.read(path))
    yield from plugins.load()


def get(device_type: str) -> Driver:
    if not known(device_type):
        raise UnknownDeviceType(errors={"device_type": [f"This must be one of: {', '.join(_known)}."]})
    return _known[device_type]


def known(device_type: str) -> bool:
    return device_type in _known


def all_drivers() -> list[Driver]:
    return list(_known.values())
