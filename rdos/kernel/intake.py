"""What nodes send that a higher app keeps: the lower door gives, the higher app takes.

A taker is registered once, in composition: `intake.READINGS.taken_by(writer.take)`. What nobody takes is dropped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """The numbers of one node at one moment."""

    node_id: UUID
    at: datetime
    values: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """Something a node says is worth a person's attention."""

    node_id: UUID
    at: datetime
    severity: str
    category: str
    message: str
    details: Any = None
    flow_id: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    node_id: UUID
    at: datetime
    level: str
    message: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class NodeFrame:
    """A frame of a type that only a higher app knows."""

    node_id: UUID
    # None: it holds no socket, and what is known of it came by another way.
    session_id: UUID | None
    at: datetime
    type: str
    payload: Any


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """The configuration that a node says it has."""

    node_id: UUID
    at: datetime
    config: Any


@dataclass
class Sink(Generic[T]):
    name: str
    takers: list[Callable[[Sequence[T]], None]] = field(default_factory=list)

    def taken_by(self, taker: Callable[[Sequence[T]], None]) -> None:
        if taker not in self.takers:
            self.takers.append(taker)

    def give(self, items: Sequence[T]) -> None:
        for taker in self.takers:
            taker(items)


# Given on the loop, a few times a second: the taker must return at once.
READINGS: Sink[Reading] = Sink("readings")
# Given inside the transaction that received them.
NODE_EVENTS: Sink[NodeEvent] = Sink("node events")
LOG_LINES: Sink[LogLine] = Sink("log lines")
NODE_CONFIGS: Sink[NodeConfig] = Sink("node configurations")
# By frame type; given inside the transaction that received them.
FRAMES: dict[str, Sink[NodeFrame]] = {}


def frames(frame_type: str) -> Sink[NodeFrame]:
    """The sink of a frame type that a higher app adds to the table of /ws/node."""
    return FRAMES.setdefault(frame_type, Sink(frame_type))
