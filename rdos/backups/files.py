"""The files below RDOS_VAR_DIR that belong into an archive, and putting them back."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from django.conf import settings

from rdos.backups.errors import Damaged

BLOCK = 256 * 1024
FOLDER = "backups"
# The settings of the hub that an archive was made on, for a person to compare with.
SETTINGS_FILE = "settings-of-the-backup.env"
# At the top of RDOS_VAR_DIR: what servers keep for themselves, what one start of a hub tells the next, and secrets.
NOT_THE_HUBS = (
    FOLDER, SETTINGS_FILE, "postgres", "postgres-new", "postgres-socket", "redis", "redis.conf", "nats", "nats.conf",
    "bus", "programs", "secrets", "tls", "venv", "log", "logs", "hub.env", "up.lock", "children.json", "lodging",
)  # fmt: skip


def folder() -> Path:
    return settings.VAR_DIR / FOLDER


def ours() -> Iterator[tuple[str, Path]]:
    """Ordinary files, by their way from RDOS_VAR_DIR; links, sockets and what is hidden stay behind."""
    root: Path = settings.VAR_DIR
    for place, names, files in os.walk(root):
        here = Path(place)
        top = here == root
        names[:] = sorted(name for name in names if _is_ours(name, top) and not (here / name).is_symlink())
        for name in sorted(files):
            path = here / name
            if _is_ours(name, top) and path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix(), path


def _is_ours(name: str, top: bool) -> bool:
    if name.startswith("."):
        return False
    return not top or (name not in NOT_THE_HUBS and ".sqlite3" not in name)


def blocks(path: Path) -> Iterator[bytes]:
    """Nothing of a file that went away meanwhile."""
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
    except FileNotFoundError:
        return


def put(relative: str, content: Iterator[bytes]) -> None:
    _write(settings.VAR_DIR / _inside(relative), content)


def put_settings(content: Iterator[bytes]) -> None:
    _write(settings.VAR_DIR / SETTINGS_FILE, content)


def _write(path: Path, content: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
        for block in content:
            file.write(block)


def _inside(relative: str) -> PurePosixPath:
    path = PurePosixPath(relative)
    if path.is_absolute() or ".." in path.parts or not _is_ours(path.parts[0], top=True):
        raise Damaged
    return path
