"""The connection to the other processes, kept by the loop: it hears their bells and tells them ours."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from random import uniform
from typing import Any

import redis.asyncio as redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from rdos.kernel.bells.listeners import Callback
from rdos.kernel.bells.wire import Bell, channel, pack, unpack

TIMEOUT = 2.0
# Silent for this long, it says something to itself; if that is not heard either, the line is dead.
QUIET_SECONDS = 10.0
LONGEST_PAUSE = 5.0
MOST_PER_MESSAGE = 1_000
# What is rung so soon after a message goes with the next one: a message costs more than many bells.
GATHER_SECONDS = 0.002
# What is rung while Redis is away; older bells are lost.
MOST_KEPT = 10_000
AWAY = (redis.RedisError, OSError)
CANCEL_SECONDS = 0.2

logger = logging.getLogger("rdos.bells")


class Line:
    def __init__(self, url: str, *, heard: Callback, regained: Callable[[], None]) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            socket_keepalive=True,
            # Failures are seen here, because whoever listens must hear of them.
            retry=Retry(NoBackoff(), 0),
        )
        self._channel = channel(url)
        self._heard = heard
        self._regained = regained
        self._outgoing: deque[Bell] = deque(maxlen=MOST_KEPT)
        self._something_to_tell = asyncio.Event()
        self._open = asyncio.Event()
        self._failures = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._tell_each_time())]

    async def opened(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._open.wait()
        return self._open.is_set()

    def tell(self, bell: Bell) -> None:
        self._outgoing.append(bell)
        self._something_to_tell.set()

    async def stop(self) -> None:
        pending = set(self._tasks)
        while pending:
            # Asked again, because the Redis client takes a cancellation that meets its own timeout for the timeout.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(*AWAY):
            async with asyncio.timeout(0.3):
                while self._outgoing:
                    await self._tell()
        await self._redis.aclose()

    async def _hear(self) -> None:
        while True:
            with suppress(*AWAY):
                await self._hear_while_open()
            self._lose()
            await asyncio.sleep(_spread(min(LONGEST_PAUSE, 0.1 * 2 ** min(self._failures, 6))))

    async def _hear_while_open(self) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(self._channel)
            silences = 0
            while silences < 2:
                message = await subscription.get_message(timeout=QUIET_SECONDS)
                silences = 0 if message else silences + 1
                if message:
                    self._take(message)
                else:
                    self._something_to_tell.set()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._open_up()
        elif message["type"] == "message":
            for topic, text in unpack(message["data"]):
                self._heard(topic, text)

    def _open_up(self) -> None:
        self._open.set()
        if self._failures:
            self._failures = 0
            logger.info("Bells of other processes are heard again", extra={"action": "bells_regained"})
            self._regained()

    def _lose(self) -> None:
        self._open.clear()
        if not self._failures:
            logger.warning("Redis is away: bells stay in this process", extra={"action": "bells_lost"})
        self._failures += 1

    async def _tell_each_time(self) -> None:
        while True:
            await self._something_to_tell.wait()
            self._something_to_tell.clear()
            try:
                await self._tell()
                await asyncio.sleep(GATHER_SECONDS)
            except AWAY:
                await asyncio.sleep(_spread(1.0))
            if self._outgoing:
                self._something_to_tell.set()

    async def _tell(self) -> None:
        """What is rung while this one is under way goes with the next."""
        bells = [self._outgoing.popleft() for _ in range(min(len(self._outgoing), MOST_PER_MESSAGE))]
        await self._redis.publish(self._channel, pack(bells))


def _spread(seconds: float) -> float:
    # So that a Redis that comes back is not met by all at once.
    return seconds * uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it
