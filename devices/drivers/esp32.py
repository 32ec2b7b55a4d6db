"""Microcontrollers on wheels, reached over the bus."""

from devices.drivers.figures import every_number, no_items
from devices.drivers.health import plain_health
from devices.drivers.machine import GET_CONFIG, PING, RESTART
from devices.drivers.schemas import OBJECT, between, takes
from devices.drivers.shapes import CommandSpec, Driver
from devices.hal.motion import FASTEST, FASTEST_TURN

SPEEDS = takes(linear=between(-FASTEST, FASTEST), angular=between(-FASTEST_TURN, FASTEST_TURN))
# Some clients put the speeds into `data`.
MOVE = {
    "type": "object",
    "properties": {**SPEEDS["properties"], "data": OBJECT},
    "if": {"required": ["data"]},
    "then": {"properties": {"data": SPEEDS}},
    "else": {"required": SPEEDS["required"]},
}

DRIVER = Driver(
    device_type="esp32",
    display_name="ESP32",
    commands=(
        PING,
        GET_CONFIG,
        RESTART,
        CommandSpec("move", "Drive at this speed until told otherwise", arguments=MOVE, waits=False),
        CommandSpec("stop", "Stand still", waits=False),
    ),
    metrics=every_number,
    items=no_items,
    health=plain_health,
    icon="developer_board",
)
