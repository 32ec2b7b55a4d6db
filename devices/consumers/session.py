"""One node's connection, as long as it lives in this process."""

import asyncio
from collections import deque
from contextlib import suppress
from math import inf
from typing import Any
from uuid import UUID

from devices.consumers.budget import Budget
from devices.consumers.closing import TOO_SLOW, Closing
from devices.drivers import Driver
from rdos.kernel.bells.listeners import Stop

# What a node that does not read may leave lying here.
MOST_UNSENT, MOST_UNSENT_CHARACTERS = 1000, 32 * 2**20
# With this much it is given no more commands until it has read some.
MANY_UNSENT, MANY_UNSENT_CHARACTERS = 50, 4 * 2**20
# A busy node runs one command after another and answers nothing else meanwhile.
PATIENCE_WITH_BUSY_NODES = 300.0
CLOSE_SECONDS = 5.0
GET_CONFIG = "get_config"


class Session:
    """Made before the node is let in, so that what is claimed for it always finds it."""

    __slots__ = (
        "address", "bad_frames", "budget", "closing", "driver", "dropped", "heard_at", "in_flight", "listening",
        "next_ping_at", "node_id", "open", "questions", "reader", "seen_noted_at", "send", "session_id", "stats",
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
        # The last stats frame that was not looked into yet.
        self.stats: Any = None
        self.bad_frames = 0
        self.unknown = 0
        self.dropped = 0
        # Commands it has not answered, with when each was sent; and those a configuration answers.
        self.in_flight: dict[UUID, float] = {}
        self.questions: set[UUID] = set()
        # False until the node was told that it is in: nothing may come before that answer.
        self.open = False
        # Texts, and until when each is worth sending.
        self.unsent: deque[tuple[str, float]] = deque()
        self.unsent_characters = 0
        self.writer: asyncio.Task[None] | None = None
        self.reader: asyncio.Task[Any] | None = None
        self.closing: Closing | None = None
        self.listening: Stop | None = None

    def post(self, text: str, until: float = inf) -> None:
        """Sends when the node reads; never waits. What could not be sent until that moment of the loop is dropped."""
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
        # Bells about this node are for whoever holds it next.
        if self.listening is not None:
            self.listening()
        self._write()
        # A half-open socket takes nothing any more, not even what is before the goodbye.
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._cut)

    def is_silent(self, now: float, threshold: float) -> bool:
        if now - self.heard_at <= threshold:
            return False
        busy_since = max(self.in_flight.values(), default=None)
        return busy_since is None or now - max(busy_since, self.heard_at) > PATIENCE_WITH_BUSY_NODES

    # --- What it was asked

    def asked(self, command_id: UUID, name: Any, now: float) -> None:
        self.in_flight[command_id] = now
        if name == GET_CONFIG:
            self.questions.add(command_id)

    def answered(self, command_id: UUID) -> None:
        self.in_flight.pop(command_id, None)
        self.questions.discard(command_id)

    def config_arrived(self) -> None:
        """Edge and relay acknowledge no question for their configuration. What else they are busy with goes on."""
        for command_id in tuple(self.questions):
            self.answered(command_id)

    # --- The wire

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
