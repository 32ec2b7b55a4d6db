"""What the nodes of a graph did in a run, in whatever shape a robot tells it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from flows import outcomes, reports
from flows.models import Execution, RunLine, Step
from flows.outcomes import Outcome

MOST_STEPS = 10_000
LARGEST_OUTPUTS = 64 * 1024
LONGEST_LINE = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    execution_id: UUID
    at: datetime
    level: str
    message: str
    source: str = ""


def keep_from_results(said: Sequence[Outcome]) -> None:
    """Robots that tell their steps only at the end tell them inside the result."""
    found = [(one, told_in(one)) for one in said]
    rows = [_row(one.execution_id, one.fence or 0, step) for one, told in found for step in told[:MOST_STEPS]]
    if rows:
        told_already = set(
            Step.objects.filter(execution__in={row.execution_id for row in rows}).values_list("execution_id", flat=True)
        )
        Step.objects.bulk_create([row for row in rows if row.execution_id not in told_already])


def told_in(one: Outcome) -> list[reports.StepReport]:
    return reports.steps_in(one.result) if isinstance(one.result, dict) else []


def keep(execution_id: UUID, fence: int, told: Iterable[reports.StepReport]) -> None:
    Step.objects.bulk_create([_row(execution_id, fence, step) for step in told])


def _row(execution_id: UUID, fence: int, step: reports.StepReport) -> Step:
    outputs = outcomes.as_json(step.outputs, LARGEST_OUTPUTS)
    return Step(
        execution_id=execution_id,
        fence=fence,
        node_id=step.node_id[:256],
        node_type=step.node_type[:128],
        status=step.status,
        started_at=step.started_at,
        duration_ms=step.duration_ms,
        outputs=None if outputs is None else orjson.loads(outputs),
        error=outcomes.clean(step.error, outcomes.LONGEST_ERROR),
    )


def write_lines(lines: Sequence[Line]) -> None:
    """Of runs that still exist."""
    known = set(Execution.objects.filter(pk__in={one.execution_id for one in lines}).values_list("pk", flat=True))
    RunLine.objects.bulk_create(
        RunLine(
            execution_id=one.execution_id,
            at=one.at,
            level=outcomes.clean(one.level.lower(), 10),
            message=outcomes.clean(one.message, LONGEST_LINE),
            source=outcomes.clean(one.source, 256),
        )
        for one in lines
        if one.execution_id in known
    )
