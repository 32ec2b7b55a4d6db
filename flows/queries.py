"""Questions about runs and the robots that work on them."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Avg, Case, Count, Exists, F, Func, IntegerField, Max, OuterRef, Q, QuerySet, Value, When

from devices.choices import CONNECTED
from flows.choices import HELD, ExecutionStatus, RobotStatus
from flows.models import DeadLetter, Execution, Robot, RunLine

# Counted exactly up to here; beyond, the number says nothing more to anybody.
COUNTED = 10_000
ESTIMATE = re.compile(r"rows=(\d+)")
# A run that was ready for so long and is not begun is worth a look: Casare's own promise for the delay of a start
# (300 s, contract 3.6), and as long as a robot may be unseen before Casare's dashboards call it offline.
LONG = timedelta(minutes=5)
# So far back a robot's lines are looked for.
LATEST_RUNS = 50


def about(rows: QuerySet[Any, Any]) -> int:
    """How many: exact up to ten thousand, then what the database estimates."""
    counted = rows.order_by().values("pk")[: COUNTED + 1].count()
    return counted if counted <= COUNTED else max(counted, _estimated(rows))


def _estimated(rows: QuerySet[Any, Any]) -> int:
    """The first line of a plan says how many rows the whole of it is expected to give. SQLite expects nothing."""
    said = None if connection.vendor == "sqlite" else ESTIMATE.search(rows.order_by().values("pk").explain())
    return int(said[1]) if said else 0


def with_word(robots: QuerySet[Robot]) -> QuerySet[Any]:
    """`word` is what a robot is to people: its own word, unless it is gone, set aside, or has work in its hands."""
    holds = Exists(Execution.objects.filter(node=OuterRef("pk"), status__in=HELD))
    own = (RobotStatus.OFFLINE, RobotStatus.ERROR, RobotStatus.MAINTENANCE, RobotStatus.PAUSED)
    return robots.annotate(
        word=Case(
            When(~Q(node__status__in=CONNECTED), then=Value(RobotStatus.OFFLINE.value)),
            When(status__in=own, then=F("status")),
            When(is_draining=True, then=Value(RobotStatus.MAINTENANCE.value)),
            When(holds, then=Value(RobotStatus.BUSY.value)),
            default=F("status"),
        )
    )


def held_by(node_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Which runs each robot has in its hands, oldest first."""
    found: dict[UUID, list[UUID]] = {}
    rows = Execution.objects.filter(node_id__in=list(node_ids), status__in=HELD).order_by("claimed_at")
    for node_id, pk in rows.values_list("node_id", "pk"):
        if node_id is not None:
            found.setdefault(node_id, []).append(pk)
    return found


def day_of(robot_key: str, at: datetime) -> dict[str, Any]:
    """What a robot finished since midnight, UTC."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    # Whatever ended today was made at most a few days ago; without a bound the whole past would be read.
    mine = Execution.objects.filter(
        robot_key=robot_key, created_at__gte=midnight - timedelta(days=7), completed_at__gte=midnight
    )
    counts = mine.aggregate(
        completed=Count("pk", filter=Q(status=ExecutionStatus.SUCCEEDED)),
        failed=Count("pk", filter=Q(status__in=(ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT))),
        average=Avg(F("completed_at") - F("started_at")),
    )
    seconds = counts["average"].total_seconds() if counts["average"] else 0.0
    return {
        "jobs_completed_today": counts["completed"],
        "jobs_failed_today": counts["failed"],
        "average_job_duration_seconds": round(seconds, 3),
    }


def lines_of_robot(robot_key: str, since: datetime | None, limit: int) -> list[dict[str, Any]]:
    """The newest lines of its latest runs, oldest first."""
    latest = Execution.objects.filter(robot_key=robot_key).order_by("-created_at", "-id").values("pk")[:LATEST_RUNS]
    lines = RunLine.objects.filter(execution_id__in=[row["pk"] for row in latest])
    if since is not None:
        lines = lines.filter(at__gte=since)
    rows = lines.order_by("-id").values("id", "execution_id", "at", "level", "message", "source")[:limit]
    return [dict(row) for row in rows][::-1]


def dead_letter_counts(letters: QuerySet[DeadLetter]) -> dict[str, int]:
    return letters.order_by().aggregate(
        total=Count("pk"),
        pending=Count("pk", filter=Q(reprocessed_at=None)),
        reprocessed=Count("pk", filter=Q(reprocessed_at__isnull=False)),
    )


# What is larger than this is left out of lists.
SHOWN_IN_LISTS = 16 * 1024
SIZE = "length" if connection.vendor == "sqlite" else "pg_column_size"


def with_small(rows: QuerySet[Any], **columns: str) -> QuerySet[Any]:
    """`small_…` is a JSON column, or null where it is too large for a list."""
    for name, column in columns.items():
        size = Func(F(column), function=SIZE, output_field=IntegerField())
        rows = rows.alias(**{f"size_of_{name}": size}).annotate(
            **{f"small_{name}": Case(When(**{f"size_of_{name}__lte": SHOWN_IN_LISTS}, then=F(column)), default=None)}
        )
    return rows


def executions(
    rows: QuerySet[Execution],
    *,
    status: Sequence[str] | None = None,
    flow_id: UUID | None = None,
    robot: str = "",
    trigger_type: str = "",
    environment: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Execution]:
    asked = {
        "status__in": status if status is None or len(status) != 1 else None,
        "status": status[0] if status is not None and len(status) == 1 else None,
        "flow_id": flow_id,
        "robot_key": robot or None,
        "trigger_type": trigger_type or None,
        "environment": environment or None,
        "created_at__gte": since,
        "created_at__lt": until,
    }
    return rows.filter(**{name: value for name, value in asked.items() if value is not None})


def after(rows: QuerySet[Any], seen: int, limit: int, columns: Sequence[str]) -> list[dict[str, Any]]:
    """What was written behind the row that was seen last."""
    return list(rows.filter(id__gt=seen).order_by("id").values(*columns)[:limit])


def statistics(rows: QuerySet[Execution]) -> dict[str, Any]:
    """Exact up to ten thousand. Of more, their number is an estimate, and the newest ten thousand speak for all."""
    over = Q(completed_at__isnull=False, started_at__isnull=False)
    found = rows.order_by("-created_at", "-id")[: COUNTED + 1].aggregate(
        total=Count("pk"),
        success=Count("pk", filter=Q(status=ExecutionStatus.SUCCEEDED)),
        error=Count("pk", filter=Q(status__in=UNSUCCESSFUL)),
        average=Avg(F("completed_at") - F("started_at"), filter=over),
        last=Max("created_at"),
    )
    if (counted := found["total"]) > COUNTED:
        total = max(counted, _estimated(rows))
        found |= {name: round(found[name] * total / counted) for name in ("total", "success", "error")}
    average = found.pop("average")
    return found | {"average_ms": round(average.total_seconds() * 1000, 2) if average else 0.0}


UNSUCCESSFUL = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.CANCELLED)
