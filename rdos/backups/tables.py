"""What is asked of a database that is saved or compared, whichever it is."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Figure:
    """How many rows a table has, and a sum over their digests that does not depend on their order."""

    rows: int
    checksum: str


class Tables(Protocol):
    def names(self) -> list[str]: ...

    def columns(self, table: str) -> list[str]: ...

    def count(self, table: str) -> int: ...

    def figure(self, table: str) -> Figure: ...

    def values(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """One after the other, however many there are."""
        ...


class Snapshot(Tables, Protocol):
    def dump(self) -> Iterator[bytes]:
        """The whole database, as of the same moment that the other questions are answered for."""
        ...


class Database(Protocol):
    vendor: str

    def snapshot(self) -> AbstractContextManager[Snapshot]: ...

    def present(self) -> AbstractContextManager[Tables]:
        """As it is now."""
        ...

    def scratch(self, dump: Iterator[bytes]) -> AbstractContextManager[Tables]:
        """Restored beside the hub's own database, and gone again afterwards."""
        ...

    def replace(self, dump: Iterator[bytes]) -> None:
        """Puts it in the place of all that is there."""
        ...
