"""What a statement written by hand needs so that both databases understand it, and their answers are read alike."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils.dateparse import parse_datetime


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def given(value: Any) -> Any:
    """A parameter."""
    if isinstance(value, UUID):
        return value.hex if is_sqlite() else value
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def as_uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def as_json(value: Any) -> Any:
    """psycopg is told by Django to leave JSON as text, and SQLite knows nothing else."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def as_moment(value: Any) -> datetime:
    found = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(found, datetime):
        raise TypeError(f"{value!r} is no moment.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
