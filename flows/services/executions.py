"""What people do to a run: cancel, run again, change its priority."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from flows import doorbell
from flows.access import execution_for
from flows.choices import EXECUTION_LIFE, HELD, OPEN_EXECUTIONS, ExecutionStatus
from flows.errors import NotRetryable, ReprocessedAlready
from flows.models import DeadLetter, Execution
from flows.services import queueing
from rdos.kernel.actors import Actor
from rdos.kernel.journal import record, row_of
from rdos.kernel.lifecycle import WrongState

RETRYABLE = (ExecutionStatus.FAILED, ExecutionStatus.CANCELLED, ExecutionStatus.TIMED_OUT)
BY_USER = "Cancelled by user"


@transaction.atomic
def cancel(*, actor: Actor, pk: UUID, at: datetime, reason: str = BY_USER) -> tuple[str, bool]:
    """Where it was, and whether this ended it. Final at once: whoever runs it is told, and is not listened to."""
    execution = execution_for(actor, pk, "executions.cancel", hold=True)
    if not end_by_hand(pk=pk, at=at, reason=reason):
        return execution.status, False
    record(who=actor.who, action="execution.cancel", about=row_of(execution), before={"status": execution.status})
    return execution.status, True


@transaction.atomic
def end_by_hand(*, pk: UUID, at: datetime, reason: str) -> bool:
    """False when it is over already."""
    execution = Execution.objects.select_for_update(of=("self",)).filter(pk=pk, status__in=OPEN_EXECUTIONS).first()
    if execution is not None:
        _end(execution, at, reason)
    return execution is not None


def _ended(at: datetime, reason: str) -> dict[str, Any]:
    nothing = {"lease_until": None, "ends_by": None, "wake_at": None}
    return {"completed_at": at, "error": reason, "error_type": "", "cancel_requested_at": at, **nothing}


def _end(execution: Execution, at: datetime, reason: str) -> None:
    ended = _ended(at, reason)
    EXECUTION_LIFE.move(Execution, execution.pk, to=ExecutionStatus.CANCELLED, from_=execution.status, **ended)
    doorbell.changed(execution.pk)
    if execution.robot_key:
        doorbell.cancelled(execution.robot_key, execution.pk)
    if execution.is_limited:
        doorbell.room()


@transaction.atomic
def cancel_all_of(*, flow_id: UUID, at: datetime, reason: str) -> int:
    """When a flow stops, nothing of it goes on. Asked again until nothing is left: some may just change hands."""
    total = 0
    while ended := _end_unheld(flow_id, at, reason) + _end_held(flow_id, at, reason):
        total += ended
    return total


def _end_unheld(flow_id: UUID, at: datetime, reason: str) -> int:
    """In one statement, for there may be very many; nobody works on them who had to be told."""
    unheld = Execution.objects.filter(flow_id=flow_id, status__in=(ExecutionStatus.QUEUED, ExecutionStatus.WAITING))
    return unheld.update(status=ExecutionStatus.CANCELLED, **_ended(at, reason))


def _end_held(flow_id: UUID, at: datetime, reason: str) -> int:
    rows = Execution.objects.filter(flow_id=flow_id, status__in=HELD).select_for_update().order_by("id")
    found = list(rows.only("pk", "status", "robot_key", "is_limited"))
    for execution in found:
        _end(execution, at, reason)
    return len(found)


@transaction.atomic
def retry(*, actor: Actor, pk: UUID, at: datetime) -> Execution:
    """A new run of the same input on the flow's present version."""
    execution = execution_for(actor, pk, "executions.create")
    if execution.status not in RETRYABLE:
        raise NotRetryable(f"Only a failed, cancelled or timed out job can be retried; it is {execution.status}.")
    again = _run_again(actor, execution, at)
    record(who=actor.who, action="execution.retry", about=row_of(execution), details={"new_execution": again.pk})
    return again


def _run_again(actor: Actor, execution: Execution, at: datetime) -> Execution:
    start = queueing.Start(
        who=actor.who,
        trigger_type=execution.trigger_type,
        priority=execution.priority,
        environment=execution.environment,
        target_node_id=execution.target_node_id,
        max_retries=execution.max_retries,
        capabilities=execution.capabilities,
        retry_of_id=execution.pk,
        came_with=execution.came_with,
    )
    return queueing.enqueue(flow=execution.flow, start=start, given=execution.input, at=at)


@transaction.atomic
def reprocess(*, actor: Actor, letter: DeadLetter, at: datetime, said_by: str = "") -> Execution:
    """Once: two people who press the button at the same time start one run."""
    by = f"{said_by} ({actor.label})" if said_by and said_by != actor.label else actor.label
    mine = DeadLetter.objects.filter(pk=letter.pk, reprocessed_at=None)
    if not mine.update(reprocessed_at=at, reprocessed_by=by[:200]):
        raise ReprocessedAlready
    again = _run_again(actor, letter.execution, at)
    DeadLetter.objects.filter(pk=letter.pk).update(reprocessed_as=again)
    record(who=actor.who, action="deadletter.retry", about=row_of(letter), details={"new_execution": again.pk})
    return again


@transaction.atomic
def change_priority(*, actor: Actor, pk: UUID, priority: int) -> Execution:
    execution = execution_for(actor, pk, "executions.update")
    waiting = Execution.objects.filter(pk=pk, status__in=(ExecutionStatus.QUEUED, ExecutionStatus.WAITING))
    if not waiting.update(priority=priority):
        raise WrongState(present=execution.status, wanted="moved in the queue")
    before: Mapping[str, Any] = {"priority": execution.priority}
    record(
        who=actor.who, action="execution.update", about=row_of(execution), before=before, after={"priority": priority}
    )
    execution.priority = priority
    return execution
