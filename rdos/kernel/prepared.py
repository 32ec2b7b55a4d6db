"""A cursor whose statements PostgreSQL parses once for each connection: for those so hot that planning costs more than
running them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


class _Preparing(psycopg.Cursor[Any]):
    """Values stay apart from the statement, so that its text is the same each time."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_Preparing":
        return super().execute(query, params, prepare=True)


@contextmanager
def cursor() -> Iterator[CursorWrapper]:
    """Like `connection.cursor()`, for PostgreSQL and SQLite alike."""
    if connection.vendor == "sqlite":
        with connection.cursor() as plain:
            yield plain
        return
    connection.ensure_connection()
    # Django switches preparing off, as its own cursors have no use for it.
    connection.connection.prepare_threshold = 1
    with connection.wrap_database_errors:
        made = _Preparing(connection.connection)
    # What logs, counts and wraps the statements of any other cursor does so here, too.
    with connection._prepare_cursor(made) as wrapped:  # type: ignore[attr-defined] # the stubs leave it out
        yield wrapped
