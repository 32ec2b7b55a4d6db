"""What the page of a run says while it goes on: why it waits, what its steps did, what it was given and gave."""

from datetime import datetime
from typing import Any

from flows import predicates
from flows.access import robots_for
from flows.admin import timeline
from flows.admin.places import node_place
from flows.choices import FINAL_EXECUTIONS, ExecutionStatus
from flows.models import Execution, Step
from flows.services import why
from rdos.kernel.actors import Actor
from rdos.kernel.live_page import written
from rdos.kernel.secrecy import mask_text

WAITS = (ExecutionStatus.QUEUED, ExecutionStatus.WAITING)
MOST_ROBOTS = 20


def facts(actor: Actor, execution: Execution, at: datetime) -> dict[str, Any]:
    steps = list(Step.objects.filter(execution=execution).order_by("id")[: timeline.MOST + 1])
    return {
        **_why(actor, execution, at),
        "bars": timeline.bars(steps[: timeline.MOST], at),
        "more_steps": len(steps) > timeline.MOST,
        "is_over": execution.status in FINAL_EXECUTIONS,
        "node": node_place(execution.node_id) if execution.node_id else "",
        "error": mask_text(execution.error),
        "message": mask_text(execution.message),
        "input": written(execution.input),
        "result": written(execution.result),
        "late": execution.late_results.count(),
    }


def _why(actor: Actor, execution: Execution, at: datetime) -> dict[str, Any]:
    if execution.status not in WAITS:
        return {"why": None}
    said, robots = _explained(actor, execution, at)
    shown = robots[:MOST_ROBOTS]
    return {"why": said, "robots": shown, "more_robots": len(robots) - len(shown)}


def reasons(actor: Actor, execution: Execution, at: datetime) -> list[str]:
    return [reason["detail"] for reason in _explained(actor, execution, at)[0]]


def _explained(actor: Actor, execution: Execution, at: datetime) -> tuple[list[Any], list[Any]]:
    told = why.explain(execution, at)
    if actor.node_ids is None and not actor.denied_node_ids:
        return told["reasons"], told["robots"]
    return _of_theirs(actor, told["robots"], told["reasons"])


def _of_theirs(actor: Actor, robots: list[Any], said: list[Any]) -> tuple[list[Any], list[Any]]:
    """Robots that the person does not see are not named."""
    keys = set(robots_for(actor).values_list("node__key", flat=True))
    about_robots = {**predicates.OF_ROBOT, **predicates.OF_PAIR}
    kept = [reason for reason in said if reason["code"] not in about_robots]
    kept = kept if len(kept) == len(said) else [*kept, {"code": "robots", "detail": "No robot could take it now."}]
    return kept, [robot for robot in robots if robot["robot_id"] in keys]
