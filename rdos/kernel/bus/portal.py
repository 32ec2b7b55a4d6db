"""The bus for everybody who is not on its loop: one connection per process, in a thread of its own, made when it is
needed first."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import TimeoutError as TooLong
from contextlib import suppress
from threading import Lock, Thread, current_thread
from typing import Any, TypeVar

from django.conf import settings
from nats.aio.msg import Msg

from rdos.kernel.bus.errors import BusAway
from rdos.kernel.bus.line import CONFIRM_SECONDS, Line, Place

# Whoever asks first waits this long for the connection.
FIRST_SECONDS = 2.0
SPARE_SECONDS = 1.0

T = TypeVar("T")
# Gets the subject, the data and where to answer. It runs on the bus's thread, and returns at once.
Callback = Callable[[str, bytes, str], object]


class Portal:
    def __init__(self, place: Place, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="bus", daemon=True)
        self._thread.start()
        self._line = self.run(_made(place, name), FIRST_SECONDS)
        self.run(self._line.opened(FIRST_SECONDS), FIRST_SECONDS + SPARE_SECONDS)

    @property
    def connected(self) -> bool:
        return self._line.connected

    @property
    def line(self) -> Line:
        return self._line

    def run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        if current_thread() is self._thread:
            work.close()
            raise RuntimeError("What listens on the bus must not wait for it: use publish_soon, or another thread.")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except TooLong:
            future.cancel()
            raise BusAway from None

    def soon(self, work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        with suppress(BusAway):
            self.run(self._ended(), CONFIRM_SECONDS + SPARE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SPARE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    async def _ended(self) -> None:
        """What is still on its way is not waited for."""
        await self._line.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _made(place: Place, name: str) -> Line:
    line = Line(place, name=name)
    await line.start()
    return line


_making = Lock()
# By process: a fork has no thread, and must not use its parent's socket.
_portals: dict[int, Portal] = {}


def _portal() -> Portal:
    if not settings.NATS_URL:
        raise BusAway("NATS_URL is not set.")
    with _making:
        portal = _portals.get(os.getpid())
        if portal is None:
            _portals.clear()
            portal = _portals[os.getpid()] = Portal(place(), f"rdos-{os.getpid()}")
        return portal


def _after_fork() -> None:
    """The lock may have been held by a thread that this process does not have."""
    global _making
    _making = Lock()


os.register_at_fork(after_in_child=_after_fork)


def place() -> Place:
    return Place.of(settings.NATS_URL, settings.NATS_USER, settings.NATS_PASSWORD)


def connected() -> bool:
    return _portal().connected


def publish(subject: str, data: bytes, reply: str = "") -> None:
    """The broker has it when this returns."""
    portal = _portal()
    portal.run(portal.line.publish(subject, data, reply=reply), CONFIRM_SECONDS + SPARE_SECONDS)


def publish_soon(subject: str, data: bytes) -> None:
    """For what is out of date a moment later anyway, and for what is only told: nobody waits, and nobody hears of a
    failure."""
    with suppress(BusAway):
        portal = _portal()
        portal.soon(_quietly(portal.line, subject, data))


async def _quietly(line: Line, subject: str, data: bytes) -> None:
    with suppress(BusAway):
        await line.publish(subject, data, confirmed=False)


def request(subject: str, data: bytes, timeout: float = 5.0) -> bytes:
    portal = _portal()
    return portal.run(portal.line.request(subject, data, timeout=timeout), timeout + SPARE_SECONDS)


def subscribe(subject: str, callback: Callback, queue: str = "") -> int:
    async def heard(message: Msg) -> None:
        callback(message.subject, bytes(message.data), message.reply)

    portal = _portal()
    return portal.run(portal.line.subscribe(subject, heard, queue=queue), CONFIRM_SECONDS + SPARE_SECONDS)


def unsubscribe(number: int) -> None:
    portal = _portal()
    portal.run(portal.line.unsubscribe(number), SPARE_SECONDS)


def close() -> None:
    """For a clean end of a process."""
    with _making:
        portal = _portals.pop(os.getpid(), None)
    if portal is not None:
        portal.close()
