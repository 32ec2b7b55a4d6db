"""The state directory: ours alone, and held by one agent at a time."""

import importlib
import os
import stat
from pathlib import Path
from typing import IO, Any

from rdos_agent.problems import CannotStart


def _fcntl() -> Any:
    try:
        return importlib.import_module("fcntl")
    except ImportError:  # Windows: two agents on one directory are then not noticed
        return None


fcntl = _fcntl()


def hold(directory: Path) -> IO[str]:
    """The directory with its scripts folder, locked until the file is closed."""
    try:
        for folder in (directory, directory / "scripts"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _guard(folder)
        lock = (directory / "agent.lock").open("a", encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"The state directory {directory} cannot be used: {error.strerror}.") from error
    _lock(lock, directory)
    return lock


def _guard(folder: Path) -> None:
    if open_to_others(folder.stat()):
        raise CannotStart(f"Others may write to {folder}. Close it first: chmod 700 {folder}")


def open_to_others(facts: os.stat_result) -> bool:
    """Whether anybody but this user and root could change what lies there."""
    if os.name != "posix":
        return False
    return facts.st_uid not in (os.geteuid(), 0) or bool(facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _lock(lock: IO[str], directory: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise CannotStart(f"Another agent already runs on {directory}. Give this one its own --state.") from error
