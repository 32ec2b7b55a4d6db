"""Gathers on the loop what many send, and stores it in one go: one flush at a time, in a thread."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import uniform
from typing import Any, Generic, TypeVar

from rdos.kernel.threads import in_thread

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
# What one flush gets.
Load = TypeVar("Load")

# How a flush gets its thread.
Run = Callable[..., Awaitable[Any]]

logger = logging.getLogger("rdos.batches")


class _Flushing(Generic[Load]):
    """The rhythm that both kinds of batch share.

    Whatever a flush raises is taken for an outage, and its load is tried again: a flush sorts out bad items itself.
    """

    def __init__(
        self, flush: Callable[[Load], object], *, name: str, every: float, most: int, run: Run = in_thread
    ) -> None:
        self.most = most
        # Taken in and then given up, or never taken in, because there were too many.
        self.dropped = 0
        self._flush = flush
        self._run = run
        self._name = name
        self._every = every
        self._failures = 0
        self._next_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    @property
    def size(self) -> int:
        """What is not stored yet, with what a flush is storing now."""
        raise NotImplementedError

    def _take(self) -> Load:
        raise NotImplementedError

    def _taken_is_stored(self) -> None:
        raise NotImplementedError

    def _put_back(self) -> None:
        """A flush failed: its load comes before what has arrived since."""
        raise NotImplementedError

    async def drain(self, timeout: float) -> bool:
        """Stores what there is, for a clean stop. False when time was up before it was done."""
        self._hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                # One that is done may belong to a loop that is closed.
                if self._task is not None and not self._task.done():
                    await asyncio.wait([self._task])
        if self.size:
            self._abandon()
        return not self.size

    def _abandon(self) -> None:
        if self._task is not None:
            self._task.cancel()
        facts = {"action": "batch_abandoned", "batch": self._name, "count": self.size}
        logger.error("A batch was not stored in time", extra=facts)

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._hurry = asyncio.Event()
            self._task = asyncio.create_task(self._flush_until_empty())

    async def _flush_until_empty(self) -> None:
        loop = asyncio.get_running_loop()
        while self.size:
            await self._pause(self._next_at - loop.time())
            self._next_at = loop.time() + self._every
            await self._flush_once()

    async def _flush_once(self) -> None:
        try:
            await self._run(self._flush, self._take())
        except Exception as error:  # The edge of whatever is flushed to: nobody above could do better than wait.
            self._put_back()
            await self._suffer(error)
        else:
            self._taken_is_stored()
            self._recover()

    async def _suffer(self, error: Exception) -> None:
        facts = {"action": "batch_failed", "batch": self._name, "count": self.size}
        if not self._failures:
            logger.error("A batch could not be stored, and will be tried again", exc_info=error, extra=facts)
        self._failures += 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 8))
        # This much even in a hurry.
        await asyncio.sleep(FIRST_PAUSE / 2)
        await self._pause(pause * uniform(0.5, 1.0))  # noqa: S311 - no secret depends on it

    def _recover(self) -> None:
        if self._failures:
            facts = {"action": "batch_recovered", "batch": self._name, "failures": self._failures}
            logger.warning("A batch is stored again", extra=facts)
            self._failures = 0

    async def _pause(self, seconds: float) -> None:
        """At least once around the loop, so that what arrives together is stored together."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._hurry.wait()


class Batch(_Flushing[list[T]]):
    """Every item, in the order of arrival. Everything here is called on the loop.

    With `every` 0 a flush begins as soon as the one before has ended; else that many seconds lie between them.
    """

    def __init__(
        self,
        flush: Callable[[list[T]], object],
        *,
        name: str,
        every: float = 0.0,
        most: int = 5000,
        drop_oldest: bool = False,
        run: Run = in_thread,
    ) -> None:
        super().__init__(flush, name=name, every=every, most=most, run=run)
        self._drop_oldest = drop_oldest
        self._items: deque[T] = deque()
        self._taken: list[T] = []

    @property
    def size(self) -> int:
        return len(self._items) + len(self._taken)

    def add(self, item: T) -> bool:
        """False when it is full and the item was not taken in."""
        if self.size >= self.most:
            self.dropped += 1
            if not self._drop_oldest or not self._items:
                return False
            self._items.popleft()
        self._items.append(item)
        self._begin()
        return True

    def _take(self) -> list[T]:
        self._taken = list(self._items)
        self._items.clear()
        return self._taken

    def _taken_is_stored(self) -> None:
        self._taken = []

    def _put_back(self) -> None:
        self._items.extendleft(reversed(self._taken))
        self._taken = []


class KeyedBatch(_Flushing[dict[K, V]]):
    """The last value of each key, as long as it is not stored."""

    def __init__(
        self,
        flush: Callable[[dict[K, V]], object],
        *,
        name: str,
        every: float = 0.0,
        most: int = 5000,
        drop_oldest: bool = False,
    ) -> None:
        super().__init__(flush, name=name, every=every, most=most)
        self._drop_oldest = drop_oldest
        self._values: dict[K, V] = {}
        self._taken: dict[K, V] = {}

    @property
    def size(self) -> int:
        return len(self._values) + len(self._taken)

    def add(self, key: K, value: V) -> bool:
        """False when it is full, the key is new and the value was not taken in."""
        if key not in self._values and self.size >= self.most:
            self.dropped += 1
            if not self._drop_oldest or not self._values:
                return False
            del self._values[next(iter(self._values))]
        self._values[key] = value
        self._begin()
        return True

    def _take(self) -> dict[K, V]:
        self._taken, self._values = self._values, {}
        return self._taken

    def _taken_is_stored(self) -> None:
        self._taken = {}

    def _put_back(self) -> None:
        # What came since is newer.
        self._values = self._taken | self._values
        self._taken = {}
