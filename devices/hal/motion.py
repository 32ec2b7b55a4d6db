"""Which commands make a robot move, and what its own telemetry shows of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rdos.kernel.errors import InvalidInput

# Metres and radians per second: what a message may ask for at all.
FASTEST, FASTEST_TURN = 10, 6.28
COMMAND, STOP = "move", "stop"
# By the words of a person's command, and by those of the payload itself.
COMMAND_KEYS = ("linear", "angular")
PAYLOAD_KEYS = ("linear_meters_per_sec", "angular_rad_per_sec")
LATCHED = "emergency_stop"
# Kinds that move even when they do not say so.
WHEELED = ("esp32",)
# Wheels are never exact: so much beside what was asked is still what was asked.
CLOSE, CLOSE_SHARE = 0.02, 0.05


@dataclass(frozen=True, slots=True)
class Speeds:
    linear: float
    angular: float

    def within(self, limits: "Speeds") -> "Speeds":
        return Speeds(_clamped(self.linear, limits.linear), _clamped(self.angular, limits.angular))

    def is_near(self, other: "Speeds") -> bool:
        return _near(self.linear, other.linear) and _near(self.angular, other.angular)


STANDSTILL = Speeds(0.0, 0.0)
# What the firmware clamps to, unless its robot's parameters say otherwise.
FIRMWARE_LIMITS = Speeds(1.0, 2.0)


class Evidence(StrEnum):
    SEEN = "seen"
    CLAMPED = "clamped"
    REFUSED = "refused"
    NOT_YET = "not_yet"


def wanted(action: Mapping[str, Any]) -> Speeds | None:
    """The speeds that a command asks for; None when it is not about moving."""
    if action.get("type") == STOP:
        return STANDSTILL
    if "type" not in action and all(key in action for key in PAYLOAD_KEYS):
        return _speeds(action, PAYLOAD_KEYS)
    if action.get("type") != COMMAND:
        return None
    given = action.get("data", action)
    if not isinstance(given, Mapping):
        raise InvalidInput(errors={"data": ["This must be an object."]}, misshapen=True)
    return _speeds(given, COMMAND_KEYS)


def speeds_of(action: Mapping[str, Any]) -> Speeds | None:
    """The same of what only looks like it, too: then the device decides, and the hub moves nothing."""
    try:
        return wanted(action)
    except InvalidInput:
        return None


def word_of(speeds: Speeds) -> str:
    return STOP if speeds == STANDSTILL else COMMAND


def _speeds(given: Mapping[str, Any], keys: tuple[str, str]) -> Speeds:
    linear, angular = keys
    return Speeds(_speed(given, linear, FASTEST), _speed(given, angular, FASTEST_TURN))


def _speed(given: Mapping[str, Any], key: str, most: float) -> float:
    value = given.get(key)
    if type(value) is not int and type(value) is not float:
        raise InvalidInput(f"{key}: This must be a number.", errors={key: ["This must be a number."]}, misshapen=True)
    # NaN is no smaller than anything.
    if not -most <= value <= most:
        sentence = f"This must be between {-most:g} and {most:g}."
        raise InvalidInput(f"{key}: {sentence}", errors={key: [sentence]})
    return float(value)


def shows(payload: Mapping[str, Any], speeds: Speeds, limits: Speeds = FIRMWARE_LIMITS) -> Evidence:
    """What motor telemetry proves of a command. A robot that stands has stopped, whatever else it says."""
    actual = _said(payload, "actual")
    if actual is None:
        return Evidence.NOT_YET
    if payload.get("status") == LATCHED and speeds != STANDSTILL:
        return Evidence.REFUSED
    for expected, evidence in ((speeds, Evidence.SEEN), (speeds.within(limits), Evidence.CLAMPED)):
        if actual.is_near(expected) and _obeys(payload, expected):
            return evidence
    return Evidence.NOT_YET


def has_wheels(kind: str, capabilities: Iterable[Any]) -> bool:
    """The firmware's own kind, or whoever says that it has a motor: `motor`, `motor.differential:v1.0`."""
    words = (word.partition(":")[0] for word in capabilities if isinstance(word, str))
    return kind in WHEELED or any(word == "motor" or word.startswith("motor.") for word in words)


def is_latched(payload: Mapping[str, Any]) -> bool:
    return payload.get("status") == LATCHED


def _obeys(payload: Mapping[str, Any], expected: Speeds) -> bool:
    """Rolling past a speed on the way to another is no obedience. A latched robot keeps its last command and stands."""
    commanded = None if is_latched(payload) else _said(payload, "commanded")
    return commanded is None or commanded.is_near(expected)


def _said(payload: Mapping[str, Any], which: str) -> Speeds | None:
    found = [payload.get(f"{which}_{key}") for key in PAYLOAD_KEYS]
    if not all(type(value) is int or type(value) is float for value in found):
        return None
    return Speeds(*map(float, found))  # type: ignore[arg-type] # numbers, as was just looked at


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= max(CLOSE, CLOSE_SHARE * abs(other))


def _clamped(value: float, most: float) -> float:
    return max(-most, min(value, most))
