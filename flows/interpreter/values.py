"""Values of JSON: what they are called, and what a text reads as."""

import json
import math
from typing import Any, TypeGuard

LONGEST_NUMBER = 40
FALSE_WORDS = {"", "0", "false", "no", "off", "none", "null"}
WORDS = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object"}


def describe(value: Any) -> str:
    return "nothing" if value is None else WORDS.get(type(value), f"a {type(value).__name__}")


def is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_in(text: str) -> int | float | None:
    """The number that a text reads as; None when it is none."""
    if len(text) > LONGEST_NUMBER or "_" in text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def truth(value: Any) -> bool:
    """As Python has it, but texts of forms and headers are read: "false" is false."""
    return value.strip().lower() not in FALSE_WORDS if isinstance(value, str) else bool(value)


def parsed(text: str) -> Any:
    """Raises ValueError for what is no JSON, and for the numbers that JSON does not have."""
    try:
        return json.loads(text, parse_constant=_refused)
    except RecursionError as error:
        raise ValueError("It is nested too deeply.") from error


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON.")
