"""The frames of /ws/node: read leniently where real clients differ, refused by name where they make no sense."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from devices.errors import MalformedFrame

LONGEST_TYPE = 64
# Deeper than any real configuration, and shallow enough for everything that reads it later.
DEEPEST = 60
MOST_LINES = 1000
LONGEST_CATEGORY, LONGEST_MESSAGE, LONGEST_VERSION = 256, 10_000, 256
LONGEST_ERROR = 2000


@dataclass(frozen=True, slots=True)
class Frame:
    type: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the first frame shows. A token, when there is one, wins over an id."""

    token: str = field(repr=False)
    node_id: str
    secret: str = field(repr=False)
    software_version: str
    protocol_version: int | None
    device_type: str


@dataclass(frozen=True, slots=True)
class Ack:
    command_id: UUID
    success: bool
    error: str
    error_code: str
    data: Any
    details: Any


def read(raw: str | bytes) -> Frame:
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedFrame("The frame is not JSON.", kinds={"frame": "not_json"}) from error
    if not isinstance(message, dict):
        raise MalformedFrame("The frame is not a JSON object.", kinds={"frame": "not_an_object"})
    name = message.get("type")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_TYPE:
        raise MalformedFrame("The frame has no type.", kinds={"frame": "no_type"})
    return Frame(name, message.get("payload"))


def envelope(name: str, at: datetime, payload: Any = None, **top: Any) -> str:
    message = {"type": name, "timestamp": at, "payload": payload, **top}
    return orjson.dumps(message, option=orjson.OPT_UTC_Z).decode()


def credentials(payload: Any) -> Credentials:
    given = payload if isinstance(payload, Mapping) else {}
    return Credentials(
        token=text(given.get("registration_token"), 128),
        node_id=text(given.get("node_id"), 64),
        secret=text(given.get("node_secret"), 256),
        software_version=text(given.get("software_version"), LONGEST_VERSION),
        protocol_version=_small_integer(given.get("protocol_version")),
        device_type=text(given.get("device_type"), 32),
    )


def ack(payload: Any) -> Ack:
    given = mapping(payload, "command_ack")
    try:
        command_id = UUID(given["command_id"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _wrong("command_ack", "It names no command_id.") from error
    if not isinstance(given.get("success"), bool):
        raise _wrong("command_ack", "success is neither true nor false.")
    refused = given.get("error")
    return Ack(
        command_id=command_id,
        success=given["success"],
        error=text(refused if isinstance(refused, str) else _written(refused), LONGEST_ERROR),
        error_code=text(given.get("error_code"), 100),
        data=shallow(given.get("data"), "command_ack"),
        details=shallow(given.get("details"), "command_ack"),
    )


def _written(refused: Any) -> str:
    return "" if refused is None else orjson.dumps(shallow(refused, "command_ack")).decode()


def event(payload: Any) -> dict[str, Any]:
    """The fields of an event, cut to what is kept of them."""
    given = mapping(payload, "event")
    message = given.get("message")
    if not isinstance(message, str) or not message.strip():
        raise _wrong("event", "It has no message.")
    return {
        "severity": text(given.get("severity"), 16).lower(),
        "category": text(given.get("category"), LONGEST_CATEGORY) or "unknown",
        "message": text(message, LONGEST_MESSAGE),
        "details": shallow(_event_details(given), "event"),
        "flow_id": text(given.get("flow_id"), 256),
    }


def log_lines(payload: Any) -> list[tuple[str, str, str]]:
    """(level, message, source) of one line, or of `lines`, a list of them."""
    given = mapping(payload, "log")
    lines = given.get("lines", [given])
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines):
        raise _wrong("log", "lines is not a list of objects.")
    return [_log_line(line) for line in lines[:MOST_LINES]]


def _log_line(line: Mapping[str, Any]) -> tuple[str, str, str]:
    level = text(line.get("level"), 16).lower() or "info"
    return level, text(line.get("message"), LONGEST_MESSAGE), text(line.get("source"), 128)


def as_uuid(text: str) -> UUID | None:
    """However it is spelled: with or without dashes, in braces, in capitals."""
    try:
        return UUID(text)
    except ValueError:
        return None


def mapping(payload: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(payload, Mapping):
        raise _wrong(name, "Its payload is not an object.")
    return payload


def shallow(value: Any, name: str) -> Any:
    """The value itself, unless it is nested so deeply that whoever reads it later would stumble."""
    level = [value]
    for _ in range(DEEPEST):
        level = [item for one in level for item in _inside(one)]
        if not level:
            return value
    raise _wrong(name, f"It is nested deeper than {DEEPEST} levels.", kind="too_deep")


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return [item for item in value.values() if isinstance(item, dict | list)]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict | list)]
    return ()


def _event_details(given: Mapping[str, Any]) -> Any:
    """Newer edges name the input or output beside the details."""
    beside = {name: given[name] for name in ("input_id", "output_id") if isinstance(given.get(name), str)}
    details = given.get("details")
    if isinstance(details, Mapping):
        return {**details, **beside}
    if not beside:
        return details
    return beside if details is None else {**beside, "details": details}


def _wrong(name: str, sentence: str, kind: str = "bad_payload") -> MalformedFrame:
    return MalformedFrame(f"{name}: {sentence}", kinds={name: kind})


def text(value: Any, longest: int) -> str:
    """Cut to what is kept of it, and without the one character that PostgreSQL does not store."""
    return value[:longest].replace("\x00", "\ufffd") if isinstance(value, str) else ""


def _small_integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**31 - 1 else None
