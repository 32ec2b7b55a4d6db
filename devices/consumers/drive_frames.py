"""What a driver says on /ws/drive/{key}, read strictly: whatever is not understood moves no wheel."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from devices.errors import MalformedFrame
from devices.hal.motion import FASTEST, FASTEST_TURN, FIRMWARE_LIMITS, Speeds

START, TAKE_OVER, DRIVE, RELEASE = "start", "take_over", "drive", "release"
LARGEST_SEQ = 2**53


@dataclass(frozen=True, slots=True)
class Beginning:
    limits: Speeds
    take_over: bool


@dataclass(frozen=True, slots=True)
class Wish:
    speeds: Speeds
    seq: int


def read(text: str | None) -> dict[str, Any]:
    if text is None:
        raise _wrong("The frame is binary.")
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _wrong("The frame is not JSON.") from error
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise _wrong("The frame is not an object with a type.")
    return frame


def beginning(frame: Mapping[str, Any]) -> Beginning:
    """Slow, unless they say how fast."""
    if frame["type"] not in (START, TAKE_OVER):
        raise _wrong(f"Say {START} first.")
    linear = _number(frame, "linear_limit", FIRMWARE_LIMITS.linear)
    angular = _number(frame, "angular_limit", FIRMWARE_LIMITS.angular)
    if not (0 <= linear <= FASTEST and 0 <= angular <= FASTEST_TURN):
        raise _wrong(f"The limits go from 0 to {FASTEST} m/s and to {FASTEST_TURN} rad/s.")
    return Beginning(Speeds(linear, angular), frame["type"] == TAKE_OVER)


def wish(frame: Mapping[str, Any], limits: Speeds) -> Wish:
    seq = frame.get("seq", 0)
    if type(seq) is not int or not 0 <= seq <= LARGEST_SEQ:
        raise _wrong("seq is not a count.")
    return Wish(Speeds(_number(frame, "linear"), _number(frame, "angular")).within(limits), seq)


def _number(frame: Mapping[str, Any], key: str, default: float | None = None) -> float:
    value = frame.get(key, default)
    if (type(value) is not int and type(value) is not float) or not isfinite(value):
        raise _wrong(f"{key} is not a number.")
    return float(value)


def _wrong(sentence: str) -> MalformedFrame:
    return MalformedFrame(sentence, kinds={"frame": "malformed"})
