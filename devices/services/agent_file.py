"""The reference agent as the one file that nodes fetch: /agent.pyz."""

import io
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from devices.services import carried

SOURCES = Path(__file__).resolve().parents[1] / "agent"
SHEBANG = b"#!/usr/bin/env python3\n"
# The same bytes at every build: no clock enters the archive.
EPOCH = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16
UNIX = 3
# Of the websockets library an asyncio client is carried: no servers, no older interfaces, no command line.
LEFT_OUT = {"legacy", "sync", "trio", "__main__.py", "auth.py", "cli.py", "router.py", "server.py"}


@cache
def build() -> bytes:
    """Made from the sources and the installed library, once per process."""
    stream = io.BytesIO()
    stream.write(SHEBANG)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_contents()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = UNIX, READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return stream.getvalue()


def _contents() -> Iterator[tuple[str, bytes]]:
    for path in SOURCES.rglob("*.py"):
        yield path.relative_to(SOURCES).as_posix(), path.read_bytes()
    for name, folder in carried.carried().items():
        for path in folder.rglob("*.py"):
            yield f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes()
    library = Path(str(files("websockets")))
    for path in library.rglob("*.py"):
        place = path.relative_to(library)
        if not LEFT_OUT.intersection(place.parts):
            yield f"websockets/{place.as_posix()}", path.read_bytes()
    yield "websockets/LICENSE", _license()


def _license() -> bytes:
    """Where wheels keep it has changed over the years."""
    carried = distribution("websockets")
    text = carried.read_text("licenses/LICENSE") or carried.read_text("LICENSE")
    if text is None:
        raise FileNotFoundError("The installed websockets library has no LICENSE to pass on.")
    return text.encode()
