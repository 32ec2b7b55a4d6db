"""The inner order of an archive: named parts of unknown length, one after the other, and an end that says so."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from rdos.backups.errors import Damaged

LARGEST_BLOCK = 1024 * 1024
LONGEST_NAME = 4096


class Writer(Protocol):
    def write(self, data: bytes) -> None: ...


def add(out: Writer, name: str, blocks: Iterable[bytes]) -> None:
    spelled = name.encode("utf-8", "surrogateescape")
    out.write(len(spelled).to_bytes(2, "big") + spelled)
    for block in blocks:
        for start in range(0, len(block), LARGEST_BLOCK):
            piece = block[start : start + LARGEST_BLOCK]
            out.write(len(piece).to_bytes(4, "big") + piece)
    out.write(bytes(4))


def end(out: Writer) -> None:
    out.write(bytes(2))


def read(chunks: Iterator[bytes]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each part's blocks must be taken before the next part is asked for; what is left of them is passed over."""
    source = _Source(chunks)
    while length := int.from_bytes(source.take(2), "big"):
        if length > LONGEST_NAME:
            raise Damaged
        name = source.take(length).decode("utf-8", "surrogateescape")
        blocks = _blocks(source)
        yield name, blocks
        for _ in blocks:
            pass
    if not source.is_over():
        raise Damaged


def _blocks(source: "_Source") -> Iterator[bytes]:
    while length := int.from_bytes(source.take(4), "big"):
        if length > LARGEST_BLOCK:
            raise Damaged
        yield source.take(length)


class _Source:
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._here = bytearray()

    def take(self, size: int) -> bytes:
        while len(self._here) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise Damaged
            self._here += chunk
        taken = bytes(self._here[:size])
        del self._here[:size]
        return taken

    def is_over(self) -> bool:
        return not self._here and not any(self._chunks)
