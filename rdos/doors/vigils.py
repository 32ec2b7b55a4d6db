"""Keeps the waits of a bridge on its loop: a future and two timers each, and a thread only to look for the answer."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import uniform

from rdos.doors.shapes import ClientGone, Receive
from rdos.doors.turnstile import Turnstile
from rdos.kernel.bells import exchange
from rdos.kernel.threads import in_thread
from rdos.kernel.waiting import TooManyWaiting, Wait, WaitingAnswer

MOST_WAITING = 5_000
BUSY_SECONDS = 5


class Vigils:
    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._kept: set[Vigil] = set()
        self._turnstiles: dict[str, Turnstile] = {}
        self._stopping = False

    async def keep(self, answer: WaitingAnswer, receive: Receive) -> None:
        """Returns when the answer is settled. A client that leaves first is no longer waited for."""
        if len(self._kept) >= self._most:
            await in_thread(answer.refuse, TooManyWaiting(retry_after=BUSY_SECONDS))
            await _abandon(answer.wait)
            return
        vigil = Vigil(answer, self._turnstiles_of(answer.wait))
        self._kept.add(vigil)
        if self._stopping:
            vigil.end()
        try:
            await vigil.keep(receive)
        finally:
            self._kept.discard(vigil)

    def _turnstiles_of(self, wait: Wait) -> list[Turnstile]:
        topics = wait.topics if wait.in_turn else ()
        for topic in topics:
            if topic not in self._turnstiles:
                self._turnstiles[topic] = Turnstile(topic)
        return [self._turnstiles[topic] for topic in topics]

    def stop(self) -> None:
        """The server stops: everybody is answered now."""
        self._stopping = True
        for vigil in self._kept:
            vigil.end()


class Vigil:
    """One wait: it looks at once, as the bell may have rung before it listened, then at each bell and now and then."""

    def __init__(self, answer: WaitingAnswer, turnstiles: Sequence[Turnstile] = ()) -> None:
        self._answer = answer
        self._turnstiles = turnstiles
        self._occasion = asyncio.Event()
        self._over = False
        self._gone = False

    def wake(self) -> None:
        self._occasion.set()

    def end(self) -> None:
        self._over = True
        self.wake()

    async def keep(self, receive: Receive) -> None:
        wait = self._answer.wait
        stops = [] if wait.in_turn else [exchange().listen(topic, self._hear) for topic in wait.topics]
        for turnstile in self._turnstiles:
            turnstile.enter(self)
        ending = asyncio.get_running_loop().call_later(wait.deadline, self.end)
        watcher = asyncio.create_task(self._watch(receive))
        try:
            await self._look_until_found()
        finally:
            ending.cancel()
            for stop in stops:
                stop()
            for turnstile in self._turnstiles:
                turnstile.leave(self, served=self._answer.settled and not self._over)
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher
        if self._gone:
            await _abandon(wait)
            raise ClientGone

    async def _look_until_found(self) -> None:
        found = await in_thread(self._answer.ask, over=False)
        while not found and not self._gone:
            for turnstile in self._turnstiles:
                turnstile.found_nothing(self)
            await self._next_occasion()
            if not self._gone:
                found = await in_thread(self._answer.ask, over=self._over)

    async def _next_occasion(self) -> None:
        # Spread, so that those who began together do not look together for ever.
        seconds = self._answer.wait.recheck * uniform(0.8, 1.2)  # noqa: S311 - no secret depends on it
        recheck = asyncio.get_running_loop().call_later(seconds, self._occasion.set)
        try:
            await self._occasion.wait()
        finally:
            recheck.cancel()
        # Before looking: a bell that rings meanwhile is one more occasion.
        self._occasion.clear()

    def _hear(self, topic: str, text: str) -> None:
        self.wake()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self.wake()


async def _abandon(wait: Wait) -> None:
    if wait.abandoned is not None:
        await in_thread(wait.abandoned)
