"""Virtual nodes as a load: those of `manage.py simulate`, with a way to know what the hub has read."""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from random import uniform
from typing import TYPE_CHECKING, Any

import django
import orjson
from websockets.uri import parse_uri

from tests.benchmarks.hub import stand_on_servers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdos.settings")
stand_on_servers()
django.setup()

from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from devices.management.simulated.composition import parts  # noqa: E402
from devices.management.simulated.fleet import Fleet  # noqa: E402
from devices.management.simulated.keyring import Keyring  # noqa: E402
from devices.management.simulated.line import Line  # noqa: E402
from devices.management.simulated.machines import Machine  # noqa: E402
from devices.management.simulated.machines.edge import Edge  # noqa: E402
from devices.management.simulated.virtual_node import VirtualNode  # noqa: E402
from devices.services import simulated  # noqa: E402
from devices.services.simulated import Enlisted  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ONLINE_SECONDS = 90.0
DIALS_PER_SECOND = 400
# Refused by name, at once and in order, and never dropped: its refusal says that everything before it was read.
QUESTION = b'{"type":"command_ack","payload":0}'
REFUSAL = b'{"type":"error"'


@cache
def keyring() -> Keyring:
    return Keyring(Path(tempfile.mkdtemp(prefix="rdos-bench-")) / "simulated.json")


def crew(count: int) -> list[Enlisted]:
    found = simulated.enlist(fleet=parts(count, "edge"), known=keyring().known(), at=timezone.now())
    connections.close_all()
    return found


class Drumming(Edge):
    """Its stats are made once: what is measured is the hub, and the client shares its machine."""

    def __init__(self, key: str) -> None:
        super().__init__(key, 0, time.time() - 1000)
        self.made = orjson.Fragment(orjson.dumps(super().stats(time.time())))
        self.told = 0

    def stats(self, at: float) -> Any:
        self.told += 1
        return self.made


class Measured(VirtualNode):
    """Comes back within a second, and can ask whether the hub has read all it said."""

    machine: Drumming
    reading: "asyncio.Future[None] | None" = None

    def heard(self, text: bytes) -> None:
        if not text.startswith(REFUSAL):
            super().heard(text)
        elif self.reading is not None:
            self.reading.set_result(None)

    async def has_read_all(self) -> None:
        self.reading = asyncio.get_running_loop().create_future()
        self._say(QUESTION)
        await self.reading

    def next_wait(self) -> float:
        return uniform(0.0, 1.0)


class Echoed:
    """The other side of the bare echo: everything said comes back."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self.unheard = 0
        self.reading: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def opened(self, line: Line) -> None:
        self.line = line

    def heard(self, text: bytes) -> None:
        self.unheard -= 1
        if not self.unheard and not self.reading.done():
            self.reading.set_result(None)

    def lost(self, line: Line, code: int) -> None:
        self.line = None

    async def has_read_all(self) -> None:
        if self.unheard:
            self.reading = asyncio.get_running_loop().create_future()
            await self.reading


@asynccontextmanager
async def fleet(port: int, crew: Sequence[Enlisted], *, rate: float = 0.0) -> "AsyncIterator[Fleet]":
    """Everybody online, dialling a few at a time, so that later they do not send in step."""
    made = Fleet(f"ws://127.0.0.1:{port}/ws/node", keyring(), rate=rate)
    for place, one in enumerate(crew):
        token = "" if keyring().get(one.key) else one.token
        made.add(Measured(made, Drumming(one.key), token=token), after=place / DIALS_PER_SECOND)
    try:
        await until(lambda: made.online == len(crew), f"{len(crew)} nodes online")
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def echoes(port: int, count: int) -> "AsyncIterator[list[Echoed]]":
    loop, uri = asyncio.get_running_loop(), parse_uri(f"ws://127.0.0.1:{port}/echo")
    owners = [Echoed() for _ in range(count)]
    lines = []
    for owner in owners:
        transport, _ = await loop.create_connection(lambda owner=owner: Line(uri, owner), "127.0.0.1", port)
        lines.append(transport)
    try:
        await until(lambda: all(owner.line for owner in owners), f"{count} echoes open")
        yield owners
    finally:
        for transport in lines:
            transport.abort()


async def until(true: Callable[[], bool], what: str) -> float:
    """The seconds it took."""
    began = time.perf_counter()
    while not true():
        if time.perf_counter() - began > ONLINE_SECONDS:
            raise TimeoutError(f"{what}: not within {ONLINE_SECONDS:g} s")
        await asyncio.sleep(0.005)
    return time.perf_counter() - began


async def all_read(readers: Sequence[Any]) -> float:
    """The seconds until the hub has read what everybody has said."""
    began = time.perf_counter()
    waiting: list[Awaitable[None]] = [reader.has_read_all() for reader in readers]
    async with asyncio.timeout(ONLINE_SECONDS):
        await asyncio.gather(*waiting)
    return time.perf_counter() - began


def frame_of(machine: Machine) -> bytes:
    return orjson.dumps({"type": "stats", "payload": machine.stats(time.time())})
