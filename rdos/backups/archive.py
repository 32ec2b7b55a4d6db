"""An archive as a file: written whole or not at all, and read through to its end before anything of it is used."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rdos.backups import databases, files, parts
from rdos.backups.errors import Damaged, Unfit
from rdos.backups.manifest import Manifest, described, parsed
from rdos.backups.stream import Sealer, opened
from rdos.environment import load
from rdos.variables import VARIABLES

ENDING = ".rdos"
MANIFEST, SETTINGS, DATABASE, FILES = "manifest.json", "settings.env", "database", "files/"
LARGEST_MANIFEST = 64 * 1024 * 1024

Read = Callable[[str, Iterator[bytes]], None]


def write(path: Path, *, name: str, at: datetime) -> Manifest:
    with _whole(path) as draft, draft.open("wb") as file:
        sealer = Sealer(file)
        database = databases.own()
        with database.snapshot() as snapshot:
            manifest = described(snapshot, name=name, vendor=database.vendor, at=at)
            parts.add(sealer, MANIFEST, [manifest.written()])
            parts.add(sealer, SETTINGS, [_settings()])
            parts.add(sealer, DATABASE, snapshot.dump())
        for relative, source in files.ours():
            parts.add(sealer, FILES + relative, files.blocks(source))
        parts.end(sealer)
        sealer.finish()
        file.flush()
        os.fsync(file.fileno())
    return manifest


def read(path: Path, use: Read) -> None:
    """Gives out every part in its order. What is wrong may be found only at the end: `checked` comes first."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Unfit(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        for name, content in parts.read(opened(file)):
            use(name, content)


def checked(path: Path) -> Manifest:
    """Opens all of it and keeps nothing but what it says of itself."""
    found: list[bytes] = []
    names: list[str] = []

    def look(name: str, content: Iterator[bytes]) -> None:
        names.append(name)
        if name == MANIFEST:
            found.append(_bounded(content))

    read(path, look)
    if names[:3] != [MANIFEST, SETTINGS, DATABASE]:
        raise Damaged
    return parsed(found[0])


def _bounded(content: Iterator[bytes]) -> bytes:
    text = bytearray()
    for block in content:
        text += block
        if len(text) > LARGEST_MANIFEST:
            raise Damaged
    return bytes(text)


def _settings() -> bytes:
    """As they are in force here; what is secret is left out, and belongs to wherever the master key is kept."""
    environment = load()
    told = [(name, environment.text(name)) for name, variable in VARIABLES.items() if not variable.secret]
    return "".join(f"{name}={value}\n" for name, value in told if value and "\n" not in value).encode()


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
