"""The queue at a glance: how deep it is and where, what has waited longest and why, and how quickly it is emptied."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.authentication import actor_in_console
from flows import backlog, queries
from flows.access import robots_for
from flows.admin.executions import UNSHOWN
from flows.admin.following import reasons
from flows.admin.places import execution_place, list_of, robot_place
from flows.admin.robots import rate
from flows.admin.tones import robot_badge
from flows.choices import HELD, HUB_KEY, ExecutionStatus
from flows.models import Robot
from rdos.kernel.actors import Actor
from rdos.kernel.console import badge
from rdos.kernel.figures import lasting

MOST_ROBOTS, OLDEST = 100, 5


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "console/queue/queue.html", _facts(request))


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return render(request, "console/queue/live.html", _facts(request))


def _facts(request: HttpRequest) -> dict[str, Any]:
    actor, at = actor_in_console(request), timezone.now()
    require(actor, "executions.read")
    robots = _robots(actor, at)
    counts = backlog.by_status(actor)
    return {
        "figures": _figures(counts, sum(pace for _, pace in robots)),
        "depth": _depth(actor, at),
        "oldest": list(_oldest(actor, at)),
        "robots": [row for row, _ in robots],
        "flows": list_of("flow"),
        "robot_list": list_of("robot"),
    }


def _figures(counts: dict[str, int], per_minute: float) -> list[dict[str, Any]]:
    held = sum(counts.get(word, 0) for word in HELD)
    queued, parked = counts.get(ExecutionStatus.QUEUED, 0), counts.get(ExecutionStatus.WAITING, 0)
    return [
        {"number": queued, "word": "in the queue", "place": list_of("execution", status="queued")},
        {"number": held, "word": "being worked on", "place": list_of("execution", status="held")},
        {"number": parked, "word": "parked", "place": list_of("execution", status="waiting")},
        {"number": rate(per_minute) if per_minute else 0, "word": "claims a minute", "place": list_of("robot")},
    ]


def _depth(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    rows = backlog.depth(actor, at)
    deepest = max((row["count"] for row in rows), default=1)
    for row in rows:
        row["key"] = f"{row['environment']}-{row['priority']}"
        row["width"] = max(4, round(1000 * row["count"] / deepest))
        row["since"] = lasting((at - row["oldest"]).total_seconds())
        filters = {"environment": row["environment"], "priority": str(row["priority"])}
        row["place"] = list_of("execution", status="queued", **filters)
    return rows


def _oldest(actor: Actor, at: datetime) -> Any:
    for execution in backlog.waiting(actor, at).select_related("flow", "target_node").defer(*UNSHOWN)[:OLDEST]:
        yield {
            "execution": execution,
            "place": execution_place(execution.pk),
            "since": lasting((at - execution.ready_at).total_seconds()),
            "why": reasons(actor, execution, at),
        }


def _robots(actor: Actor, at: datetime) -> list[tuple[dict[str, Any], float]]:
    """The hub itself is one of them while it has something to do."""
    found = list(
        queries.with_word(robots_for(actor)).select_related("node").order_by("node__name", "node__key")[:MOST_ROBOTS]
    )
    paces = backlog.paces([HUB_KEY, *(robot.node.key for robot in found)], at)
    hub = paces.pop(HUB_KEY)
    rows = [_hub(hub)] if hub.held or hub.per_minute else []
    return [*rows, *(_robot(robot, paces[robot.node.key], at) for robot in found)]


def _hub(pace: backlog.Pace) -> tuple[dict[str, Any], float]:
    row = {"key": HUB_KEY, "name": "The hub itself", "badge": badge("good", "There"), "held": f"{pace.held}"}
    return row | {"place": list_of("execution", robot=HUB_KEY), "rate": rate(pace.per_minute)}, pace.per_minute


def _robot(robot: Robot, pace: backlog.Pace, at: datetime) -> tuple[dict[str, Any], float]:
    row = {
        "key": robot.node.key,
        "name": robot.node.name,
        "environment": robot.environment,
        "badge": robot_badge(robot, at),
        "held": f"{pace.held} of {robot.max_concurrent}",
        "place": robot_place(robot.pk),
        "rate": rate(pace.per_minute),
    }
    return row, pace.per_minute
