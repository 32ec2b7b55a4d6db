"""The shell of an archive: it opens as it was closed, or not at all."""

import io
import os
from collections.abc import Callable

import pytest
from pytest_django import Settings

from rdos.backups import parts
from rdos.backups.errors import Damaged, ForeignKey, Unfit
from rdos.backups.stream import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, Sealer, opened

SEALED = CHUNK_BYTES + TAG_BYTES
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7)


def sealed(content: bytes) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file)
    for start in range(0, len(content), 100_000):
        sealer.write(content[start : start + 100_000])
    sealer.finish()
    return file.getvalue()


def read(archive: bytes) -> bytes:
    return b"".join(opened(io.BytesIO(archive)))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_out_again(size: int) -> None:
    content = os.urandom(size)
    assert read(sealed(content)) == content


def test_nothing_of_the_content_lies_open() -> None:
    assert b"a secret sentence" not in sealed(b"a secret sentence" * 1000)


def test_two_archives_of_the_same_have_nothing_in_common() -> None:
    first, second = sealed(b"x" * 1000), sealed(b"x" * 1000)
    assert first[HEADER_BYTES:] != second[HEADER_BYTES:]


def chunks(archive: bytes) -> list[bytes]:
    body = archive[HEADER_BYTES:]
    return [body[start : start + SEALED] for start in range(0, len(body), SEALED)]


def turned(archive: bytes, place: int) -> bytes:
    return archive[:place] + bytes([archive[place] ^ 1]) + archive[place + 1 :]


def swapped(archive: bytes) -> bytes:
    first, second, *rest = chunks(archive)
    return archive[:HEADER_BYTES] + b"".join([second, first, *rest])


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "another salt": lambda archive: turned(archive, HEADER_BYTES - 1),
    "a bit of the first chunk": lambda archive: turned(archive, HEADER_BYTES + 5),
    "a bit of the last tag": lambda archive: turned(archive, len(archive) - 1),
    "two chunks in the other order": swapped,
    "a chunk left out": lambda archive: archive[: HEADER_BYTES + SEALED] + archive[HEADER_BYTES + 2 * SEALED :],
    "a chunk twice": lambda archive: archive + chunks(archive)[-1],
    "cut between two chunks": lambda archive: archive[: HEADER_BYTES + 2 * SEALED],
    "cut inside a chunk": lambda archive: archive[:-100],
    "cut after the header": lambda archive: archive[:HEADER_BYTES],
    "something after the end": lambda archive: archive + b"more",
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_whatever_was_done_to_it_is_found(change: Callable[[bytes], bytes]) -> None:
    archive = sealed(os.urandom(3 * CHUNK_BYTES + 7))
    with pytest.raises(Damaged):
        read(change(archive))


def test_another_master_key_is_told_from_damage(settings: Settings) -> None:
    archive = sealed(b"content")
    settings.MASTER_KEY = "another-4c1e-Vt02-Jd77-key"
    with pytest.raises(ForeignKey, match="another master key"):
        read(archive)


def test_the_previous_master_key_still_opens(settings: Settings) -> None:
    archive = sealed(b"content")
    settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS = "another-4c1e-Vt02-Jd77-key", settings.MASTER_KEY
    assert read(archive) == b"content"


@pytest.mark.parametrize("other", [b"", b"PK\x03\x04 something else altogether, and long enough for a header"])
def test_what_is_no_archive_is_called_so(other: bytes) -> None:
    with pytest.raises(Unfit, match="no archive"):
        read(other)


def test_parts_come_out_in_their_order_and_may_be_passed_over() -> None:
    out = io.BytesIO()
    parts.add(out, "first", [b"ab", b"", b"c"])
    parts.add(out, "second", [os.urandom(3_000_000)])
    parts.add(out, "third", [])
    parts.end(out)
    found = {name: b"".join(blocks) for name, blocks in parts.read(iter([out.getvalue()])) if name != "second"}
    assert found == {"first": b"abc", "third": b""}


def test_parts_without_their_end_are_damaged() -> None:
    out = io.BytesIO()
    parts.add(out, "first", [b"abc"])
    with pytest.raises(Damaged):
        list(parts.read(iter([out.getvalue()])))
