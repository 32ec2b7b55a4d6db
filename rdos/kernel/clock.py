"""Time is the database's: processes may disagree, rows may not."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import functions
from django.utils import timezone


class Now(functions.Now):
    """A column's own moment. SQLite compares times as texts, so that all of them need the same number of digits."""

    def as_sqlite(self, *args: Any, **kwargs: Any) -> tuple[str, Any]:
        sql, parameters = super().as_sqlite(*args, **kwargs)
        return f"({sql} || '000')", parameters


def database_now() -> datetime:
    # SQLite lives in this process, so its clock is ours.
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]
