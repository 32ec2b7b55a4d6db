"""Expressions at random, of every kind that there is."""

import random
from collections.abc import Callable

Chance = random.Random


def any_expression(chance: Chance) -> str:
    fields = [
        _field(chance, 0, 59), _field(chance, 0, 23), _day(chance), _field(chance, 1, 12, MONTHS), _weekday(chance),
    ]  # fmt: skip
    if chance.random() < 0.1:
        fields.append(_field(chance, 0, 59))
    return " ".join(fields)


def _field(chance: Chance, low: int, high: int, names: str = "") -> str:
    if chance.random() < 0.4:
        return "*"
    return ",".join(_term(chance, low, high, names.split()) for _ in range(chance.choice([1, 1, 1, 2, 3])))


def _term(chance: Chance, low: int, high: int, names: list[str]) -> str:
    first, last = (_value(chance, low, high, names) for _ in range(2))
    step = chance.randint(1, high - low)
    forms = [first, first, f"{first}-{last}", f"{first}-{last}/{step}", f"*/{step}", f"{first}/{step}"]
    return chance.choice(forms)


def _value(chance: Chance, low: int, high: int, names: list[str]) -> str:
    return chance.choice(names) if names and chance.random() < 0.5 else str(chance.randint(low, high))


def _day(chance: Chance) -> str:
    return _sometimes(chance, lambda: chance.choice(["L", "LW", "L,15"]), lambda: _field(chance, 1, 31))


def _weekday(chance: Chance) -> str:
    special = [f"L{chance.randint(0, 7)}", f"{chance.randint(0, 7)}L", f"{chance.randint(0, 7)}#{chance.randint(1, 4)}"]
    return _sometimes(chance, lambda: chance.choice([*special, "MON#1,5"]), lambda: _field(chance, 0, 7, WEEKDAYS))


def _sometimes(chance: Chance, rare: Callable[[], str], usual: Callable[[], str]) -> str:
    return rare() if chance.random() < 0.15 else usual()


MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
WEEKDAYS = "SUN MON TUE WED THU FRI SAT"
