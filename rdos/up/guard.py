"""Ends the children of a supervisor that died without ending them itself.

The supervisor keeps the other end of this process's standard input. However it dies, that end closes, and this process
reads the list of children and stops them. The next start reads the same list, in case both were killed.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

PATIENCE = 10.0


@dataclass(frozen=True)
class Entry:
    pid: int
    created: float  # with the number it names one process for ever; numbers alone are given out again
    signal: int


def remember(register: Path, entries: Iterable[Entry]) -> None:
    draft = register.with_suffix(".new")
    draft.write_text(json.dumps([asdict(entry) for entry in entries]), encoding="utf-8")
    draft.replace(register)


def recall(register: Path) -> list[Entry]:
    try:
        return [Entry(**entry) for entry in json.loads(register.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def finish(register: Path) -> int:
    """Stop whatever of the list still lives, the latest first; how many there were."""
    import psutil  # here, because the guard should weigh nothing while all is well

    living = []
    for entry in reversed(recall(register)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(entry.pid)
            if abs(process.create_time() - entry.created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                process.send_signal(entry.signal)
                living.append(process)
    psutil.wait_procs(living, timeout=PATIENCE)
    for process in living:
        # Each child leads a group of its own; what it left behind belongs to that group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    register.unlink(missing_ok=True)
    return len(living)


def watch(register: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while sys.stdin.buffer.read(1):
        continue
    finish(register)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
