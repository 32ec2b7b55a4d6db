"""Whatever else dials in: nothing is known of it, so everything is passed on."""

from devices.drivers.figures import every_number, no_items
from devices.drivers.health import plain_health
from devices.drivers.shapes import Driver

DRIVER = Driver(
    device_type="generic",
    display_name="Other",
    commands=(),
    metrics=every_number,
    items=no_items,
    health=plain_health,
)
