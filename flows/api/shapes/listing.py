"""A page of runs. PostgreSQL writes each of them as JSON itself, so that none becomes an object here first."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from django.db.models import F, Func, QuerySet, TextField
from rest_framework.request import Request

from flows.api.shapes import executions as shapes
from flows.models import Execution
from rdos.kernel import dialect
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.keysets import Shape
from rdos.kernel.api.rendering import dumps
from rdos.kernel.api.serializers import camel, shaped
from rdos.kernel.secrecy import mask_text

AS_STORED = (
    *("id", "flow_id", "flow_name", "status", "runs_on", "priority", "environment", "trigger_type", "trigger_id"),
    *("retry_count", "max_retries", "progress"),
)
TEXTS = ("current_node", "message", "error", "error_type")
MOMENTS = ("created_at", "ready_at", "claimed_at", "started_at", "completed_at")
RUN = "flows_execution"
# The sums are those of `duration_ms`, in the same kind of number.
MILLISECONDS = f"round(extract(epoch FROM {RUN}.completed_at - {RUN}.started_at)::float8 * 1000)::bigint"


def listing(request: Request, found: QuerySet[Execution]) -> tuple[QuerySet[Any, Any], Shape]:
    """The rows to read, and what turns a page of them into an answer."""
    return (plain if dialect.is_sqlite() else written)(request, found)


def plain(request: Request, found: QuerySet[Execution]) -> tuple[QuerySet[Any, Any], Shape]:
    return found.values(*shapes.COLUMNS), lambda rows: [shaped(request, shapes.row(row)) for row in rows]


def written(request: Request, found: QuerySet[Execution]) -> tuple[QuerySet[Any, Any], Shape]:
    """The same, letter by letter."""
    is_camel = accent_of(request).camel_case
    as_json = Func(F("version__number"), template=_template(is_camel), output_field=TextField())
    rows = found.annotate(as_json=as_json).values("id", "created_at", "error", "as_json")
    return rows, _fragments


def _fragments(rows: Sequence[Mapping[str, Any]]) -> list[orjson.Fragment]:
    return [orjson.Fragment(_masked(row) if row["error"] else row["as_json"]) for row in rows]


def _masked(row: Mapping[str, Any]) -> bytes:
    """What a secret looks like is known here only."""
    return dumps(orjson.loads(row["as_json"]) | {"error": mask_text(row["error"][: shapes.LONGEST_ERROR])})


@cache
def _template(is_camel: bool) -> str:
    named = ", ".join(f'{sql} AS "{camel(name) if is_camel else name}"' for name, sql in _columns().items())
    return f"(SELECT row_to_json(told) FROM (SELECT {named}) told)::text"  # noqa: S608 - made of words of our own


def _columns() -> dict[str, str]:
    """In the order of `row`. The version is of another table, whose name in the statement Django knows."""
    columns = {name: f"{RUN}.{name}" for name in AS_STORED}
    columns |= {name: f"NULLIF({RUN}.{name}, '')" for name in TEXTS}
    columns |= {"error": f"NULLIF(left({RUN}.error, {shapes.LONGEST_ERROR}), '')"}
    columns |= {name: _moment(f"{RUN}.{name}") for name in MOMENTS}
    return columns | {
        "version": "%(expressions)s",
        "robot_id": f"NULLIF({RUN}.robot_key, '')",
        "duration_ms": MILLISECONDS,
    }


def _moment(column: str) -> str:
    """As orjson writes it: microseconds in full, or none."""
    written_out = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({written_out}, '.000000Z', 'Z')"
