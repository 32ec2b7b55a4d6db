"""Zero speed, said again and again: a robot that misses the first word hears one of the next."""

import time
from collections.abc import Iterable, Sequence
from threading import Lock, Thread

from django.utils import timezone

from devices.hal import subjects, writing
from rdos.kernel import bus

SUBJECT = subjects.MOTOR
EVERYONE = writing.EVERYONE
# Seconds after the first.
AGAIN = (0.1, 0.25, 0.5, 1.0)
TICK_SECONDS = 0.02


def say(keys: Sequence[str]) -> int:
    """One zero for each. When this returns the broker has all of them, or it raises `BusAway`."""
    for key in keys[:-1]:
        say_soon(key)
    for key in keys[-1:]:
        for subject in _subjects(key):
            bus.publish(subject, _zero(key))
    return len(keys)


def say_soon(key: str) -> None:
    for subject in _subjects(key):
        bus.publish_soon(subject, _zero(key))


def _subjects(key: str) -> tuple[str, ...]:
    """Both, since a robot that must stand is not looked up first: one of them is heard by nobody."""
    if key == EVERYONE:
        return subjects.to_everyone()
    return subjects.motor(key, own=False), subjects.motor(key, own=True)


def _zero(key: str) -> bytes:
    at = timezone.now()
    return writing.stop_everyone(at) if key == EVERYONE else writing.stop(key, at)


class Repeater:
    """Goes on when whoever asked has left. One thread for all, there only while there is something to say."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._due: dict[str, list[float]] = {}
        self._thread: Thread | None = None

    @property
    def is_busy(self) -> bool:
        return bool(self._due)

    def begin(self, keys: Iterable[str]) -> None:
        """Anew for whom it says so already, so that nobody is in here more than once."""
        now = time.monotonic()
        with self._lock:
            self._due.update({key: [now + seconds for seconds in AGAIN] for key in keys})
            # A fork has its parent's thread only by name.
            if self._due and (self._thread is None or not self._thread.is_alive()):
                self._thread = Thread(target=self._work, name="standstill", daemon=True)
                self._thread.start()

    def keys(self) -> list[str]:
        with self._lock:
            return list(self._due)

    def leave(self, key: str) -> None:
        """Somebody drives it now, who began at zero."""
        with self._lock:
            self._due.pop(key, None)

    def _work(self) -> None:
        while (ready := self._ready(time.monotonic())) is not None:
            for key in ready:
                say_soon(key)
            time.sleep(TICK_SECONDS)

    def _ready(self, now: float) -> list[str] | None:
        """None when there is nothing left; then this thread ends."""
        with self._lock:
            if not self._due:
                self._thread = None
                return None
            ready = [key for key, due in self._due.items() if due[0] <= now]
            # Each is said, however late: a machine that stood still for a moment is when they are needed.
            for key in ready:
                self._due[key] = self._due[key][1:]
            self._due = {key: due for key, due in self._due.items() if due}
            return ready


repeater = Repeater()
