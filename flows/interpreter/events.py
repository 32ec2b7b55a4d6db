"""What a machine tells whoever drives it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StepBegan:
    node_id: str
    node_type: str


@dataclass(frozen=True)
class StepEnded:
    """`status` is completed, failed or skipped."""

    node_id: str
    node_type: str
    status: str
    duration_ms: int
    outputs: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class Logged:
    level: str
    message: str
    node_id: str


@dataclass(frozen=True)
class Waiting:
    """Nothing happens before `until`, in the seconds that the driver counts."""

    until: float
    node_id: str


@dataclass(frozen=True)
class Finished:
    result: dict[str, Any]


@dataclass(frozen=True)
class Failed:
    error_message: str
    error_type: str
    node_id: str
    retryable: bool = True


Event = StepBegan | StepEnded | Logged | Waiting | Finished | Failed
