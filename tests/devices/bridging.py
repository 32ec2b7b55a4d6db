"""A real bridge in a thread of the test, and somebody else on the same real bus."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any

import orjson

from devices.bridge.running import BridgeProcess
from rdos.kernel import bus
from rdos.kernel.bus import portal
from tests.devices.conftest import until

PATIENCE = 10.0


@contextmanager
def bridge() -> Iterator[BridgeProcess]:
    ready, made, loop = threading.Event(), [], asyncio.new_event_loop()
    ended = asyncio.Event()

    async def live() -> None:
        made.append(BridgeProcess(portal.place()))
        await made[0].start()
        ready.set()
        await ended.wait()
        await made[0].stop(2.0)

    thread = threading.Thread(target=loop.run_until_complete, args=[live()])
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        until(lambda: made[0].line.connected)
        yield made[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(PATIENCE)
        assert not thread.is_alive()
        loop.close()


class Listening:
    """What is told on a subject."""

    def __init__(self) -> None:
        self.heard: Queue[tuple[str, bytes]] = Queue()

    def next(self, seconds: float = PATIENCE) -> tuple[str, bytes]:
        return self.heard.get(timeout=seconds)

    def event(self) -> Any:
        return orjson.loads(self.next()[1])

    def nothing(self, seconds: float = 0.3) -> bool:
        try:
            self.heard.get(timeout=seconds)
        except Empty:
            return True
        return False


@contextmanager
def listening(subject: str) -> Iterator[Listening]:
    found = Listening()
    number = bus.subscribe(subject, lambda name, data, reply: found.heard.put((name, data)))
    # The broker has taken the subscription when it has taken what was said after it.
    bus.publish("tests.bridging", b"")
    try:
        yield found
    finally:
        bus.unsubscribe(number)
