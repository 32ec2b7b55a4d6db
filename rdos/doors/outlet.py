"""Carries a streamed answer from its thread to the client, piece by piece."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from rdos.doors.shapes import ClientGone, Message, Receive, Send

STALL_SECONDS = 60.0


class Outlet:
    """Made on the loop for one request; `push` is called in that request's thread."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        self._receive = receive
        self._send = send
        self._watcher: asyncio.Task[None] | None = None
        self._gone = False
        self.started = False

    def push(self, *messages: Message) -> None:
        """Returns when the server has taken the pieces: a slow reader slows the writer down."""
        if self._gone:
            raise ClientGone
        asyncio.run_coroutine_threadsafe(self._forward(messages), self._loop).result()

    async def _forward(self, messages: Sequence[Message]) -> None:
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        for message in messages:
            if self._gone:
                raise ClientGone
            self.started = True
            await self._send_or_give_up(message)

    async def _send_or_give_up(self, message: Message) -> None:
        try:
            async with asyncio.timeout(STALL_SECONDS):
                await self._send(message)
        except TimeoutError:
            # A client that stays but never reads would keep the thread for ever.
            self._gone = True
            raise ClientGone from None

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True

    async def close(self) -> None:
        self._gone = True
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
