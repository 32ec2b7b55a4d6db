"""Writes lines into their table, over a connection of its own: the pool is for those who serve."""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from rdos.kernel.journal.storable import storable, text
from rdos.kernel.lines.line import Line
from rdos.kernel.logs import facts_of
from rdos.kernel.models import HubLine
from rdos.kernel.models.hub_line import Level

COLUMNS = ("at", "level", "module", "message", "metadata")
LONGEST_MODULE = 200
TOLD_APART = ("event", "level", "logger", "timestamp")


class Store:
    """Used by one thread. Nothing that goes wrong here leaves it."""

    def __init__(self) -> None:
        self._connection: BaseDatabaseWrapper | None = None

    def keep(self, lines: list[Line], dropped: int) -> bool:
        """False when they are to be tried again: the database is away, or has no such table yet."""
        try:
            rows = [_row(line) for line in lines] + ([_missing(dropped)] if dropped else [])
            self._insert(rows)
        except (OperationalError, InterfaceError, ProgrammingError):
            self.close()
            return False
        except Exception:  # A line that no database takes: better without these than without all that follow.
            self.close()
        return True

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        if self._connection is None:
            self._connection = _own_connection()
        places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
        adapted = self._connection.ops.adapt_datetimefield_value
        given = [value for at, *rest in rows for value in (adapted(at), *rest)]
        with self._connection.cursor() as cursor:
            # One statement, so that a batch that fails can be tried again as a whole.
            statement = f"INSERT INTO {HubLine._meta.db_table} ({', '.join(COLUMNS)}) VALUES {places}"  # noqa: S608
            cursor.execute(statement, given)


def _own_connection() -> BaseDatabaseWrapper:
    found = connections.create_connection(DEFAULT_DB_ALIAS)
    options = {name: value for name, value in found.settings_dict["OPTIONS"].items() if name != "pool"}
    found.settings_dict = {**found.settings_dict, "OPTIONS": options}
    return found


def _row(line: Line) -> tuple[Any, ...]:
    facts = facts_of(line.record, line.message, line.context)
    more = {name: value for name, value in facts.items() if name not in TOLD_APART}
    at = datetime.fromtimestamp(line.record.created, UTC)
    module = text(line.record.name, LONGEST_MODULE)
    return at, _level(line.record.levelno), module, text(str(facts["event"])), orjson.dumps(storable(more)).decode()


def _level(number: int) -> str:
    """The nearest word below: libraries have levels of their own."""
    words = {50: Level.CRITICAL, 40: Level.ERROR, 30: Level.WARNING, 20: Level.INFO}
    return next((word.value for least, word in words.items() if number >= least), Level.DEBUG.value)


def _missing(count: int) -> tuple[Any, ...]:
    metadata = orjson.dumps({"action": "lines_dropped", "count": count}).decode()
    message = f"{count} lines were not kept: too many at once, or the database was away"
    return datetime.now(UTC), Level.WARNING.value, "rdos.lines", message, metadata
