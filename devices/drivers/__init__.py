"""What kinds of node there are: what each can be told, and how its reports are read. Pure, and open to more kinds."""

from devices.drivers.arguments import check_arguments
from devices.drivers.endpoints import flows_of
from devices.drivers.errors import UnknownDeviceType, UnusableDriver
from devices.drivers.registry import all_drivers, configure, get, known
from devices.drivers.shapes import CommandSpec, Driver, Health

__all__ = [
    "CommandSpec",
    "Driver",
    "Health",
    "UnknownDeviceType",
    "UnusableDriver",
    "all_drivers",
    "check_arguments",
    "configure",
    "flows_of",
    "get",
    "known",
]
