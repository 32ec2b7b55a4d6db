"""What devices really send: times as numbers, no `caps`, names with three parts, keys of their own. All of it is read.

Refused by name is only what no reader can use.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from devices import protocol
from devices.errors import MalformedFrame
from devices.hal.catalogue import kind_of

# The firmware sends at most 1 KiB; a computer with many cameras announces more.
MOST_BYTES = 64 * 1024
MOST_CAPS, LONGEST_CAP, LONGEST_SCHEMA = 64, 128, 128
# What can be a part of a subject.
DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class HalMessage:
    schema: str
    device_id: str
    payload: Mapping[str, Any]
    # None when it gives no time of the day: an ESP32 counts milliseconds since it started.
    said_at: datetime | None = None
    caps: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return kind_of(self.schema)


def an_object(data: bytes) -> dict[str, Any]:
    """The JSON object of any message on the bus, HAL or not."""
    if len(data) > MOST_BYTES:
        raise _refused(f"It is larger than {MOST_BYTES} bytes.", "too_large")
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _refused("It is not JSON.", "not_json") from error
    if not isinstance(found, dict):
        raise _refused("It is not a JSON object.", "not_an_object")
    return dict(protocol.shallow(found, "message"))


def message(data: bytes) -> HalMessage:
    return from_object(an_object(data))


def from_object(given: Mapping[str, Any]) -> HalMessage:
    device_id, payload = given.get("device_id"), given.get("payload")
    if not isinstance(device_id, str) or not DEVICE_ID.fullmatch(device_id):
        raise _refused("Its device_id is missing or cannot be a part of a subject.", "bad_device_id")
    if not isinstance(payload, Mapping):
        raise _refused("Its payload is not an object.", "no_payload")
    schema = protocol.text(given.get("schema"), LONGEST_SCHEMA)
    return HalMessage(schema, device_id, payload, _moment(given.get("ts")), _caps(given.get("caps")))


def _moment(given: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _caps(given: Any) -> tuple[str, ...]:
    said = given if isinstance(given, list) else []
    return tuple(cap for cap in said if isinstance(cap, str) and 0 < len(cap) <= LONGEST_CAP)[:MOST_CAPS]


def _refused(sentence: str, kind: str) -> MalformedFrame:
    return MalformedFrame(f"The message is not valid. {sentence}", kinds={"message": kind})
