"""One node's connection, as long as it lives in this process."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any
from uuid import UUID

from devices.consumers.budget import Budget
from devices.consumers.closing import TOO_SLOW, Closing
from devices.drivers import Driver
from rdos.kernel.bells.listeners import Stop

# What a node that does not read may leave lying here.
MOST_UNSENT, MOST_UNSENT_CHARACTERS = 1000, 32 * 2**20
# A busy node runs one command after another and answers nothing else meanwhile.
PATIENCE_WITH_BUSY_NODES = 300.0
CLOSE_SECONDS = 5.0


class Session:
    """Made before the node is let in, so that what is claimed for it always finds it."""

    __slots__ = (
        "address", "bad_frames", "budget", "closing", "driver", "dropped", "heard_at", "in_flight", "listening",
        "next_ping_at", "node_id", "open", "reader", "seen_noted_at", "send", "session_id", "state", "stats",
        "unknown", "unsent", "unsent_characters", "writer",
    )  # fmt: skip

    def __init__(self, session_id: UUID, send: Any, address: str, now: float) -> None:
        self.session_id = session_id
        self.send = send
        self.address = address
        self.node_id: UUID | None = None
        self.driver: Driver | None = None
        self.heard_at = now
        self.seen_noted_at = now
        self.next_ping_at = now
        self.budget = Budget(now)
        self.state = ""
        # The last stats frame that was not looked into yet.
        self.stats: Any = None
        self.bad_frames = 0
        self.unknown = 0
        self.dropped = 0
        self.in_flight: dict[UUID, float] = {}
        # False until the node was told that it is in: nothing may come before that answer.
        self.open = False
        self.unsent: deque[str] = deque()
        self.unsent_characters = 0
        self.writer: asyncio.Task[None] | None = None
        self.reader: asyncio.Task[Any] | None = None
        self.closing: Closing | None = None
        self.listening: Stop | None = None

    def post(self, text: str) -> None:
        """Sends when the node reads; never waits."""
        if self.closing is not None:
            return
        self.unsent.append(text)
        self.unsent_characters += len(text)
        if len(self.unsent) > MOST_UNSENT or self.unsent_characters > MOST_UNSENT_CHARACTERS:
            self.end(TOO_SLOW)
        elif self.open:
            self._write()

    def begin(self) -> None:
        self.open = True
        if self.unsent:
            self._write()

    def end(self, closing: Closing) -> None:
        """Closes from our side. The first reason is the one that counts."""
        if self.closing is None:
            self.closing = closing
            self._write()

    def is_silent(self, now: float, threshold: float) -> bool:
        if now - self.heard_at <= threshold:
            return False
        busy_since = max(self.in_flight.values(), default=None)
        return busy_since is None or now - max(busy_since, self.heard_at) > PATIENCE_WITH_BUSY_NODES

    def _write(self) -> None:
        if self.writer is None or self.writer.done():
            self.writer = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        # Whatever the wire says, the reader hears it too, and ends the session.
        with suppress(Exception):
            while self.unsent and self.closing is None:
                text = self.unsent.popleft()
                self.unsent_characters -= len(text)
                await self.send({"type": "websocket.send", "text": text})
        if self.closing is not None:
            await self._say_goodbye(self.closing)

    async def _say_goodbye(self, closing: Closing) -> None:
        # A half-open socket takes nothing any more, not even this.
        with suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})
                return
        if self.reader is not None:
            self.reader.cancel()
