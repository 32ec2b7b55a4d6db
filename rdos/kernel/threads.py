"""A few threads for blocking calls, and a bounded line of calls waiting for them."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from django.db import connections

T = TypeVar("T")
P = ParamSpec("P")

# For what sockets, waiting doors and batches ask of the database: few, because each holds a connection while it runs.
ASIDE_THREADS = 4

logger = logging.getLogger("rdos.threads")


@dataclass(slots=True)
class _Job:
    call: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class Threads:
    """Used from one loop: only the loop counts, so nothing needs a lock. Without `waiting`, the line has no end."""

    def __init__(self, size: int, waiting: int | None = None, *, name: str = "http") -> None:
        self._size = size
        self._places = None if waiting is None else size + waiting
        self._name = name
        self._inside = 0
        self._line: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[Thread] = []

    @property
    def full(self) -> bool:
        return self._places is not None and self._inside >= self._places

    async def run(self, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._inside += 1
        self._start_thread_if_short()
        self._line.put(_Job(call, loop, future))
        return await future

    def _start_thread_if_short(self) -> None:
        if len(self._threads) < min(self._size, self._inside):
            # Daemons, because a stuck view must not keep the hub from stopping.
            thread = Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (job := self._line.get()) is not None:
            result, error = _outcome(job.call)
            # The loop may be gone when the hub stops; then nobody waits for the answer.
            with suppress(RuntimeError):
                job.loop.call_soon_threadsafe(self._settle, job.future, result, error)
            del job, result, error

    def _settle(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._inside -= 1
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def close(self, seconds: float = 1.0) -> None:
        """Lets the threads finish what they do, but waits no longer than this."""
        for _ in self._threads:
            self._line.put(None)
        deadline = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        if late := sum(thread.is_alive() for thread in self._threads):
            logger.warning("Requests cut short by the stop", extra={"action": "requests_cut_short", "count": late})
        self._threads = []


def _outcome(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        # An empty context each time: what one request binds can never be seen by the next.
        return Context().run(call), None
    except BaseException as error:  # A thread's edge: every outcome belongs to whoever waits for it.
        return None, error


_aside = Threads(ASIDE_THREADS, name="aside")


class Lane:
    """A thread for calls that must not wait behind what the process's few threads are busy with."""

    def __init__(self, name: str) -> None:
        self._thread = Threads(1, name=name)

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._thread.run(partial(giving_back, partial(call, *args, **kwargs)))


async def in_thread(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a blocking call aside from the requests, on the process's few threads for everything else."""
    return await _aside.run(partial(giving_back, partial(call, *args, **kwargs)))


def giving_back(call: Callable[[], T]) -> T:
    """For whatever runs in a thread of `Threads` and asks the database."""
    try:
        return call()
    finally:
        # No request ends here, so nobody else would give the connection back. A broken one is thrown away by the pool.
        connections.close_all()
