"""What a run came to, as it is stored and as it is told: results that fit, kinds of error, the pause before a retry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

LARGEST_INPUT = 10 * 2**20
LARGEST_RESULT = 2**20
LONGEST_ERROR = 4000
NUL = b"\\u0000"
# Seconds: doubled with each failure, and spread by a fifth so that what failed together does not return together.
FIRST_PAUSE, LONGEST_PAUSE, SPREAD = 5.0, 3600.0, 0.2
ERROR_TYPES = (
    ("timeout", "TimeoutError"),
    ("timed out", "TimeoutError"),
    ("connection", "ConnectionError"),
    ("not found", "NotFoundError"),
    ("permission", "PermissionError"),
    ("validation", "ValidationError"),
)
UNKNOWN = "UnknownError"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a holder says of its run. The robot is the connection's, never the message's."""

    execution_id: UUID
    robot_key: str
    success: bool
    result: Any = None
    error: str = ""
    error_type: str = ""
    # Who says none is judged by the robot alone.
    fence: int | None = None
    retryable: bool = True


def error_type_of(message: str) -> str:
    """The leading word when it names an error, else what its words hint at."""
    first = message.split(":", 1)[0].strip().rpartition(".")[2]
    if first.isidentifier() and first.endswith(("Error", "Exception")):
        return first[:100]
    lowered = message.lower()
    return next((kind for hint, kind in ERROR_TYPES if hint in lowered), UNKNOWN) if message else ""


def clean(text: str, most: int) -> str:
    """What PostgreSQL stores: neither NUL nor half a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:most]


def as_json(value: Any, most: int) -> str | None:
    """Text for a JSON column. What is too large is kept by its head, because a run's end must never be lost for it."""
    if value is None:
        return None
    text = _dumped(value)
    if len(text) > most:
        text = _dumped({"truncated": True, "size": len(text), "head": text[: most // 2].decode(errors="replace")})
    return text.decode()


def _dumped(value: Any) -> bytes:
    try:
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError, RecursionError):
        text = orjson.dumps(_plain(value))
    # PostgreSQL stores no NUL.
    return orjson.dumps(_without_nul(orjson.loads(text))) if NUL in text else text


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, Mapping):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    return [_without_nul(item) for item in value] if isinstance(value, list) else value


def _plain(value: Any) -> str:
    """What JSON cannot hold, such as half a surrogate pair or an integer without end, is kept as its description."""
    return repr(value)[:LARGEST_RESULT].encode("utf-8", "replace").decode()
