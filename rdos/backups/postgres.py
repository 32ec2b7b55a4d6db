"""PostgreSQL: dumped and restored by its own programs, counted in the very snapshot that is dumped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

import psycopg
from psycopg import sql

from rdos.backups import programs
from rdos.backups.errors import BackupFailed, NotEmpty
from rdos.backups.tables import Figure

ROWS_AT_ONCE = 1000
LOCKED_OUT = "10s"
# A row's text must be the same whoever asks for it, and wherever.
SPELLING = {"TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "bytea_output": "hex"}
NAMES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname
"""
# In this order: what hangs on a table goes with it.
KINDS = (("VIEW", ["v"]), ("MATERIALIZED VIEW", ["m"]), ("TABLE", ["r", "p"]), ("SEQUENCE", ["S"]))
OF_KIND = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind::text = ANY(%s) AND NOT c.relispartition ORDER BY c.relname
"""
COLUMNS = """
SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s
"""
FIGURE = """
SELECT count(*), coalesce(sum(('x' || encode(substr(digest, 1, 8), 'hex'))::bit(64)::bigint), 0)
FROM (SELECT sha256(convert_to(t::text, 'UTF8')) AS digest FROM {} t) digests
"""


class PostgresTables:
    def __init__(self, line: "psycopg.Connection[Any]") -> None:
        self._line = line

    def names(self) -> list[str]:
        return [name for (name,) in self._line.execute(NAMES)]

    def columns(self, table: str) -> list[str]:
        return [name for (name,) in self._line.execute(COLUMNS, [table])]

    def count(self, table: str) -> int:
        return int(self._one(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))[0])

    def figure(self, table: str) -> Figure:
        rows, checksum = self._one(sql.SQL(FIGURE).format(sql.Identifier(table)))
        return Figure(rows, str(checksum))

    def values(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        wanted = sql.SQL(", ").join(map(sql.Identifier, columns))
        with self._line.transaction(), self._line.cursor(f"rdos_{token_hex(4)}") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            yield from cursor.execute(sql.SQL("SELECT {} FROM {}").format(wanted, sql.Identifier(table)))

    def _one(self, query: sql.Composed) -> tuple[Any, ...]:
        found: tuple[Any, ...] | None = self._line.execute(query).fetchone()
        if found is None:
            raise BackupFailed
        return found


class PostgresSnapshot(PostgresTables):
    def __init__(self, line: "psycopg.Connection[Any]") -> None:
        super().__init__(line)
        self._name = self._one(sql.SQL("SELECT pg_export_snapshot()").format())[0]

    def dump(self) -> Iterator[bytes]:
        options = [
            "--format=custom", f"--snapshot={self._name}", "--no-owner", "--no-privileges", "--no-tablespaces",
            "--no-publications", "--no-subscriptions", "--lock-wait-timeout=60s",
        ]  # fmt: skip
        yield from programs.output("pg_dump", options, programs.parameters())


class PostgresDatabase:
    vendor = "postgresql"

    @contextmanager
    def snapshot(self) -> Iterator[PostgresSnapshot]:
        with _connected() as line:
            line.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            line.read_only = True
            with line.transaction():
                yield PostgresSnapshot(line)

    @contextmanager
    def present(self) -> Iterator[PostgresTables]:
        with _connected() as line:
            yield PostgresTables(line)

    @contextmanager
    def scratch(self, dump: Iterator[bytes]) -> Iterator[PostgresTables]:
        name = f"rdos_proof_{token_hex(6)}"
        with _connected() as line:
            line.autocommit = True
            _make(line, name)
            try:
                _restore(dump, dbname=name)
                with _connected(dbname=name) as other:
                    yield PostgresTables(other)
            finally:
                line.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def replace(self, dump: Iterator[bytes]) -> None:
        with _connected() as line:
            line.execute(f"SET lock_timeout = '{LOCKED_OUT}'")
            _clear(line)
        _restore(dump)


def _connected(**over: Any) -> "psycopg.Connection[Any]":
    """Not from the pool: a dump takes as long as it takes."""
    line = psycopg.connect(**programs.parameters(**over), autocommit=True)
    for name, value in SPELLING.items():
        line.execute("SELECT set_config(%s, %s, false)", [name, value])
    line.autocommit = False
    return line


def _make(line: "psycopg.Connection[Any]", name: str) -> None:
    try:
        line.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        role = line.info.user
        raise BackupFailed(
            f"A proof needs a database of its own for a while, and this role may make none: ALTER ROLE {role} CREATEDB."
        ) from error


def _clear(line: "psycopg.Connection[Any]") -> None:
    try:
        for kind, letters in KINDS:
            for (name,) in line.execute(OF_KIND, [letters]).fetchall():
                line.execute(sql.SQL(f"DROP {kind} IF EXISTS {{}} CASCADE").format(sql.Identifier(name)))
    except psycopg.errors.LockNotAvailable as error:
        raise NotEmpty(
            "Somebody is using this database: stop the hub, and whatever else is connected, first."
        ) from error


def _restore(dump: Iterator[bytes], **over: Any) -> None:
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    programs.fed("pg_restore", options, programs.parameters(**over), dump)
