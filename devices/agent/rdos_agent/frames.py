"""The envelope that every frame travels in, both ways."""

import json
from datetime import UTC, datetime
from typing import Any

Frame = dict[str, Any]


def frame(kind: str, payload: Any = None) -> Frame:
    return {"type": kind, "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"), "payload": payload}


def encoded(message: Frame) -> str:
    return json.dumps(message, allow_nan=False)


def decoded(raw: str | bytes) -> Frame | None:
    """None for what is no frame."""
    try:
        found = json.loads(raw, parse_constant=_refuse) if isinstance(raw, str) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("type"), str) else None


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")
