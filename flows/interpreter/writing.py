"""Values written out, never longer than a text may be."""

import json
from collections.abc import Iterable
from typing import Any

from .bounds import Bounds, fitting_text_length


def written(value: Any, bounds: Bounds) -> str:
    """A text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json_of(value, bounds)


def json_of(value: Any, bounds: Bounds, *, indent: int | None = None, sort_keys: bool = False) -> str:
    encoder = json.JSONEncoder(ensure_ascii=False, indent=indent, sort_keys=sort_keys)
    return joined(encoder.iterencode(value), bounds)


def joined(pieces: Iterable[str], bounds: Bounds, separator: str = "") -> str:
    """It stops at the limit, before there is too much to hold."""
    taken: list[str] = []
    length = 0
    for piece in pieces:
        length = fitting_text_length(length + len(piece) + (len(separator) if taken else 0), bounds)
        taken.append(piece)
    return separator.join(taken)
