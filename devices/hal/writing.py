"""What the hub says to devices: all seven keys, and never anything that a strict reader would refuse."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from devices.hal import catalogue
from devices.hal.motion import STANDSTILL, Speeds
from rdos.kernel.errors import InvalidInput

ORGANISATION = "tafylabs"
DRIVE = "motor/differential"
DRIVE_CAPS = ("motor.differential:v1.0",)
# The firmware obeys it, and the schema forbids it: only a stop is ever said to all.
EVERYONE = "*"


def drive(device_id: str, speeds: Speeds, at: datetime) -> bytes:
    payload = {"linear_meters_per_sec": speeds.linear, "angular_rad_per_sec": speeds.angular}
    return message(kind=DRIVE, device_id=device_id, caps=DRIVE_CAPS, payload=payload, at=at)


def stop(device_id: str, at: datetime) -> bytes:
    return drive(device_id, STANDSTILL, at)


def stop_everyone(at: datetime) -> bytes:
    """The one deliberate breach of the schema."""
    return orjson.dumps({**orjson.loads(stop("everyone", at)), "device_id": EVERYONE})


def message(*, kind: str, device_id: str, caps: Sequence[str], payload: Mapping[str, Any], at: datetime) -> bytes:
    said = {
        "hal_major": 1,
        "hal_minor": 0,
        "schema": f"{ORGANISATION}/hal/{kind}/1.0",
        "device_id": device_id,
        "caps": list(caps),
        "ts": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "payload": dict(payload),
    }
    wrong = catalogue.deviations(said)
    if wrong:
        raise InvalidInput(f"No device would take this message: {'; '.join(wrong)}.")
    return orjson.dumps(said)
