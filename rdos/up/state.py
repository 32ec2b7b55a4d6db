"""The state directory: who holds it, its secrets, and what a running hub tells other commands."""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from rdos.up.problems import CannotStart

# What `manage.py shell` and its like need in order to reach the hub that runs.
TOLD = (
    "DATABASE_URL",
    "REDIS_URL",
    "NATS_URL",
    "NATS_USER",
    "NATS_PASSWORD",
    "RDOS_BUS_CONFIG_DIR",
    "RDOS_MASTER_KEY",
)


class State:
    """The directory, held by this process until `release`."""

    def __init__(self, directory: Path, lock: IO[str]) -> None:
        self.directory = directory
        self._lock = lock

    def secret(self, name: str) -> str:
        """Made once, kept in a file only the owner can read."""
        path = private_directory(self.directory / "secrets") / name
        with contextlib.suppress(FileNotFoundError):
            if found := path.read_text(encoding="utf-8").strip():
                return found
        made = secrets.token_urlsafe(32)
        write_private(path, made)
        return made

    def tell(self, environment: Mapping[str, str]) -> None:
        lines = [f"{name}={_quoted(environment[name])}" for name in TOLD if environment.get(name)]
        write_private(self.directory / "hub.env", "\n".join(["# Written by the running hub.", *lines, ""]))

    def untell(self) -> None:
        (self.directory / "hub.env").unlink(missing_ok=True)

    def release(self) -> None:
        self._lock.close()


def hold(directory: Path) -> State:
    """Make the directory ours alone, or say who has it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # As root the servers run as nobody and must pass through; what is secret inside is closed by itself.
        directory.chmod(0o711 if os.geteuid() == 0 else 0o700)
        lock = _open_private(directory / "up.lock")
    except OSError as error:
        raise CannotStart(f"The state directory {directory} cannot be used: {error.strerror}.") from error
    _lock(directory, lock)
    return State(directory, lock)


def _open_private(path: Path) -> IO[str]:
    """Whoever can open the lock can hold it, and so keep every hub from starting."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    os.fchmod(descriptor, 0o600)  # an older hub made it readable to all
    return os.fdopen(descriptor, "a+", encoding="utf-8")


def _lock(directory: Path, lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise CannotStart(
            f"Another hub (process {holder}) already runs on {directory}. "
            "Stop it first, or give this one its own RDOS_VAR_DIR."
        ) from error
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()


def private_directory(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    if stat.S_IMODE(path.stat().st_mode) != 0o700:
        path.chmod(0o700)
    return path


def write_private(path: Path, text: str, *, owner: tuple[int, int] | None = None) -> None:
    """Replaced as a whole, so that nobody ever reads half a file or one with an open mode.

    The draft is always a new file: what lies at its name may be a link that somebody laid for root to write through.
    For the same reason the owner is set on the open file and not by name.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if owner:
            os.fchown(descriptor, *owner)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
