"""A small load generator: a fixed number of connections, each with one question under way, loopback only."""

import asyncio
import os
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import uvloop

LOOPBACK = "127.0.0.1"
MOST_CONNECTIONS = 256
MOST_SECONDS = 30.0


class Unexpected(Exception):
    """The server answered something else than was asked for."""


@dataclass(frozen=True)
class Load:
    connections: int = 16
    seconds: float = 3.0

    def __post_init__(self) -> None:
        assert 0 < self.connections <= MOST_CONNECTIONS
        assert 0 < self.seconds <= MOST_SECONDS


@dataclass(frozen=True)
class Result:
    per_second: float
    p50_ms: float
    p99_ms: float


class Asking(asyncio.Protocol):
    """Asks, waits for the whole answer, asks again."""

    def __init__(self, ended: asyncio.Future[None], times: list[float]) -> None:
        self.ended = ended
        self.times = times
        self.heard = b""
        self.asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(Unexpected(f"the server hung up ({exc})"))

    def fail(self, error: Exception) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)

    def begin(self) -> None:
        self.ask()

    def ask(self) -> None:
        self.asked_at = time.perf_counter()
        self.transport.write(self.question)

    def answered(self) -> None:
        self.times.append(time.perf_counter() - self.asked_at)
        self.heard = b""
        self.ask()

    question: bytes


class HttpAsking(Asking):
    def __init__(self, ended: asyncio.Future[None], times: list[float], question: bytes) -> None:
        super().__init__(ended, times)
        self.question = question

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, found, body = self.heard.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.fail(Unexpected(head[:200].decode("latin-1")))
        elif self.is_whole(head.lower(), body):
            self.answered()

    def is_whole(self, head: bytes, body: bytes) -> bool:
        _, found, rest = head.partition(b"content-length:")
        if not found:
            return body.endswith(b"0\r\n\r\n")
        return len(body) >= int(rest.split(b"\r\n", 1)[0])


class SocketAsking(Asking):
    """Sends one masked text frame of 100 bytes and waits for its echo."""

    ECHO_BYTES = 102

    def __init__(self, ended: asyncio.Future[None], times: list[float], path: str) -> None:
        super().__init__(ended, times)
        self.path = path
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(b"x" * 100))
        self.question = struct.pack("!BB", 0x81, 0x80 | 100) + mask + masked
        self.open = False

    def begin(self) -> None:
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if not self.open:
            self.shake_hands()
        elif len(self.heard) >= self.ECHO_BYTES:
            self.answered()

    def shake_hands(self) -> None:
        if b"\r\n\r\n" not in self.heard:
            return
        if b" 101 " not in self.heard[:20]:
            self.fail(Unexpected(self.heard[:200].decode("latin-1")))
            return
        self.open = True
        self.heard = b""
        self.ask()


def get(port: int, path: str, load: Load, headers: dict[str, str] | None = None) -> Result:
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    question = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\n{lines}\r\n".encode()
    return uvloop.run(drive(port, load, lambda ended, times: HttpAsking(ended, times, question)))


def echo(port: int, path: str, load: Load) -> Result:
    return uvloop.run(drive(port, load, lambda ended, times: SocketAsking(ended, times, path)))


async def drive(port: int, load: Load, make: Callable[[asyncio.Future[None], list[float]], Asking]) -> Result:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    times: list[float] = []
    began = time.perf_counter()
    lines = [await loop.create_connection(lambda: make(ended, times), LOOPBACK, port) for _ in range(load.connections)]
    with suppress(TimeoutError):
        # Only a failure ends it early: `ended` is never given a result.
        async with asyncio.timeout(load.seconds):
            await ended
    elapsed = time.perf_counter() - began
    for transport, _ in lines:
        transport.abort()
    return result_of(times, elapsed)


def result_of(times: list[float], elapsed: float) -> Result:
    if not times:
        raise Unexpected("not one answer came")
    times.sort()
    return Result(len(times) / elapsed, times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000)
