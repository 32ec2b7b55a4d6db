"""SQLite: copied by its own backup API, and everything else is asked of the copy, so that it is one moment."""

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from rdos.backups.errors import Damaged
from rdos.backups.tables import Figure

BLOCK = 256 * 1024
NAMES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


class SqliteTables:
    def __init__(self, line: sqlite3.Connection) -> None:
        self._line = line

    def names(self) -> list[str]:
        return [name for (name,) in self._line.execute(NAMES)]

    def columns(self, table: str) -> list[str]:
        return [row[1] for row in self._line.execute(f"PRAGMA table_info({_quoted(table)})")]

    def count(self, table: str) -> int:
        return int(self._line.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])  # noqa: S608

    def figure(self, table: str) -> Figure:
        rows = total = 0
        for row in self._line.execute(f"SELECT * FROM {_quoted(table)}"):  # noqa: S608
            digest = hashlib.sha256(repr(row).encode("utf-8", "surrogateescape")).digest()
            rows, total = rows + 1, total + int.from_bytes(digest[:8], "big")
        return Figure(rows, str(total))

    def values(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        yield from self._line.execute(f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(table)}")  # noqa: S608


class SqliteSnapshot(SqliteTables):
    def __init__(self, line: sqlite3.Connection, path: Path) -> None:
        super().__init__(line)
        self._path = path

    def dump(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block


class SqliteDatabase:
    vendor = "sqlite"

    @contextmanager
    def snapshot(self) -> Iterator[SqliteSnapshot]:
        with _aside() as path:
            with closing(sqlite3.connect(_place())) as live, closing(sqlite3.connect(path)) as copy:
                live.backup(copy)
                # The copy's pages carry the live file's mode, which would leave a log beside it.
                copy.execute("PRAGMA journal_mode=DELETE")
            with closing(_reading(path)) as line:
                yield SqliteSnapshot(line, path)

    @contextmanager
    def present(self) -> Iterator[SqliteTables]:
        with closing(_reading(Path(_place()))) as line:
            yield SqliteTables(line)

    @contextmanager
    def scratch(self, dump: Iterator[bytes]) -> Iterator[SqliteTables]:
        with _aside() as path:
            _write(path, dump)
            with closing(_reading(path)) as line:
                yield SqliteTables(line)

    def replace(self, dump: Iterator[bytes]) -> None:
        with _aside() as path:
            _write(path, dump)
            with closing(sqlite3.connect(path)) as copy, closing(sqlite3.connect(_place(), timeout=20)) as live:
                copy.backup(live)


def _place() -> str:
    return str(connection.settings_dict["NAME"])


@contextmanager
def _aside() -> Iterator[Path]:
    """Beside the database itself, where there is room for one."""
    with tempfile.TemporaryDirectory(prefix=".rdos-copy-", dir=Path(_place()).parent) as folder:
        yield Path(folder) / "copy.sqlite3"


def _reading(path: Path) -> sqlite3.Connection:
    line = sqlite3.connect(path)
    line.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return line


def _write(path: Path, dump: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for block in dump:
            file.write(block)
    with closing(sqlite3.connect(path)) as line:
        try:
            sound = line.execute("PRAGMA quick_check").fetchone() == ("ok",)
        except sqlite3.DatabaseError as error:
            raise Damaged from error
        if not sound:
            raise Damaged


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
