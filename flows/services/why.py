"""Why a run is not running, from the very conditions of the claim."""

from datetime import datetime
from typing import Any

from django.db import connection

from flows import predicates
from flows.choices import HELD, ExecutionStatus, RunsOn
from flows.models import Execution
from rdos.kernel import dialect
from rdos.kernel.journal.storable import instant

MOST_ROBOTS = 200
SENTENCES = {
    "delayed": "It is delayed until {ready_at}.",
    "flow_not_running": "Its flow is {flow_status}; start it.",
    "flow_limit": "Its flow runs {flow_limit} times at once already, which is its limit.",
    "robot_resting": "{robot} takes no work now ({robot_status}).",
    "robot_in_maintenance": "{robot} is in maintenance.",
    "robot_expired": "{robot} has expired.",
    "robot_busy": "{robot} has as many runs as it may have at once.",
    "other_robot_wanted": "It waits for {target}, and not for {robot}.",
    "environment": "It is for the environment {environment}; {robot} is in {robot_environment}.",
    "rejected": "{robot} has rejected it.",
    "capability_missing": "{robot} lacks a capability that it needs ({capabilities}).",
    "label_missing": "{robot} has not the labels that it asks for.",
}


def explain(execution: Execution, at: datetime) -> dict[str, Any]:
    if execution.status != ExecutionStatus.QUEUED:
        return {"runnable": False, "status": execution.status, "reasons": [_state(execution)], "robots": []}
    if execution.runs_on == RunsOn.HUB:
        return _on_the_hub(execution, at)
    told = _ask(execution, at)
    reasons = [_sentence(name, execution, {}) for name in predicates.OF_RUN if told and not told[0][name]]
    robots = [_robot(execution, row) for row in told]
    if not told:
        found = _of_run(execution, at)
        reasons = [_sentence(name, execution, {}) for name, true in found.items() if not true]
        reasons.append({"code": "no_robot", "detail": "No robot has registered yet."})
    elif not any(one["could"] for one in robots):
        reasons += _summed(robots)
    return {
        "runnable": not reasons,
        "status": execution.status,
        "reasons": reasons or [{"code": "next", "detail": "Nothing stands in its way; it is claimed in its turn."}],
        "robots": robots,
    }


def _state(execution: Execution) -> dict[str, str]:
    if execution.status in HELD:
        return {"code": "running", "detail": f"{execution.robot_key} is working on it."}
    if execution.status == ExecutionStatus.WAITING:
        until = f" until {instant(execution.wake_at)}" if execution.wake_at else ""
        return {"code": "waiting", "detail": f"It has parked itself{until}."}
    return {"code": "over", "detail": f"It is over: {execution.status}."}


def _on_the_hub(execution: Execution, at: datetime) -> dict[str, Any]:
    reasons = [_sentence(name, execution, {}) for name, true in _of_run(execution, at).items() if not true]
    if not reasons:
        reasons = [{"code": "next", "detail": "The hub runs it as soon as a worker is free."}]
    return {"runnable": reasons[0]["code"] == "next", "status": execution.status, "reasons": reasons, "robots": []}


def _of_run(execution: Execution, at: datetime) -> dict[str, bool]:
    columns = ", ".join(predicates.OF_RUN.values())
    sql = f"SELECT {columns} FROM flows_execution e WHERE e.id = %(id)s"  # noqa: S608 - made of words of our own
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": dialect.given(at), "id": dialect.given(execution.pk)})
        return dict(zip(predicates.OF_RUN, map(bool, cursor.fetchone()), strict=True))


def _ask(execution: Execution, at: datetime) -> list[dict[str, Any]]:
    """Each condition against each robot; those that lack least come first."""
    named = predicates.OF_RUN | predicates.OF_ROBOT | predicates.OF_PAIR
    columns = ", ".join([*named.values(), "r.name", "r.key", "r.status", "r.environment"])
    sql = f"SELECT {columns} FROM flows_execution e CROSS JOIN ({predicates.ROBOTS}) r WHERE e.id = %(id)s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": dialect.given(at), "id": dialect.given(execution.pk)})
        rows = [dict(zip([*named, *ROBOT], row, strict=True)) for row in cursor.fetchmany(MOST_ROBOTS * 5)]
    rows.sort(key=lambda row: (sum(not row[name] for name in named), str(row["robot_name"])))
    return rows[:MOST_ROBOTS]


# Named apart from the conditions, one of which is about the environment too.
ROBOT = ("robot_name", "robot_key", "robot_status", "robot_environment")


def _robot(execution: Execution, row: dict[str, Any]) -> dict[str, Any]:
    missing = [name for name in (*predicates.OF_ROBOT, *predicates.OF_PAIR) if not row[name]]
    return {
        "robot_id": row["robot_key"],
        "name": row["robot_name"],
        "could": not missing,
        "reasons": [_sentence(name, execution, row) for name in missing],
    }


def _summed(robots: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What the nearest robot lacks says most."""
    codes = {reason["code"] for robot in robots for reason in robot["reasons"]}
    everywhere = [code for code in codes if all(code in {r["code"] for r in robot["reasons"]} for robot in robots)]
    if everywhere:
        said = {reason["code"]: reason for robot in robots for reason in robot["reasons"]}
        return [said[code] for code in SENTENCES if code in everywhere]
    nearest: list[dict[str, str]] = robots[0]["reasons"]
    return nearest


def _sentence(code: str, execution: Execution, row: dict[str, Any]) -> dict[str, str]:
    target = execution.target_node
    words = {
        "ready_at": instant(execution.ready_at),
        "flow_status": execution.flow.status,
        "flow_limit": execution.flow.max_concurrent,
        "environment": execution.environment,
        "capabilities": ", ".join(execution.capabilities),
        "target": target.name if target else "another robot",
        "robot": row.get("robot_name", "a robot"),
        "robot_status": "draining" if not row else row.get("robot_status"),
        "robot_environment": row.get("robot_environment", ""),
    }
    return {"code": code, "detail": SENTENCES[code].format(**words)}
