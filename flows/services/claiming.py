"""A robot takes work: the first in the queue that is for it, in one statement that two robots never share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F

from flows import doorbell, predicates
from flows.choices import HELD, ExecutionStatus
from flows.models import Execution, Flow, Robot
from rdos.kernel import dialect, prepared

# How much one call may take.
MOST_AT_ONCE = 50
LEASE_SECONDS, SHORTEST_LEASE, LONGEST_LEASE = 30, 5, 3600


@dataclass(frozen=True, slots=True)
class Grant:
    """A run in somebody's hands, with all that is needed to carry it out."""

    execution_id: UUID
    flow_id: UUID
    flow_name: str
    # The graph as text, ready to be handed over.
    content: str
    input: Any
    came_with: Any
    priority: int
    environment: str
    fence: int
    lease_until: datetime
    timeout_seconds: int
    retry_count: int
    max_retries: int
    created_at: datetime
    claimed_at: datetime
    parked: Any
    trigger_type: str
    is_limited: bool


def claim(
    *, robot: Robot, at: datetime, limit: int = 1, lease: timedelta = timedelta(seconds=LEASE_SECONDS)
) -> list[Grant]:
    with transaction.atomic():
        facts = predicates.hold(robot.pk, at)
        if facts is None:
            return []
        chosen = predicates.first_for_robot(facts["environment"], min(limit, MOST_AT_ONCE))
        return take(chosen, facts | {"robot_key": robot.node.key, "lease_until": dialect.given(at + lease)})


def take(chosen: str, facts: Mapping[str, Any]) -> list[Grant]:
    """Whatever is chosen is in the hands of `robot_key`."""
    with prepared.cursor() as cursor:
        cursor.execute(_sql(chosen), facts)
        return granted(cursor.fetchall())


def granted(rows: Iterable[Sequence[Any]]) -> list[Grant]:
    """In the order of the queue: what was told by RETURNING and may be kept."""
    kept = _give_back_beyond_limits(sorted(map(_grant, rows), key=_place))
    for grant in kept:
        doorbell.changed(grant.execution_id)
    return kept


COLUMNS = (
    *("id", "flow_id", "flow_name", "input", "came_with", "priority", "environment", "fence", "lease_until"),
    *(
        "timeout_seconds",
        "retry_count",
        "max_retries",
        "created_at",
        "claimed_at",
        "parked",
        "trigger_type",
        "is_limited",
    ),
)
# SQLite returns columns by the table's own name only.
RUN = "flows_execution" if dialect.is_sqlite() else "e"
CONTENT = f"(SELECT v.executable FROM flows_flowversion v WHERE v.id = {RUN}.version_id)"  # noqa: S608 - our own words
RETURNING = f"RETURNING {', '.join(f'{RUN}.{name}' for name in COLUMNS)}, {CONTENT}"


def _sql(chosen: str) -> str:
    # The ids are looked up once and for all: as a join they might be looked up again, and more be taken than is wanted.
    run = RUN if dialect.is_sqlite() else f"flows_execution AS {RUN}"
    those = f"IN ({chosen})" if dialect.is_sqlite() else f"= ANY(ARRAY({chosen}))"
    return f"""
        UPDATE {run} SET
            status = 'claimed', node_id = %(node_id)s, robot_key = %(robot_key)s, fence = fence + 1,
            lease_until = %(lease_until)s, claimed_at = %(now)s, started_at = NULL,
            ends_by = {predicates.later("%(now)s", "timeout_seconds")}
        WHERE id {those}
        {RETURNING}
    """  # noqa: S608 - made of words of our own


def _grant(row: Sequence[Any]) -> Grant:
    told: dict[str, Any] = dict(zip(COLUMNS, row, strict=False))
    told |= {name: dialect.as_json(told[name]) for name in ("input", "came_with", "parked")}
    told |= {name: dialect.as_moment(told[name]) for name in ("lease_until", "created_at", "claimed_at")}
    told |= {"flow_id": dialect.as_uuid(told["flow_id"]), "is_limited": bool(told["is_limited"])}
    return Grant(execution_id=dialect.as_uuid(told.pop("id")), content=row[-1], **told)


def _place(grant: Grant) -> tuple[int, datetime, UUID]:
    return grant.priority, grant.created_at, grant.execution_id


def _give_back_beyond_limits(taken: list[Grant]) -> list[Grant]:
    """Two robots that claim at once both count before either is counted. The second one sees it here and steps back."""
    flow_ids = {grant.flow_id for grant in taken if grant.is_limited}
    if not flow_ids:
        return taken
    limits = dict(
        Flow.objects.select_for_update(no_key=True)
        .filter(pk__in=flow_ids, max_concurrent__isnull=False)
        .order_by("pk")
        .values_list("pk", "max_concurrent")
    )
    beyond: set[UUID] = set()
    for flow_id, most in limits.items():
        mine = [grant.execution_id for grant in taken if grant.flow_id == flow_id]
        held = Execution.objects.filter(flow_id=flow_id, status__in=HELD).count()
        if excess := max(0, held - int(most or 0)):
            beyond.update(mine[-excess:])
    _put_back(beyond)
    return [grant for grant in taken if grant.execution_id not in beyond]


def _put_back(ids: set[UUID]) -> None:
    """Nobody has seen them: even the fence is as it was."""
    if ids:
        mine = Execution.objects.filter(pk__in=ids, status=ExecutionStatus.CLAIMED)
        mine.update(
            status=ExecutionStatus.QUEUED, node=None, robot_key="", fence=F("fence") - 1, lease_until=None,
            ends_by=None, claimed_at=None,
        )  # fmt: skip


def variables_of(grant: Grant) -> dict[str, Any]:
    """What a run starts with: an object as it is, anything else under the name `input`. What a webhook's call was like
    is under `webhook`, whatever its sender calls so."""
    given = _variables(grant.input)
    return given if grant.came_with is None else given | {"webhook": grant.came_with}


def _variables(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            return {"input": given}
    return given if isinstance(given, dict) else {} if given is None else {"input": given}
