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
        names, rows = rows_of(orders, at)
        with prepared.cursor() as cursor:
            cursor.execute(insertion(names), [rows])
    ring(orders)


def insertion(names: str) -> str:
    """Of rows that are given as JSON."""
    return f"""
        INSERT INTO flows_execution ({names})
        SELECT {names} FROM json_populate_recordset(NULL::flows_execution, %s::json)
    """  # noqa: S608 - made of column names of our own


def rows_of(orders: Sequence[Order], at: datetime) -> tuple[str, str]:
    """The names of the columns, and the rows as JSON: for whoever writes them in a statement of their own."""
    rows = [_written(_facts(order, at, place)) for place, order in enumerate(orders)]
    return ", ".join(rows[0]), orjson.dumps(rows).decode()


def _facts(order: Order, at: datetime, place: int) -> dict[str, Any]:
    row = queueing.row_of(order.flow, order.start, at) | queueing.BLANK
    # Told apart by a microsecond each, so that the first is also the first to be run.
    moments = {"created_at": at + timedelta(microseconds=place)}
    return row | moments | {"id": order.execution_id, "input": order.given}


def _written(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: queueing.fragment_of(row[name]) for name in ("input", "came_with")}


def ring(orders: Sequence[Order]) -> None:
    hub = [order.execution_id for order in orders if order.flow.runs_on == RunsOn.HUB]
    doorbell.for_workers(hub)
    if len(hub) < len(orders):
        doorbell.more_in_queue(len(orders) - len(hub))
