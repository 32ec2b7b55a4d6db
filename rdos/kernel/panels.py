"""Slots in the console's pages that apps fill without the page knowing them.

A slot is filled in composition, by name: `panels.add(panels.ATTENTION, locked_out)`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from rdos.kernel.actors import Actor

LIGHTS = "front.lights"
ATTENTION = "front.attention"
FIGURES = "front.figures"
# What other apps know of one node; its fillers get the node's id as well.
NODE_PANELS = "node.panels"
# And of one flow.
FLOW_PANELS = "flow.panels"

Filler = Callable[..., Iterable[Any]]
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
class Figure:
    """One number of the line at the top, which opens its rows."""

    number: int
    word: str
    tone: str
    link: str


@dataclass(frozen=True)
class Light:
    """How one thing the hub leans on is doing."""

    name: str
    healthy: bool
    word: str
    text: str = ""
    milliseconds: float = 0.0


@dataclass(frozen=True)
class Panel:
    """A part of a page that another app draws, with its own template."""

    key: str
    title: str
    template: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    # Where there is more of it.
    link: str = ""


def add(slot: str, filler: Filler) -> None:
    if filler not in _fillers[slot]:
        _fillers[slot].append(filler)


def filled(slot: str, actor: Actor, at: datetime, *about: UUID) -> list[Any]:
    """What the page is about, such as a node, is told to each filler."""
    return [item for filler in _fillers[slot] for item in filler(actor, at, *about)]
