"""Slots in the console's pages that apps fill without the page knowing them.

A slot is filled in composition, by name: `panels.add(panels.ATTENTION, locked_out)`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from rdos.kernel.actors import Actor

LIGHTS = "front.lights"
ATTENTION = "front.attention"

Filler = Callable[[Actor, datetime], Iterable[Any]]
_fillers: dict[str, list[Filler]] = defaultdict(list)


class Level(IntEnum):
    """How much it matters; the most urgent comes first."""

    CRITICAL = 0
    WARNING = 1
    NOTICE = 2

    @property
    def tone(self) -> str:
        return ("bad", "warn", "info")[self]


@dataclass(frozen=True)
class Attention:
    """One thing that a person should look at. The key stays the same for as long as the thing is the same."""

    key: str
    level: Level
    title: str
    text: str = ""
    link: str = ""


@dataclass(frozen=True)
class Light:
    """How one thing the hub leans on is doing."""

    name: str
    healthy: bool
    word: str
    text: str = ""
    milliseconds: float = 0.0


def add(slot: str, filler: Filler) -> None:
    if filler not in _fillers[slot]:
        _fillers[slot].append(filler)


def filled(slot: str, actor: Actor, at: datetime) -> list[Any]:
    return [item for filler in _fillers[slot] for item in filler(actor, at)]
