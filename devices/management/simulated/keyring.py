"""The secrets of the virtual fleet, in one file of the state directory that only its owner reads."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import orjson

from rdos.up.state import write_private


class InUse(Exception):
    """Another simulator already speaks for this hub's virtual fleet."""


@dataclass(frozen=True, slots=True)
class Credential:
    node_id: str
    secret: str


class Keyring:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.dirty = False
        self._held = _read(path)

    def get(self, key: str) -> Credential | None:
        return self._held.get(key)

    def put(self, key: str, credential: Credential) -> None:
        self._held[key] = credential
        self.dirty = True

    def known(self) -> dict[str, UUID]:
        return {key: UUID(credential.node_id) for key, credential in self._held.items()}

    def save(self) -> None:
        if self.dirty:
            written = {key: [held.node_id, held.secret] for key, held in self._held.items()}
            write_private(self._path, orjson.dumps(written).decode())
            self.dirty = False


@contextmanager
def keyring(directory: Path) -> Iterator[Keyring]:
    """Two simulators with the same secrets would throw each other off the line for ever."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = os.open(directory / "simulated.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ring = Keyring(directory / "simulated.json")
        yield ring
        ring.save()
    except BlockingIOError as error:
        raise InUse(InUse.__doc__) from error
    finally:
        os.close(lock)


def _read(path: Path) -> dict[str, Credential]:
    """A file that cannot be understood is as good as none: every node then gets a new token."""
    try:
        written = orjson.loads(path.read_bytes())
        return {key: Credential(str(UUID(pair[0])), str(pair[1])) for key, pair in written.items()}
    except (FileNotFoundError, ValueError, AttributeError, LookupError, TypeError):
        return {}
