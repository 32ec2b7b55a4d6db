"""Reads numbers and rows out of whatever a node reports, without trusting any of it."""

from collections.abc import Callable
from typing import Any

from devices.drivers.shapes import Figures, Items, Report

# Far enough below the end of a float that nobody's arithmetic overflows at once.
LARGEST = 1e308
MOST_FIGURES = 32
LONGEST_NAME = 64
INFINITIES = (float("inf"), float("-inf"))


def number(value: object) -> float:
    """Numbers as they are, huge ones clipped; everything else, `true` and NaN included, is 0."""
    if type(value) is int or type(value) is float:
        if -LARGEST <= value <= LARGEST:
            return float(value)
        if value == value and value not in INFINITIES:
            return LARGEST if value > 0 else -LARGEST
    return 0.0


def total(values: list[float]) -> float:
    return max(-LARGEST, min(sum(values, 0.0), LARGEST))


def is_number(value: object) -> bool:
    return type(value) is int or type(value) is float


def record(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def rows(report: dict[str, Any], key: str) -> Items:
    found = report.get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def named(*names: str, if_there: tuple[str, ...] = ()) -> Callable[[Report], Figures]:
    """These numbers in this order. A missing one is 0, unless it only counts if it is there."""

    def metrics(report: Report) -> Figures:
        given = record(report).get
        return [(name, number(given(name))) for name in names if name not in if_there or is_number(given(name))]

    return metrics


def every_number(report: Report) -> Figures:
    """For nodes whose words nobody announced: each number at the top, in their order, so many and no more."""
    found: Figures = []
    for name, value in record(report).items():
        if is_number(value) and _is_name(name):
            found.append((name, number(value)))
            if len(found) == MOST_FIGURES:
                break
    return found


def _is_name(name: object) -> bool:
    # What cannot be printed cannot be stored either: PostgreSQL refuses NUL and half characters.
    return isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()


def no_items(report: Report) -> Items:
    return []
