"""A plain client of the bus, driven from a test that is not asynchronous."""

import asyncio
import json
from collections.abc import Coroutine
from threading import Thread
from typing import Any, TypeVar

import nats
from nats.aio.msg import Msg

from tests.devices.conftest import until
from tests.up.bus_clients import arrived

T = TypeVar("T")


class Device:
    def __init__(self, port: int, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.heard: list[tuple[str, bytes, str]] = []
        self.refused: list[str] = []
        self.client = self.run(
            nats.connect(f"nats://127.0.0.1:{port}", error_cb=self._complain, allow_reconnect=False, **options)
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(15)

    def say(self, subject: str, said: Any) -> None:
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.run(self.client.publish(subject, data))
        self.run(arrived(self.client))

    def floods(self, subject: str, data: bytes, *, times: int) -> None:
        async def flood() -> None:
            for _ in range(times):
                await self.client.publish(subject, data)
            await self.client.flush()

        self.run(flood())

    def listen(self, subject: str) -> None:
        self.run(self.client.subscribe(subject, cb=self._note))
        self.run(arrived(self.client))

    def hears(self, count: int, seconds: float = 10.0) -> list[tuple[str, bytes, str]]:
        until(lambda: len(self.heard) >= count, seconds)
        return self.heard[:count]

    def close(self) -> None:
        self.run(self.client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _note(self, message: Msg) -> None:
        self.heard.append((message.subject, message.data, message.reply))

    async def _complain(self, error: Exception) -> None:
        self.refused.append(str(error))
