"""Robots: machines that work, or move."""

from devices.drivers.figures import named, no_items
from devices.drivers.health import plain_health
from devices.drivers.machine import FLOWS, GET_CONFIG, METRICS, PING, RESTART, RUN, TEMPERATURE, UPDATE_CONFIG
from devices.drivers.shapes import CommandSpec, Driver

BATTERY = "battery_percent"
# Said to somebody who is not there, it would stop a later and better errand.
STOP = CommandSpec("stop", "Stop what it is doing now", waits=False)

DRIVER = Driver(
    device_type="robot",
    display_name="Robot",
    commands=(PING, GET_CONFIG, UPDATE_CONFIG, RUN, RESTART, STOP, *FLOWS),
    metrics=named(*METRICS, BATTERY, if_there=(TEMPERATURE, BATTERY)),
    items=no_items,
    health=plain_health,
    icon="smart_toy",
)
