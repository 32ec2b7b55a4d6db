"""Scratch lodgings and programs for the tests of `up`."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from rdos.up.programs import Program, end, spawn


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A directory that the unprivileged user of the servers can walk to, which pytest's own is not."""
    directory = Path(tempfile.mkdtemp(prefix="rdos-up-"))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def running(program: Program, ready: Callable[[], bool]) -> Iterator[int]:
    process = spawn(program, output=None)
    try:
        until(ready)
        yield process.pid
    finally:
        end(process, program)


def gone(family: list[psutil.Process]) -> bool:
    return not any(map(_lives, family))


def _lives(member: psutil.Process) -> bool:
    """A dead one that nobody has collected yet is dead; and it may be collected while it is looked at."""
    try:
        return member.is_running() and member.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
