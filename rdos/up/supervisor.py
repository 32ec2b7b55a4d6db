"""Watches over the children: starts them in order, restarts what dies, stops them in the reverse order."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from rdos.up import guard
from rdos.up.backoff import Backoff
from rdos.up.console import Console, listen
from rdos.up.problems import CannotStart
from rdos.up.programs import Program, signal_group, spawn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the hub to stop."""


class Child:
    """One program that is meant to run as long as the hub."""

    def __init__(self, program: Program, console: Console) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self._console = console
        self._backoff = Backoff()
        self._started = 0.0
        self._due: float | None = 0.0

    def start(self) -> None:
        self._due = None
        self._started = time.monotonic()
        self.process = spawn(self.program)
        listen(self.process, self._say, hush=self.program.hush)

    def look_after(self) -> bool:
        """Restart it when it died and its pause is over. True when there is a new process."""
        now = time.monotonic()
        if self.process is not None and self._due is None and (code := self.process.poll()) is not None:
            signal_group(self.process, signal.SIGKILL)
            if code == 0 and self.program.may_end:
                self.process = None
                return False
            pause = self._backoff.pause_after(now - self._started)
            self._due = now + pause
            self._say(f"ended ({_fate(code)}); starting again in {pause:g} s")
        if self._due is None or now < self._due:
            return False
        self.start()
        return True

    def _say(self, text: str) -> None:
        self._console.line(self.program.name, text)


@dataclass(frozen=True)
class Task:
    process: subprocess.Popen[bytes]
    listener: threading.Thread


class Supervisor:
    def __init__(self, console: Console, register: Path) -> None:
        self._console = console
        self._register = register
        self._children: list[Child] = []
        self._tasks: list[subprocess.Popen[bytes]] = []
        self._asked = 0
        self._guard: subprocess.Popen[bytes] | None = None
        self._reader, self._writer = os.pipe()

    def __enter__(self) -> Self:
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        # Any signal, a child's death among them, wakes the loop at once.
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _noted)
        for number in STOP_SIGNALS:
            signal.signal(number, self._ask)
        self._keep_guard()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def _ask(self, *_signal: object) -> None:
        self._asked += 1

    # --- Running ----------------------------------------------------------------------------------------------------

    def start(self, program: Program) -> None:
        child = Child(program, self._console)
        self._children.append(child)
        child.start()
        self._remember()

    def wait_for(self, condition: Callable[[], bool], *, seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise CannotStart(f"{what} did not answer within {seconds:g} s; its last lines are above.")
            self.turn(0.03)

    def begin(self, program: Program, heard: Callable[[str], None]) -> Task:
        """Start a program that comes to an end by itself."""
        process = spawn(program)
        self._tasks.append(process)
        return Task(process, listen(process, heard))

    def finish(self, task: Task) -> int:
        """Wait for its end while the others are looked after."""
        while task.process.poll() is None:
            self.turn(0.1)
        task.listener.join(timeout=5)
        return task.process.returncode

    def watch(self) -> None:
        while True:
            self.turn(1.0)

    def turn(self, seconds: float) -> None:
        """One turn of the loop: sleep until a signal or the time is over, then look after everyone."""
        if select.select([self._reader], [], [], seconds)[0]:
            os.read(self._reader, 512)
        if self._asked:
            raise Stopped
        if [child for child in self._children if child.look_after()]:
            self._remember()
        self._keep_guard()

    # --- The end ----------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Hub programs first, all told at once, the servers they stand on after them."""
        self._asked = min(self._asked, 1)
        for task in self._tasks:
            if task.poll() is None:
                signal_group(task, signal.SIGKILL)
                task.wait()
        for stage in sorted({child.program.stage for child in self._children}, reverse=True):
            self._stop_stage([child for child in reversed(self._children) if child.program.stage == stage])
        self._children.clear()
        self._dismiss_guard()
        signal.set_wakeup_fd(-1)

    def _stop_stage(self, children: list[Child]) -> None:
        every = [(child.program, child.process) for child in children if child.process]
        living = [(program, process) for program, process in every if process.poll() is None]
        for program, process in living:
            process.send_signal(program.stop_signal)
        begun = time.monotonic()
        while waiting := [(program, process) for program, process in living if process.poll() is None]:
            for program, process in waiting:
                if self._asked > 1 or time.monotonic() - begun > program.stop_seconds:
                    self._console.line(program.name, "did not stop in time; killed" if self._asked < 2 else "killed")
                    signal_group(process, signal.SIGKILL)
                    process.wait()
            time.sleep(0.02)
        for _, process in every:
            signal_group(process, signal.SIGKILL)

    # --- The guard --------------------------------------------------------------------------------------------------

    def _keep_guard(self) -> None:
        if self._guard is None or self._guard.poll() is not None:
            argv = [sys.executable, "-P", str(Path(guard.__file__)), str(self._register)]
            self._guard = subprocess.Popen(argv, stdin=subprocess.PIPE, start_new_session=True)

    def _dismiss_guard(self) -> None:
        self._register.unlink(missing_ok=True)
        if self._guard and self._guard.stdin:
            self._guard.stdin.close()
            self._guard.wait()

    def _remember(self) -> None:
        guard.remember(self._register, _entries(self._children))


def _entries(children: Iterable[Child]) -> Iterable[guard.Entry]:
    for child in children:
        try:
            if child.process is not None:
                created = psutil.Process(child.process.pid).create_time()
                yield guard.Entry(child.process.pid, created, int(child.program.stop_signal))
        except psutil.NoSuchProcess:
            continue


def _noted(*_signal: object) -> None:
    """The wake-up alone is what a child's death is wanted for."""


def _fate(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
