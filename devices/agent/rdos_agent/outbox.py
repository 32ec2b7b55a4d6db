"""What the hub must still hear: acks and events, kept while there is no connection."""

import asyncio
from collections import deque

from websockets.asyncio.client import ClientConnection

from rdos_agent.frames import Frame, encoded

KEPT = 1024


class Outbox:
    def __init__(self) -> None:
        self._frames: deque[Frame] = deque(maxlen=KEPT)
        self._news = asyncio.Event()
        self.last_words = False

    def put(self, message: Frame) -> None:
        self._frames.append(message)
        self._news.set()

    def put_in_place(self, message: Frame) -> None:
        """Of those before it of its type none is true any more."""
        stale = [one for one in self._frames if one["type"] == message["type"]]
        for one in stale:
            self._frames.remove(one)
        self.put(message)

    def end(self) -> None:
        """Deliver what is here, and no more."""
        self.last_words = True
        self._news.set()

    async def deliver(self, line: ClientConnection) -> None:
        while True:
            await self._empty(line)
            if self.last_words:
                return
            self._news.clear()
            await self._news.wait()

    async def _empty(self, line: ClientConnection) -> None:
        while self._frames:
            first = self._frames[0]
            await line.send(encoded(first))
            # While it was sent, a full box may have dropped it.
            if self._frames and self._frames[0] is first:
                self._frames.popleft()
