"""The shapes in which robots tell what the nodes of a graph did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.choices import StepStatus

LONGEST_MS = 2**31 - 1
WORDS = {
    "completed": StepStatus.COMPLETED,
    "success": StepStatus.COMPLETED,
    "succeeded": StepStatus.COMPLETED,
    "ok": StepStatus.COMPLETED,
    "failed": StepStatus.FAILED,
    "error": StepStatus.FAILED,
    "failure": StepStatus.FAILED,
    "running": StepStatus.RUNNING,
    "skipped": StepStatus.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class StepReport:
    node_id: str
    status: str = StepStatus.COMPLETED
    duration_ms: int | None = None
    node_type: str = ""
    outputs: Any = None
    error: str = ""
    started_at: datetime | None = None


def steps_in(result: Mapping[str, Any]) -> list[StepReport]:
    """The first shape that is there."""
    for name in ("node_executions", "nodes", "execution_log"):
        if isinstance(rows := result.get(name), list):
            return [step for row in rows if (step := _of_row(row))]
    for name in ("node_timings", "step_results"):
        if isinstance(named := result.get(name), Mapping):
            return [_of_pair(str(node_id), told) for node_id, told in named.items()]
    return []


def _of_row(row: Any) -> StepReport | None:
    if not isinstance(row, Mapping):
        return None
    node_id = row.get("node_id") or row.get("id") or row.get("node")
    return _of_pair(str(node_id), row) if isinstance(node_id, str | int) else None


def _of_pair(node_id: str, told: Any) -> StepReport:
    if not isinstance(told, Mapping):
        # A bare timing is milliseconds; anything else is what the step gave.
        timed = milliseconds(told)
        return StepReport(node_id, duration_ms=timed, outputs=told if timed is None else None)
    return StepReport(
        node_id=node_id,
        status=_status(told),
        duration_ms=milliseconds(told.get("duration_ms", told.get("duration"))),
        node_type=str(told.get("node_type") or told.get("type") or ""),
        outputs=told.get("outputs", told.get("result")),
        error=str(told.get("error") or told.get("error_message") or ""),
    )


def _status(told: Mapping[str, Any]) -> str:
    word = told.get("status")
    if isinstance(word, str):
        return WORDS.get(word.lower(), StepStatus.COMPLETED)
    failed = told.get("success") is False or bool(told.get("error"))
    return StepStatus.FAILED if failed else StepStatus.COMPLETED


def milliseconds(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LONGEST_MS:
        return None
    return round(value)
