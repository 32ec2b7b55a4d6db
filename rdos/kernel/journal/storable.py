"""Makes any value storable as JSON in every database, without ever failing the change that it describes."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum

LARGEST_INTEGER = 2**63 - 1
LARGEST_FLOAT = 1e15
LONGEST_TEXT = 10_000
DEEPEST = 12


def storable(value: object, depth: int = 0) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {text(str(key)): storable(item, depth + 1) for key, item in value.items()} if depth < DEEPEST else "…"
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [storable(item, depth + 1) for item in items] if depth < DEEPEST else "…"
    return _scalar(value.value if isinstance(value, Enum) else value)


def text(value: str, longest: int = LONGEST_TEXT) -> str:
    """PostgreSQL stores neither NUL nor half a surrogate pair."""
    clean = value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def instant(value: datetime) -> str:
    """One spelling per instant, whichever zone or precision the database gives it back in."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _scalar(value: object) -> object:
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return instant(value)
    return text(str(value))


def _number(value: int | float) -> object:
    # A giant or infinite number is kept as its text: JSON columns round it, or refuse it.
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_INTEGER else text(hex(value))
    return value if math.isfinite(value) and abs(value) < LARGEST_FLOAT else repr(value)
