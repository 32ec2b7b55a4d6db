"""Whether a value is JSON that the database gives back as it was, neither too large nor too deep."""

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from flows.definition.findings import Finding, path
from rdos.kernel.errors import TooLarge

MEBIBYTE = 1024 * 1024
LARGEST = 10 * MEBIBYTE
# Deeper than any real flow, and shallow enough for everything that reads it later.
DEEPEST = 60
UNSOUND = re.compile("[\x00\ud800-\udfff]")
LOWEST, HIGHEST = -(2**63), 2**64 - 1


def refuse_large(content: Any, largest: int) -> None:
    """Measured as compact JSON, or as text when it is one."""
    written = content.encode(errors="replace") if isinstance(content, str) else _written(content)
    if written is not None and len(written) > largest:
        size = f"{largest // MEBIBYTE} MB" if largest >= MEBIBYTE else f"{largest // 1024} KiB"
        raise TooLarge(f"The definition is larger than {size}.")


def faults(content: Any) -> Iterator[Finding]:
    if isinstance(content, str):
        yield from _leaf_faults((), content)
    elif isinstance(content, dict | list) and (not _kept(content) or _is_deep(content)):
        yield from _found(content)


def _written(content: Any) -> bytes | None:
    try:
        return orjson.dumps(content)
    except TypeError:
        return None


def _kept(content: Any) -> bool:
    """Quick, for the many that are sound. An infinite number is written as null, and so does not come back."""
    written = _written(content)
    return written is not None and b"\\u0000" not in written and bool(orjson.loads(written) == content)


def _is_deep(content: Any) -> bool:
    layer = [content]
    for _ in range(DEEPEST):
        layer = [item for holder in layer for _, item in parts(holder) if isinstance(item, dict | list) and item]
    return bool(layer)


def _found(content: Any) -> Iterator[Finding]:
    """Depth first: something that holds itself is given up at the bottom, before it has unfolded."""
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), content)]
    while waiting:
        place, holder = waiting.pop()
        if len(place) >= DEEPEST:
            yield Finding(path(*place), "TOO_DEEP", f"At most {DEEPEST} levels.")
            continue
        for part, item in parts(holder):
            yield from _key_faults(place, part, holder)
            yield from _leaf_faults((*place, part), item)
        inner = [((*place, part), item) for part, item in parts(holder) if isinstance(item, dict | list) and item]
        waiting.extend(reversed(inner))


def parts(holder: Any) -> Iterable[tuple[Any, Any]]:
    """What lies in it, by key or index."""
    return holder.items() if isinstance(holder, dict) else enumerate(holder)


def _key_faults(place: tuple[Any, ...], key: Any, holder: Any) -> Iterator[Finding]:
    if isinstance(holder, dict) and (not isinstance(key, str) or UNSOUND.search(key)):
        yield Finding(path(*place, key), "INVALID_VALUE", "A key is a text without NUL and half characters.")


def _leaf_faults(place: tuple[Any, ...], value: Any) -> Iterator[Finding]:
    text = _wrong(value)
    if text:
        yield Finding(path(*place) or "definition", "INVALID_VALUE", text)


def _wrong(value: Any) -> str:
    if isinstance(value, str):
        return "A text holds no NUL and no half characters." if UNSOUND.search(value) else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "A number is finite."
    if isinstance(value, int):
        return "" if LOWEST <= value <= HIGHEST else "A whole number fits into 64 bits."
    return "" if value is None or isinstance(value, dict | list) else "JSON has no such value."
