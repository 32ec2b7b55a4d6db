"""Those who wait for the same bell, where one is enough to answer it: they are woken one after another."""

from collections.abc import Iterator
from typing import Protocol

from rdos.kernel.bells import exchange


class Waiter(Protocol):
    def wake(self) -> None: ...


class Turnstile:
    """A bell that says a number wakes as many, and any other bell all. Whoever finds nothing wakes the next in line."""

    def __init__(self, topic: str) -> None:
        # In the order in which they came, each with the line it was woken from, while it looks.
        self._waiting: dict[Waiter, Iterator[Waiter] | None] = {}
        self._stop = exchange().listen(topic, self._hear)

    def enter(self, waiter: Waiter) -> None:
        self._waiting[waiter] = None

    def found_nothing(self, waiter: Waiter) -> None:
        line, self._waiting[waiter] = self._waiting[waiter], None
        if line is not None:
            self._wake_next(line)

    def leave(self, waiter: Waiter, *, served: bool) -> None:
        line = self._waiting.pop(waiter)
        if line is not None and not served:
            self._wake_next(line)

    def _hear(self, topic: str, text: str) -> None:
        line = iter(tuple(self._waiting))
        wanted = int(text) if text.isdecimal() else len(self._waiting)
        for _ in range(min(wanted, len(self._waiting))):
            self._wake_next(line)

    def _wake_next(self, line: Iterator[Waiter]) -> None:
        for waiter in line:
            if waiter not in self._waiting:
                continue
            # Also who is looking already, because that may have begun before the bell; but it is not this one's turn.
            waiter.wake()
            if self._waiting[waiter] is None:
                self._waiting[waiter] = line
                return
