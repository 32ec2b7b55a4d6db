"""How far a run has come."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Progress:
    """`ended` also when it failed. Moments are the driver's seconds."""

    reachable: int
    steps: int = 0
    began: float | None = None
    waiting: dict[str, Any] | None = None
    recovered: bool = False
    ended: bool = False
    finished: bool = False
    passed: dict[str, None] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        """All of it only at the end: there may be another round."""
        return 100 if self.finished else min(99, 100 * len(self.passed) // max(1, self.reachable))

    def begin(self, now: float) -> None:
        if self.began is None:
            self.began = now

    def count(self, most: int) -> bool:
        """Whether another step is allowed."""
        self.steps += 1
        return self.steps <= most

    def wait(self, node_id: str, since: float, until: float) -> dict[str, Any]:
        self.waiting = {"node_id": node_id, "since": since, "until": until}
        return self.waiting

    def finish(self, now: float) -> dict[str, Any]:
        self.ended = self.finished = True
        began = now if self.began is None else self.began
        duration = max(0, round((now - began) * 1000))
        return {"executed_nodes": len(self.passed), "duration_ms": duration, "recovered": self.recovered}

    def state(self) -> dict[str, Any]:
        """Without what the graph tells again."""
        told = {**asdict(self), "passed": list(self.passed)}
        del told["reachable"]
        return told
