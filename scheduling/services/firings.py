"""Triggers go off: each once, written down together with the run that it starts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db import transaction

from flows.services import queueing, starts
from rdos.kernel import dialect, prepared
from rdos.kernel.journal import Who
from scheduling.choices import Outcome, Source, TriggerKind
from scheduling.models import Firing, Trigger

LONGEST_REASON = 500


@dataclass(slots=True, kw_only=True)
class Shot:
    """One going off, before it is written down."""

    trigger: Trigger
    source: Source
    due_at: datetime
    given: Any = None
    outcome: Outcome = Outcome.STARTED
    reason: str = ""
    delivery_id: str | None = None
    signature: str | None = None
    subject: str = ""
    details: Any = None
    # What the run is told of the call that brought its input.
    came_with: Any = None
    who: Who | None = None
    id: UUID = field(default_factory=uuid4)
    execution_id: UUID | None = None

    def leave_out(self, reason: str) -> None:
        self.outcome, self.reason = Outcome.SKIPPED, reason


def fire(shots: Sequence[Shot], at: datetime) -> list[Shot]:
    """Those that had not gone off before. Of the others nothing is written, and nothing starts."""
    if not shots:
        return []
    for shot in shots:
        if shot.outcome == Outcome.STARTED:
            shot.execution_id = uuid4()
    return _fire_by_rows(shots, at) if dialect.is_sqlite() else _fire(shots, at)


def _fire(shots: Sequence[Shot], at: datetime) -> list[Shot]:
    """In one statement without a transaction around it: a webhook's caller waits for each trip to the database."""
    orders = _orders(shots)
    made = _insert(shots, orders, at)
    written = [shot for shot in shots if shot.id in made]
    starts.ring(orders if len(written) == len(shots) else _orders(written))
    return written


@transaction.atomic
def _fire_by_rows(shots: Sequence[Shot], at: datetime) -> list[Shot]:
    rows = [_row(shot, at) for shot in shots]
    Firing.objects.bulk_create([Firing(**row) for row in rows], ignore_conflicts=True)
    made = set(Firing.objects.filter(pk__in=[row["id"] for row in rows]).values_list("pk", flat=True))
    written = [shot for shot in shots if shot.id in made]
    starts.begin(_orders(written), at)
    return written


def _orders(shots: Sequence[Shot]) -> list[starts.Order]:
    return [order_of(shot) for shot in shots if shot.execution_id is not None]


def order_of(shot: Shot) -> starts.Order:
    trigger = shot.trigger
    start = queueing.Start(
        who=shot.who or who_of(trigger),
        trigger_type=trigger.kind,
        trigger_id=trigger.pk,
        priority=trigger.priority,
        environment=trigger.environment,
        came_with=shot.came_with,
    )
    if shot.execution_id is None:
        raise ValueError("Only what starts a run is ordered.")
    return starts.Order(shot.execution_id, trigger.flow, start, shot.given)


def who_of(trigger: Trigger) -> Who:
    return Who(kind=TriggerKind(trigger.kind).value, id=str(trigger.pk), label=trigger.name)


def _row(shot: Shot, at: datetime) -> dict[str, Any]:
    return {
        "id": shot.id,
        "trigger_id": shot.trigger.pk,
        "source": shot.source.value,
        "due_at": shot.due_at,
        "fired_at": at,
        "outcome": shot.outcome.value,
        "reason": shot.reason[:LONGEST_REASON],
        "execution_id": shot.execution_id,
        "delivery_id": shot.delivery_id,
        "signature": shot.signature,
        "subject": shot.subject,
        # A run keeps its own.
        "input": shot.given if shot.outcome == Outcome.WAITING else None,
        "details": shot.details,
    }


def _insert(shots: Sequence[Shot], orders: Sequence[starts.Order], at: datetime) -> set[UUID]:
    rows = [_row(shot, at) for shot in shots]
    given = [orjson.dumps([_written(row) for row in rows]).decode()]
    columns = ""
    if orders:
        columns, runs = starts.rows_of(orders, at)
        given.append(runs)
    with prepared.cursor() as cursor:
        cursor.execute(_sql(", ".join(rows[0]), columns), given)
        return {pk for (pk,) in cursor.fetchall()}


@cache
def _sql(names: str, columns: str) -> str:
    """A run begins only if its firing was written."""
    of_fired = "WHERE id IN (SELECT execution_id FROM fired)"
    begun = f", begun AS ({starts.insertion(columns)} {of_fired})" if columns else ""
    return f"""
        WITH fired AS (
            INSERT INTO scheduling_firing ({names})
            SELECT {names} FROM json_populate_recordset(NULL::scheduling_firing, %s::json)
            ON CONFLICT DO NOTHING
            RETURNING id, execution_id
        )
        {begun}
        SELECT id FROM fired
    """  # noqa: S608 - made of column names of our own


def _written(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: queueing.fragment_of(row[name]) for name in ("input", "details")}
