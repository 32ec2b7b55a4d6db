"""Runs enter the queue: one or thousands, in one statement."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db import transaction

from flows import doorbell, outcomes
from flows.choices import ExecutionStatus, FlowStatus, RunsOn, StartedBy
from flows.errors import FlowNotRunning, NothingToRun, RunsElsewhere
from flows.models import Execution, Flow
from rdos.kernel import dialect, prepared
from rdos.kernel.errors import TooLarge
from rdos.kernel.journal import Who


@dataclass(frozen=True, kw_only=True)
class Start:
    """What all runs of one call share. Whatever is not said, the flow says."""

    who: Who
    trigger_type: str = StartedBy.MANUAL
    trigger_id: UUID | None = None
    priority: int | None = None
    environment: str = ""
    target_node_id: UUID | None = None
    ready_at: datetime | None = None
    begin_by: datetime | None = None
    max_retries: int | None = None
    capabilities: Sequence[str] = field(default_factory=tuple)
    retry_of_id: UUID | None = None
    came_with: Any = None
    # Only of a call with one input; of many, each has its own.
    dedup_key: str | None = None


def enqueue(*, flow: Flow, start: Start, given: Any, at: datetime) -> Execution:
    """The same dedup key again is the same run, whoever of two was quicker."""
    if start.dedup_key is not None and (before := _same(flow, start.dedup_key)):
        return before
    ids = enqueue_many(flow=flow, start=start, given=[given], at=at)
    if ids:
        return Execution.objects.get(pk=ids[0])
    return Execution.objects.get(flow=flow, dedup_key=start.dedup_key)


def _same(flow: Flow, dedup_key: str) -> Execution | None:
    return Execution.objects.filter(flow=flow, dedup_key=dedup_key).first()


def enqueue_many(
    *, flow: Flow, start: Start, given: Sequence[Any], at: datetime, dedup_keys: Sequence[str] | None = None
) -> list[UUID]:
    """The ids of the runs that are new in the queue, in the order in which they were given."""
    insist_startable(flow)
    row = row_of(flow, start, at)
    keys = [start.dedup_key] * len(given) if dedup_keys is None else list(dedup_keys)
    news = [New(uuid4(), text_of(one), key) for one, key in zip(given, keys, strict=True)]
    # One statement, so that it needs no transaction around it.
    made = _insert(row, news)
    doorbell.queued(flow, made, row["ready_at"] <= at)
    return made


def insist_startable(flow: Flow) -> None:
    if flow.runs_on == RunsOn.NODE:
        raise RunsElsewhere
    if flow.status != FlowStatus.RUNNING:
        raise FlowNotRunning(f"Flow must be running to execute (current: {flow.status})")
    if flow.current_id is None:
        raise NothingToRun


def text_of(given: Any) -> str | None:
    text = outcomes.as_json(given, sys.maxsize)
    if text is not None and len(text) > outcomes.LARGEST_INPUT:
        raise TooLarge(f"The input is larger than {outcomes.LARGEST_INPUT // 2**20} MiB.")
    return text


def fragment_of(given: Any) -> orjson.Fragment | None:
    """The same as a part of a larger text."""
    text = text_of(given)
    return None if text is None else orjson.Fragment(text)


def row_of(flow: Flow, start: Start, at: datetime) -> dict[str, Any]:
    return {
        "flow_id": flow.pk,
        "version_id": flow.current_id,
        "flow_name": flow.name,
        "status": ExecutionStatus.QUEUED.value,
        "runs_on": flow.runs_on,
        "priority": flow.priority if start.priority is None else start.priority,
        "environment": start.environment or flow.environment,
        "capabilities": sorted({*flow.capabilities, *start.capabilities}),
        "labels": flow.labels,
        "target_node_id": start.target_node_id or flow.target_node_id,
        "is_limited": flow.max_concurrent is not None,
        "ready_at": start.ready_at or at,
        "begin_by": start.begin_by,
        "timeout_seconds": flow.timeout_seconds,
        "max_retries": flow.max_retries if start.max_retries is None else start.max_retries,
        "trigger_type": str(start.trigger_type),
        "trigger_id": start.trigger_id,
        "retry_of_id": start.retry_of_id,
        "came_with": start.came_with,
        "created_by_kind": start.who.kind,
        "created_by_id": start.who.id[:128],
        "created_by_label": start.who.label[:200],
        "created_at": at,
    }


@dataclass(frozen=True, slots=True)
class New:
    id: UUID
    input: str | None
    dedup_key: str | None


# What a new run has whoever starts it; the table has no defaults of its own.
BLANK: dict[str, Any] = {
    "robot_key": "",
    "fence": 0,
    "retry_count": 0,
    "progress": 0,
    "current_node": "",
    "message": "",
    "error": "",
    "error_type": "",
}
# What was given together is told apart by a microsecond each, so that the first is also the first to be run. What they
# share comes as one object, so that the statement is always the same and is planned once.
INSERT = """
    INSERT INTO flows_execution (id, input, dedup_key, created_at, {names})
    SELECT given.id, given.input::jsonb, given.dedup_key,
        shared.created_at + (given.place - 1) * interval '1 microsecond', {values}
    FROM unnest(%(ids)s::uuid[], %(inputs)s::text[], %(keys)s::text[])
            WITH ORDINALITY AS given (id, input, dedup_key, place),
        jsonb_populate_record(NULL::flows_execution, %(shared)s::jsonb) AS shared
    ON CONFLICT (flow_id, dedup_key) WHERE dedup_key IS NOT NULL DO NOTHING
    RETURNING id
"""


def _insert(row: dict[str, Any], news: Sequence[New]) -> list[UUID]:
    if dialect.is_sqlite():
        return _insert_by_rows(row, news)
    shared = row | BLANK
    names = [name for name in shared if name != "created_at"]
    sql = INSERT.format(names=", ".join(names), values=", ".join(f"shared.{name}" for name in names))
    facts: dict[str, Any] = {
        "ids": [new.id for new in news],
        "inputs": [new.input for new in news],
        "keys": [new.dedup_key for new in news],
        "shared": orjson.dumps(shared).decode(),
    }
    with prepared.cursor() as cursor:
        cursor.execute(sql, facts)
        made = {pk for (pk,) in cursor.fetchall()}
    return [new.id for new in news if new.id in made]


@transaction.atomic
def _insert_by_rows(row: dict[str, Any], news: Sequence[New]) -> list[UUID]:
    rows = [
        Execution(
            id=new.id,
            input=None if new.input is None else orjson.loads(new.input),
            dedup_key=new.dedup_key,
            **row | {"created_at": row["created_at"] + timedelta(microseconds=place)},
        )
        for place, new in enumerate(news)
    ]
    Execution.objects.bulk_create(rows, ignore_conflicts=True)
    made = set(Execution.objects.filter(pk__in=[new.id for new in news]).values_list("pk", flat=True))
    return [new.id for new in news if new.id in made]
