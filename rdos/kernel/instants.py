"""Moments out of PostgreSQL, read by the interpreter's own parser: a list of a hundred rows holds five hundred."""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg.types.datetime import TimestamptzLoader


class QuickLoader(TimestamptzLoader):
    # Django asks for it, and every session speaks UTC.
    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            # The years before the first and after the last, and infinity: worded by psycopg.
            return super().load(data)


def read_quickly() -> None:
    """For every connection that is made from here on."""
    get_adapters_template(True, UTC).register_loader("timestamptz", QuickLoader)
