"""What one child process is, whoever watches over it."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rdos.up.lodging import Person
from rdos.up.problems import CannotStart


@dataclass(frozen=True)
class Program:
    name: str
    argv: list[str]
    environment: Mapping[str, str] | None = None  # None: this process's own
    directory: Path | None = None
    person: Person | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    stage: int = 0  # 0: servers; 1: the hub's own programs, which stop before what they stand on
    may_end: bool = False  # with success; then it is not started again
    hush: str = ""  # lines matching this pattern say nothing to a person
    # Put right before every start, the first and each restart: what a crash may have left behind.
    before: Callable[[], None] = field(default=lambda: None)


def spawn(program: Program, *, output: int | None = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """In a session of its own: a Ctrl-C at the terminal reaches the supervisor alone, which then stops in order."""
    program.before()
    person = program.person
    try:
        return subprocess.Popen(
            program.argv,
            env=program.environment,
            cwd=program.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=person.uid if person else None,
            group=person.gid if person else None,
            extra_groups=[] if person else None,
        )
    except OSError as error:
        raise CannotStart(f"{program.argv[0]} could not be started: {error.strerror}.") from error


def perform(program: Program, *, given: str = "") -> None:
    """Run a short program to its end; its failure is the start's failure."""
    person = program.person
    done = subprocess.run(
        program.argv,
        env=program.environment,
        cwd=program.directory,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=person.uid if person else None,
        group=person.gid if person else None,
        extra_groups=[] if person else None,
    )
    if done.returncode:
        raise CannotStart(f"{program.name} failed:\n{done.stdout.strip()}")


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Reach the grandchildren too (a worker's own pool)."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def end(process: subprocess.Popen[bytes], program: Program) -> None:
    """Ask, wait, and at the end insist."""
    if process.poll() is None:
        process.send_signal(program.stop_signal)
        try:
            process.wait(program.stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    signal_group(process, signal.SIGKILL)
