"""Takes log lines in for the database. Settings name this before the apps are loaded, so it imports no model.

Whoever logs pays for an append to a queue. A thread of the process's own, started with its first line, does the rest.
"""

import logging
import os
from collections import deque
from collections.abc import Callable
from threading import Event, Thread, current_thread
from time import monotonic, sleep

import structlog

from rdos.kernel.lines.line import Line

MOST_WAITING = 5000
AT_ONCE = 500
PAUSE = 0.5
LONGEST_PAUSE = 5.0
IDLE = 30.0
AT_EXIT = 3.0
# What storing a line may itself say must not become a line.
NEVER = ("django.db", "psycopg")


class LineKeeper(logging.Handler):
    def __init__(self, level: int | str = logging.INFO) -> None:
        super().__init__(level)
        # Too many came at once, or the database was away for too long.
        self.dropped = 0
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._waiting: deque[Line] = deque()
        self._storing = 0
        self._more, self._hurry = Event(), Event()
        self._thread: Thread | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Before the handler's lock is taken, which `flush` may hold while it waits for the thread."""
        if record.name.startswith(NEVER) or current_thread() is self._thread:
            return False
        return bool(super().filter(record))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = Line(record, record.getMessage(), structlog.contextvars.get_contextvars())
        except Exception:  # As every handler does: whoever logs must not fail by it.
            self.handleError(record)
            return
        if self._pid != os.getpid():
            # A fork takes the queue along, but neither its thread nor the duty to store what the parent stores.
            self._begin()
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(line)
        self._more.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        self._thread = Thread(target=self._work, name="hub-lines", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            # The process is ending, and its very last words are on its output only.
            self._thread = None

    def flush(self) -> None:
        """Waits until everything is stored, but not for long: Python calls this when a process ends."""
        if self._thread is None or self._pid != os.getpid():
            return
        self._hurry.set()
        self._more.set()
        deadline = monotonic() + AT_EXIT
        while (self._waiting or self._storing) and self._thread.is_alive() and monotonic() < deadline:
            sleep(0.01)
        self._hurry.clear()

    def _work(self) -> None:
        from rdos.kernel.lines.storing import Store

        store, pause = Store(), 0.0
        while True:
            if not self._more.wait(IDLE):
                store.close()
                self._more.wait()
            self._more.clear()
            self._hurry.wait(pause)
            pause = self._store_all(store.keep, pause)

    def _store_all(self, keep: Callable[[list[Line], int], bool], pause: float) -> float:
        """How long to wait before the next lines."""
        while self._waiting:
            # Counted before they are taken, so that at no moment they seem to be nowhere.
            self._storing = min(AT_ONCE, len(self._waiting))
            lines = [self._waiting.popleft() for _ in range(self._storing)]
            kept = keep(lines, self.dropped)
            if not kept:
                self._put_back(lines)
            self._storing = 0
            if not kept:
                self._more.set()
                # This much even in a hurry.
                sleep(PAUSE / 10)
                return min(LONGEST_PAUSE, max(PAUSE, pause * 2))
            self.dropped = 0
        return PAUSE

    def _put_back(self, lines: list[Line]) -> None:
        room = MOST_WAITING - len(self._waiting)
        self.dropped += max(0, len(lines) - room)
        self._waiting.extendleft(reversed(lines[max(0, len(lines) - room) :]))
