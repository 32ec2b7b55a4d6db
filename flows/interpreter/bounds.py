"""How much one run may take, so that no flow hangs its host or eats its memory."""

import math
from dataclasses import dataclass
from typing import Any

from .errors import LimitExceeded, StepError

# What a number counts for: writing each one out would cost more than it tells.
NUMBER = 10
KINDS = {str, int, float, bool, type(None), list, dict}
# Whole numbers of 64 bits are what every JSON reader on the way can hold.
BITS = 63


@dataclass(frozen=True)
class Bounds:
    """Texts in characters, lists and objects in items, `total` and `work` in characters of JSON, about."""

    steps: int = 100_000
    iterations: int = 100_000
    text: int = 1_000_000
    items: int = 100_000
    depth: int = 50
    nesting: int = 100
    # All variables and outputs at one moment, and all that was ever stored in the run.
    total: int = 10_000_000
    work: int = 1_000_000_000
    wait: float = 30 * 86_400


def measure(value: Any, bounds: Bounds) -> int:
    """The size of a value, which is refused if it is no JSON or too much.

    What occurs twice counts twice, however it is held in memory: written out it would fill that much.
    """
    size, open_parts = 0, [iter([[value]])]
    while open_parts:
        part = next(open_parts[-1], None)
        if part is None:
            open_parts.pop()
            continue
        values = _values(part, bounds)
        size += _size(part, values, bounds)
        if size > bounds.total:
            raise LimitExceeded(f"The value is larger than {bounds.total:,} characters of JSON.")
        if len(open_parts) > bounds.depth + 1:
            raise LimitExceeded(f"The value is nested deeper than {bounds.depth} levels.")
        open_parts.append(iter([one for one in values if type(one) in (list, dict)]))
    return size


def _values(part: list[Any] | dict[str, Any], bounds: Bounds) -> list[Any]:
    fitting_length(len(part), bounds)
    return part if isinstance(part, list) else list(part.values())


def _size(part: list[Any] | dict[str, Any], values: list[Any], bounds: Bounds) -> int:
    """Of the texts and numbers in it. By kinds, because a list of many is mostly of one kind."""
    kinds = set(map(type, values))
    if strange := kinds - KINDS:
        raise StepError(f"A {strange.pop().__name__} is not a value that JSON knows.", "TypeError")
    texts = [one for one in values if type(one) is str] if str in kinds else []
    if int in kinds:
        _check_whole([one for one in values if type(one) is int])
    if float in kinds and not all(map(math.isfinite, (one for one in values if type(one) is float))):
        raise StepError("The result is not a finite number.", "OverflowError")
    return NUMBER * (1 + len(values) - len(texts)) + _length(texts, bounds) + _keys(part, bounds)


def _keys(part: list[Any] | dict[str, Any], bounds: Bounds) -> int:
    if isinstance(part, list) or not part:
        return 0
    if set(map(type, part)) != {str}:
        raise StepError("The keys of an object must be texts.", "TypeError")
    return _length(list(part), bounds)


def _length(texts: list[str], bounds: Bounds) -> int:
    if not texts:
        return 0
    fitting_text_length(max(map(len, texts)), bounds)
    length = sum(map(len, texts))
    # Joined only when it is not too much anyway.
    if length <= bounds.total:
        _check_storable("".join(texts))
    return length + 3 * len(texts)


def _check_storable(text: str) -> None:
    if "\0" in text or not _encodes(text):
        raise StepError("The text holds a character that no database stores.")


def _encodes(text: str) -> bool:
    """Half of a surrogate pair does not."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _check_whole(numbers: list[int]) -> None:
    fitting_number(max(numbers))
    fitting_number(min(numbers))


def fitting_length(length: int, bounds: Bounds) -> int:
    if length > bounds.items:
        raise LimitExceeded(f"A list or object may hold {bounds.items:,} items at most.")
    return length


def fitting_text_length(length: int, bounds: Bounds) -> int:
    if length > bounds.text:
        raise LimitExceeded(f"A text may be {bounds.text:,} characters long at most.")
    return length


def fitting_number(number: int | float) -> int | float:
    if isinstance(number, int):
        if number.bit_length() > BITS:
            raise LimitExceeded("A whole number must fit into 64 bits.")
    elif not math.isfinite(number):
        raise StepError("The result is not a finite number.", "OverflowError")
    return number
