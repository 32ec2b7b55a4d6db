"""The numbers in a HAL payload, under names short and steady enough to be a chart's."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from devices.hal.reading import HalMessage

MOST_FIGURES = 32
LONGEST_NAME = 64
# Far enough below the end of a float that nobody's sum overflows at once.
LARGEST = 1e308
DEEPEST = 3
PART = re.compile(r"[A-Za-z0-9_-]{1,64}")
# About the sensor and not about the world: kept with its last message, and nobody charts it.
HOUSEKEEPING = frozenset({"statistics", "calibration"})
# Which of several sensors or cameras it is.
IDS = ("sensor_id", "camera_id")


def figures(message: HalMessage) -> list[tuple[str, float]]:
    """As `motor.actual_linear_meters_per_sec` and `range.tof-front.range_meters`, in their order."""
    found: list[tuple[str, float]] = []
    for name, value in _numbers(message.payload, _beginning(message), DEEPEST):
        found.append((name, value))
        if len(found) == MOST_FIGURES:
            break
    return found


def _beginning(message: HalMessage) -> str:
    domain, _, kind = message.kind.partition("/")
    # There are many kinds of sensor and one way to measure distance is as good as another.
    subject = kind.partition("-")[0] if domain == "sensor" else domain
    which = next((word for key in IDS if _is_part(word := message.payload.get(key))), "")
    return ".".join(filter(None, [subject or "hal", which]))


def _numbers(values: Mapping[Any, Any], beginning: str, deep: int) -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        name = f"{beginning}.{key}"
        if not _is_part(key) or len(name) > LONGEST_NAME or key in HOUSEKEEPING:
            continue
        if isinstance(value, Mapping) and deep > 1:
            yield from _numbers(value, name, deep - 1)
        elif (type(value) is int or type(value) is float) and -LARGEST <= value <= LARGEST:
            yield name, float(value)


def _is_part(word: Any) -> bool:
    return isinstance(word, str) and PART.fullmatch(word) is not None
