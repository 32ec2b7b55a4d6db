"""How runs end: many at once, each by one guarded step that only the holder of its present fence can take."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import uniform
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from flows import doorbell, outcomes
from flows.choices import HELD, ExecutionStatus
from flows.models import DeadLetter, Execution, LateResult
from flows.outcomes import Outcome
from flows.services import steps
from rdos.kernel import dialect, prepared
from rdos.kernel.journal import SYSTEM, Row, Who, record


@dataclass(frozen=True, slots=True)
class Settled:
    execution_id: UUID
    status: str
    flow_id: UUID
    flow_name: str
    robot_key: str
    error: str
    is_limited: bool


def settle(said: Sequence[Outcome], at: datetime) -> dict[UUID, Settled]:
    """Those that counted, by run. What came too late is kept, and changes nothing."""
    # One success that tells no steps is one statement or none, and needs no transaction around it.
    simple = len(said) == 1 and said[0].success and not steps.told_in(said[0])
    with nullcontext() if simple else transaction.atomic():
        moved = _move(said, at)
        counted = {one.execution_id: one for one in moved}
        if late := [one for one in said if one.execution_id not in counted]:
            _keep_late(late)
        steps.keep_from_results([one for one in said if one.execution_id in counted])
        ended(moved, at)
    return counted


def ended(moved: Sequence[Settled], at: datetime) -> None:
    """What follows from the end of a run, in the same transaction."""
    failed = [one for one in moved if one.status in (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)]
    letters = [DeadLetter(execution_id=one.execution_id, flow_id=one.flow_id) for one in failed]
    DeadLetter.objects.bulk_create(letters, ignore_conflicts=True)
    for one in failed:
        _record_failure(one)
    for one in moved:
        doorbell.changed(one.execution_id)
    if any(one.is_limited for one in moved):
        doorbell.room()


def _record_failure(one: Settled) -> None:
    who = Who(kind="robot", id=one.robot_key, label=one.robot_key) if one.robot_key else SYSTEM
    about = Row("execution", str(one.execution_id), one.flow_name)
    facts = {"status": one.status, "error": one.error[:500], "flow_id": one.flow_id}
    record(who=who, action=f"execution.{one.status}", about=about, details=facts)


def _move(said: Sequence[Outcome], at: datetime) -> list[Settled]:
    if dialect.is_sqlite():
        with transaction.atomic():
            return [one for outcome in said if (one := _move_one(outcome, at))]
    columns = zip(*map(_columns, said), strict=True) if said else ()
    with prepared.cursor() as cursor:
        cursor.execute(MOVE, {"now": at, **dict(zip(COLUMNS, map(list, columns), strict=True))})
        return [Settled(*row) for row in cursor.fetchall()]


COLUMNS = ("ids", "keys", "fences", "successes", "results", "errors", "types", "retryables", "spreads")
AGAIN = "NOT v.success AND v.retryable AND e.retry_count < e.max_retries"
PAUSE = f"LEAST({outcomes.LONGEST_PAUSE}, {outcomes.FIRST_PAUSE} * power(2, LEAST(e.retry_count, 12))) * v.spread"
MOVE = f"""
    UPDATE flows_execution e SET
        status = CASE WHEN v.success THEN 'succeeded' WHEN {AGAIN} THEN 'queued' ELSE 'failed' END,
        retry_count = e.retry_count + CASE WHEN {AGAIN} THEN 1 ELSE 0 END,
        ready_at = CASE WHEN {AGAIN} THEN %(now)s + make_interval(secs => {PAUSE}) ELSE e.ready_at END,
        completed_at = CASE WHEN {AGAIN} THEN NULL ELSE %(now)s END,
        started_at = COALESCE(e.started_at, e.claimed_at),
        first_failed_at = CASE WHEN v.success THEN e.first_failed_at ELSE COALESCE(e.first_failed_at, %(now)s) END,
        progress = CASE WHEN v.success THEN 100 ELSE e.progress END,
        result = v.result::jsonb, error = v.error, error_type = v.error_type,
        node_id = CASE WHEN {AGAIN} THEN NULL ELSE e.node_id END,
        lease_until = NULL, ends_by = NULL, parked = NULL
    FROM unnest(
        %(ids)s::uuid[], %(keys)s::text[], %(fences)s::int[], %(successes)s::bool[], %(results)s::text[],
        %(errors)s::text[], %(types)s::text[], %(retryables)s::bool[], %(spreads)s::float8[]
    ) AS v (id, robot_key, fence, success, result, error, error_type, retryable, spread)
    WHERE e.id = v.id AND e.status IN ('claimed', 'running') AND e.robot_key = v.robot_key
        AND e.fence = COALESCE(v.fence, e.fence)
    RETURNING e.id, e.status, e.flow_id, e.flow_name, e.robot_key, e.error, e.is_limited
"""  # noqa: S608 - made of words of our own


def _columns(one: Outcome) -> tuple[Any, ...]:
    error = "" if one.success else outcomes.clean(one.error, outcomes.LONGEST_ERROR)
    kind = "" if one.success else (one.error_type or outcomes.error_type_of(error))[:100]
    result = outcomes.as_json(one.result, outcomes.LARGEST_RESULT)
    return one.execution_id, one.robot_key, one.fence, one.success, result, error, kind, one.retryable, _spread()


def _spread() -> float:
    return uniform(1 - outcomes.SPREAD, 1 + outcomes.SPREAD)  # noqa: S311 - no secret depends on it


def _move_one(one: Outcome, at: datetime) -> Settled | None:
    """The same where one writer at a time has the whole database."""
    mine = Execution.objects.filter(pk=one.execution_id, robot_key=one.robot_key, status__in=HELD)
    row = mine.filter(**({} if one.fence is None else {"fence": one.fence})).first()
    if row is None:
        return None
    _, _, _, success, result, error, kind, _, spread = _columns(one)
    again = not success and one.retryable and row.retry_count < row.max_retries
    row.status = ExecutionStatus.SUCCEEDED if success else ExecutionStatus.QUEUED if again else ExecutionStatus.FAILED
    if again:
        pause = min(outcomes.LONGEST_PAUSE, outcomes.FIRST_PAUSE * 2 ** min(row.retry_count, 12)) * spread
        row.retry_count, row.ready_at, row.node = row.retry_count + 1, at + timedelta(seconds=pause), None
    row.completed_at = None if again else at
    row.started_at = row.started_at or row.claimed_at
    row.first_failed_at = row.first_failed_at if success else row.first_failed_at or at
    row.progress = 100 if success else row.progress
    row.result, row.error, row.error_type = None if result is None else orjson.loads(result), error, kind
    row.lease_until = row.ends_by = row.parked = None
    row.save()
    return Settled(row.pk, row.status, row.flow_id, row.flow_name, row.robot_key, row.error, row.is_limited)


def _keep_late(said: Sequence[Outcome]) -> None:
    known = set(Execution.objects.filter(pk__in=[one.execution_id for one in said]).values_list("pk", flat=True))
    LateResult.objects.bulk_create(_late(one) for one in said if one.execution_id in known)


def _late(one: Outcome) -> LateResult:
    text = outcomes.as_json({"result": one.result} if one.success else {"error": one.error}, outcomes.LARGEST_RESULT)
    payload: Mapping[str, Any] = orjson.loads(text or "null")
    word = "succeeded" if one.success else "failed"
    return LateResult(
        execution_id=one.execution_id, robot_key=one.robot_key, fence=one.fence, said=word, payload=payload
    )
