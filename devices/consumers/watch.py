"""What a robot says of itself while somebody drives it, straight from the bus: the database is a second behind."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from devices.errors import MalformedFrame
from devices.hal import motion, reading
from rdos.kernel import bus
from rdos.kernel.bus.subjects import OWN
from rdos.kernel.errors import DomainError

MOTOR, RANGE = "hal.v1.motor.telemetry.", "hal.v1.sensor.range.telemetry."
MOST_SENSORS = 8
SHOWN = ("actual_linear_meters_per_sec", "actual_angular_rad_per_sec", "status", "odometry")


class Watch:
    """Made, and ended, in a thread; written by the bus's own thread, in single steps."""

    def __init__(self, key: str, *, has_credential: bool) -> None:
        self._motor: tuple[float, Mapping[str, Any]] | None = None
        self._ranges: dict[str, tuple[float, Mapping[str, Any]]] = {}
        # Of a robot with a credential nothing else is its word.
        where = OWN if has_credential else ""
        heard = {MOTOR: self._hear_motor, RANGE: self._hear_range}
        self._numbers = [bus.subscribe(where + subject + key, hear) for subject, hear in heard.items()]

    def end(self) -> None:
        for number in self._numbers:
            with suppress(DomainError):
                bus.unsubscribe(number)

    def _hear_motor(self, subject: str, data: bytes, reply: str) -> None:
        with suppress(MalformedFrame):
            self._motor = time.monotonic(), reading.message(data).payload

    def _hear_range(self, subject: str, data: bytes, reply: str) -> None:
        with suppress(MalformedFrame):
            payload = reading.message(data).payload
            name = str(payload.get("sensor_id", ""))[:64]
            if name in self._ranges or len(self._ranges) < MOST_SENSORS:
                self._ranges = {**self._ranges, name: (time.monotonic(), payload)}

    @property
    def is_latched(self) -> bool:
        return self._motor is not None and motion.is_latched(self._motor[1])

    def shown(self, now: float) -> dict[str, Any]:
        at, payload = self._motor or (None, {})
        return {
            "telemetry_age_ms": None if at is None else _milliseconds(now - at),
            "motor": {key: payload[key] for key in SHOWN if key in payload},
            "latched": self.is_latched,
            "ranges": [
                {"sensor": name, "meters": said.get("range_meters"), "age_ms": _milliseconds(now - at)}
                for name, (at, said) in self._ranges.items()
            ],
        }


def _milliseconds(seconds: float) -> int:
    return round(1000 * max(0.0, seconds))
