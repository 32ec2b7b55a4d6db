"""What a node's work came to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .inputs import Inputs

Values = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """`memory` means: the body comes now, then this node again, with what it wants to remember."""

    outputs: Values = field(default_factory=dict)
    ports: tuple[str, ...] = ("exec_out",)
    variables: Values = field(default_factory=dict)
    logs: tuple[tuple[str, str], ...] = ()
    wait: float = 0
    status: str = "completed"
    memory: Values | None = None


# A node that only makes data answers its outputs and nothing else.
Work = Callable[[Inputs], Outcome | Values]
