"""The hub's own reference agent, on any computer with Python."""

from devices.drivers.figures import named, no_items
from devices.drivers.health import plain_health
from devices.drivers.machine import FLOWS, GET_CONFIG, METRICS, PING, RESTART, RUN, TEMPERATURE, UPDATE_CONFIG
from devices.drivers.shapes import Driver

DRIVER = Driver(
    device_type="agent",
    display_name="Reference Agent",
    commands=(PING, GET_CONFIG, UPDATE_CONFIG, RUN, RESTART, *FLOWS),
    metrics=named(*METRICS, if_there=(TEMPERATURE,)),
    items=no_items,
    health=plain_health,
    icon="terminal",
)
