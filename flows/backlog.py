"""Questions about the queue: how deep it is, what has waited longest, and how quickly it is emptied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from flows.access import executions_for
from flows.choices import HELD, OPEN_EXECUTIONS, ExecutionStatus
from flows.models import Execution
from rdos.kernel import dialect
from rdos.kernel.actors import Actor

# So much of what a robot took last tells how quickly it takes.
SAMPLE, WINDOW = 200, timedelta(minutes=5)


def by_status(actor: Actor) -> dict[str, int]:
    """Of what is not over; what is over would be a count of the whole table."""
    rows = executions_for(actor).filter(status__in=OPEN_EXECUTIONS).order_by()
    return dict(rows.values_list("status").annotate(Count("pk")))


def depth(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """How many wait in each environment at each priority, how many of them for their moment, and since when."""
    rows = executions_for(actor).filter(status=ExecutionStatus.QUEUED).order_by("environment", "priority")
    counted = rows.values("environment", "priority").annotate(
        count=Count("pk"), delayed=Count("pk", filter=Q(ready_at__gt=at)), oldest=Min("created_at")
    )
    return [dict(row) for row in counted]


def waiting(actor: Actor, at: datetime) -> QuerySet[Execution]:
    """What somebody could take now, the oldest first."""
    ready = executions_for(actor).filter(status=ExecutionStatus.QUEUED, ready_at__lte=at)
    return ready.order_by("ready_at", "id")


@dataclass(frozen=True)
class Pace:
    """How quickly a robot takes work, and how much it has in its hands."""

    per_minute: float
    held: int


PACE = """
    WITH robots (key) AS (VALUES {keys})
    SELECT r.key,
        (SELECT count(*) FROM ({newest}) s WHERE s.claimed_at > %(since)s),
        (SELECT min(s.claimed_at) FROM ({newest}) s WHERE s.claimed_at > %(since)s)
    FROM robots r
"""
NEWEST = """
    SELECT e.claimed_at FROM flows_execution e WHERE e.robot_key = r.key AND NOT (e.robot_key = '')
    ORDER BY e.created_at DESC, e.id DESC LIMIT %(sample)s
"""


def paces(keys: Sequence[str], at: datetime) -> dict[str, Pace]:
    """From the newest runs of each robot alone, however many there are."""
    if not keys:
        return {}
    held = dict(_held(keys).values_list("robot_key").annotate(Count("pk")))
    facts = {f"key{place}": key for place, key in enumerate(keys)}
    sql = PACE.format(newest=NEWEST, keys=", ".join(f"(%({name})s)" for name in facts))
    with connection.cursor() as cursor:
        cursor.execute(sql, facts | {"since": dialect.given(at - WINDOW), "sample": SAMPLE})
        rows = cursor.fetchall()
    return {key: Pace(_rate(count, first, at), held.get(key, 0)) for key, count, first in rows}


def _held(keys: Sequence[str]) -> QuerySet[Execution]:
    return Execution.objects.filter(status__in=HELD, robot_key__in=keys).order_by()


def _rate(count: int, first: Any, at: datetime) -> float:
    """A full sample covers only the time since its first claim."""
    span = at - dialect.as_moment(first) if count >= SAMPLE else WINDOW
    return float(count * 60 / max(1.0, span.total_seconds()))
