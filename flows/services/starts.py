"""Runs of many flows at once, as the clock starts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from flows import doorbell
from flows.choices import RunsOn
from flows.models import Execution, Flow
from flows.services import queueing
from rdos.kernel import dialect, prepared


@dataclass(frozen=True, slots=True)
class Order:
    """Its id is known before, because something else is written about it first."""

    execution_id: UUID
    flow: Flow
    start: queueing.Start
    given: Any


def begin(orders: Sequence[Order], at: datetime) -> None:
    """Inside a transaction, and only of flows that may be started: `queueing.insist_startable` says so."""
    if not orders:
        return
    if dialect.is_sqlite():
        Execution.objects.bulk_create(Execution(**_facts(order, at, place)) for place, order in enumerate(orders))
    else:
        _insert([_facts(order, at, place) for place, order in enumerate(orders)])
    _ring(orders)


def _facts(order: Order, at: datetime, place: int) -> dict[str, Any]:
    row = queueing.row_of(order.flow, order.start, at) | queueing.BLANK
    # Told apart by a microsecond each, so that the first is also the first to be run.
    moments = {"created_at": at + timedelta(microseconds=place)}
    return row | moments | {"id": order.execution_id, "input": order.given}


def _insert(rows: Sequence[dict[str, Any]]) -> None:
    names = ", ".join(rows[0])
    sql = f"""
        INSERT INTO flows_execution ({names})
        SELECT {names} FROM json_populate_recordset(NULL::flows_execution, %s::json)
    """  # noqa: S608 - made of column names of our own
    with prepared.cursor() as cursor:
        cursor.execute(sql, [orjson.dumps([_written(row) for row in rows]).decode()])


def _written(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: _fragment(row[name]) for name in ("input", "came_with")}


def _fragment(value: Any) -> Any:
    text = queueing.text_of(value)
    return None if text is None else orjson.Fragment(text)


def _ring(orders: Sequence[Order]) -> None:
    hub = [order.execution_id for order in orders if order.flow.runs_on == RunsOn.HUB]
    doorbell.for_workers(hub)
    if len(hub) < len(orders):
        doorbell.more_in_queue(len(orders) - len(hub))
