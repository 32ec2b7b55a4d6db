"""What failed for good: run again, one or many, or thrown away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.access import require
from flows.access import dead_letter_for, dead_letters_for
from flows.models import DeadLetter, Execution
from flows.services import executions
from rdos.kernel.actors import Actor
from rdos.kernel.errors import DomainError
from rdos.kernel.journal import Row, record, row_of

# At once; whoever calls comes again while there are as many.
MOST_RETRIED = 1000


@dataclass(frozen=True, slots=True)
class Retried:
    letter_id: UUID
    new_id: UUID | None
    # Why not.
    reason: str = ""


def retry(*, actor: Actor, pk: UUID, at: datetime, said_by: str = "") -> Execution:
    letter = dead_letter_for(actor, pk, "executions.create")
    return executions.reprocess(actor=actor, letter=letter, at=at, said_by=said_by)


def retry_many(
    *, actor: Actor, at: datetime, ids: Sequence[UUID] | None = None, flow_id: UUID | None = None
) -> list[Retried]:
    """Those named, those of a flow, or all that wait; each by itself, oldest first."""
    require(actor, "executions.create")
    waiting = dead_letters_for(actor).filter(reprocessed_at=None).select_related("execution__flow")
    if ids is not None:
        waiting = waiting.filter(pk__in=ids)
    if flow_id is not None:
        waiting = waiting.filter(flow_id=flow_id)
    return [_retried(actor, letter, at) for letter in waiting.order_by("created_at", "id")[:MOST_RETRIED]]


def _retried(actor: Actor, letter: DeadLetter, at: datetime) -> Retried:
    try:
        return Retried(letter.pk, executions.reprocess(actor=actor, letter=letter, at=at).pk)
    except DomainError as error:
        return Retried(letter.pk, None, error.detail)


@transaction.atomic
def delete(*, actor: Actor, pk: UUID) -> None:
    """The run itself stays in the history."""
    letter = dead_letter_for(actor, pk, "executions.delete")
    record(who=actor.who, action="deadletter.delete", about=row_of(letter))
    letter.delete()


@transaction.atomic
def purge(*, actor: Actor, older_than: timedelta, at: datetime) -> int:
    """Only what was run again."""
    require(actor, "executions.delete")
    over = dead_letters_for(actor).filter(reprocessed_at__isnull=False, created_at__lt=at - older_than)
    count, _ = over.delete()
    if count:
        about = Row("deadletter", "", f"{count} dead letters")
        record(who=actor.who, action="deadletter.purge", about=about, details={"count": count})
    return count
