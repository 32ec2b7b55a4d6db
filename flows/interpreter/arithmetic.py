"""Calculating and comparing values, within bounds. Shared by expressions and nodes."""

from collections.abc import Callable
from typing import Any

from .bounds import BITS, Bounds, fitting_length, fitting_number, fitting_text_length
from .errors import LimitExceeded, StepError
from .values import describe, is_number, number_in

Number = int | float


def add(left: Any, right: Any, bounds: Bounds) -> Any:
    """Numbers are added, two texts or two lists put one after the other."""
    if isinstance(left, str) and isinstance(right, str):
        fitting_text_length(len(left) + len(right), bounds)
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        fitting_length(len(left) + len(right), bounds)
        return left + right
    return fitting_number(_number(left, "+") + _number(right, "+"))


def calculate(sign: str, left: Any, right: Any, bounds: Bounds) -> Any:
    if sign == "+":
        return add(left, right, bounds)
    return OPERATIONS[sign](_number(left, sign), _number(right, sign))


def _number(value: Any, sign: str) -> Number:
    if not is_number(value):
        raise StepError(f"{sign} needs numbers, and one side is {describe(value)}.", "TypeError")
    return value


def divided(left: Number, right: Number) -> Number:
    return fitting_number(left / divisor(right))


def divided_whole(left: Number, right: Number) -> Number:
    return fitting_number(left // divisor(right))


def remainder(left: Number, right: Number) -> Number:
    return fitting_number(left % divisor(right))


def divisor(number: Number) -> Number:
    if number == 0:
        raise StepError("Nothing can be divided by zero.", "ZeroDivisionError")
    return number


def power(base: Number, exponent: Number) -> Number:
    if exponent < 0:
        divisor(base)
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        return fitting_number(_whole_power(base, exponent))
    try:
        found = float(base) ** exponent
    except OverflowError as error:
        raise StepError("The result is not a finite number.", "OverflowError") from error
    if isinstance(found, complex):
        raise StepError("A negative number has no such root.")
    return fitting_number(found)


def _whole_power(base: int, exponent: int) -> int:
    # Beyond this it cannot fit, and must not be tried: 10**10**10 would take all memory.
    if abs(base) > 1 and exponent > BITS:
        raise LimitExceeded("A whole number must fit into 64 bits.")
    return int(base**exponent)


OPERATIONS: dict[str, Callable[[Number, Number], Number]] = {
    "-": lambda left, right: fitting_number(left - right),
    "*": lambda left, right: fitting_number(left * right),
    "/": divided,
    "//": divided_whole,
    "%": remainder,
    "**": power,
}


def compare(sign: str, left: Any, right: Any) -> bool:
    """A text that reads as a number meets a number as one: what comes from forms is all text."""
    left, right = _met(left, right), _met(right, left)
    if sign in ("in", "not in"):
        return _contains(right, left) == (sign == "in")
    if sign in ("==", "!="):
        return bool(left == right) == (sign == "==")
    if not _ordered(left, right):
        raise StepError(f"{describe(left).capitalize()} and {describe(right)} cannot be put in order.", "TypeError")
    return ORDERS[sign](left, right)


ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


def _met(value: Any, other: Any) -> Any:
    if isinstance(value, str) and is_number(other):
        found = number_in(value)
        return value if found is None else found
    return value


def _ordered(left: Any, right: Any) -> bool:
    return (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))


def _contains(container: Any, value: Any) -> bool:
    if isinstance(container, list):
        return value in container
    if isinstance(container, str | dict):
        return isinstance(value, str) and value in container
    raise StepError(f"Nothing can be in {describe(container)}.", "TypeError")
