"""One socket as the hub writes to it: whoever sends never waits, and whoever does not read is let go."""

import asyncio
from collections import deque
from contextlib import suppress
from math import inf
from typing import Any

from rdos.kernel.bells.listeners import Stop
from rdos.kernel.sockets.closing import TOO_SLOW, Closing

# What somebody who does not read may leave lying here.
MOST_UNSENT, MOST_UNSENT_CHARACTERS = 1000, 32 * 2**20
# With this much they are given no more work until they have read some.
MANY_UNSENT, MANY_UNSENT_CHARACTERS = 50, 4 * 2**20
CLOSE_SECONDS = 5.0


class Wire:
    __slots__ = ("closing", "listening", "open", "reader", "send", "unsent", "unsent_characters", "writer")

    def __init__(self, send: Any) -> None:
        self.send = send
        # False until the other side was told that it is in: nothing may come before that answer.
        self.open = False
        # Texts, and until when each is worth sending.
        self.unsent: deque[tuple[str, float]] = deque()
        self.unsent_characters = 0
        self.writer: asyncio.Task[None] | None = None
        self.reader: asyncio.Task[Any] | None = None
        self.closing: Closing | None = None
        self.listening: Stop | None = None

    def post(self, text: str, until: float = inf) -> None:
        """Sends when the other side reads; never waits. What could not be sent until then is dropped."""
        if self.closing is not None:
            return
        self.unsent.append((text, until))
        self.unsent_characters += len(text)
        if len(self.unsent) > MOST_UNSENT or self.unsent_characters > MOST_UNSENT_CHARACTERS:
            self.end(TOO_SLOW)
        elif self.open:
            self._write()

    @property
    def has_plenty(self) -> bool:
        return len(self.unsent) > MANY_UNSENT or self.unsent_characters > MANY_UNSENT_CHARACTERS

    def begin(self) -> None:
        self.open = True
        if self.unsent:
            self._write()

    def end(self, closing: Closing) -> None:
        """Closes from our side. The first reason is the one that counts."""
        if self.closing is not None:
            return
        self.closing = closing
        # Bells about it are for whoever holds it next.
        if self.listening is not None:
            self.listening()
        self._write()
        # A half-open socket takes nothing any more, not even what is before the goodbye.
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._cut)

    def _write(self) -> None:
        if self.writer is None or self.writer.done():
            self.writer = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        time = asyncio.get_running_loop().time
        # Whatever the wire says, the reader hears it too, and ends the session.
        with suppress(Exception):
            while self.unsent and self.closing is None:
                text, until = self.unsent.popleft()
                self.unsent_characters -= len(text)
                if time() < until:
                    await self.send({"type": "websocket.send", "text": text})
        if self.closing is not None:
            with suppress(Exception):
                closing = {"code": self.closing.code, "reason": self.closing.reason}
                await self.send({"type": "websocket.close", **closing})

    def _cut(self) -> None:
        """Nothing happens when the goodbye was taken: the reader has ended by then."""
        if self.writer is not None:
            self.writer.cancel()
        if self.reader is not None:
            self.reader.cancel()
