"""Scratch lodgings and programs for the tests of `up`."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

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


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
