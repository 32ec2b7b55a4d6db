"""Robots as a load: each takes a run, says that it is done, and takes the next, over a connection of its own."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from websockets.uri import parse_uri

from devices.management.simulated.line import Line
from tests.benchmarks.load import LOOPBACK, Unexpected

RESULT = {"executed_nodes": 1, "duration_ms": 1, "recovered": False}
# Gets the moment at which a run came to its robot.
Begun = Callable[[float], object]


class Http(asyncio.Protocol):
    """A connection that is asked one question at a time."""

    def __init__(self) -> None:
        self._heard = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(Unexpected(f"the server hung up ({exc})"))

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return
        answer, self._answer, self._heard = self._answer, None, b""
        if answer is None or answer.done():
            return
        if head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            answer.set_result(body)
        else:
            answer.set_exception(Unexpected((head[:100] + body[:300]).decode("latin-1")))

    async def post(self, path: str, headers: str, body: Any) -> Any:
        said = orjson.dumps(body)
        answer = self._answer = asyncio.get_running_loop().create_future()
        head = f"POST {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\n{headers}Content-Type: application/json\r\n"
        self.transport.write(f"{head}Content-Length: {len(said)}\r\n\r\n".encode() + said)
        return orjson.loads(await answer)


async def http(port: int) -> Http:
    _, line = await asyncio.get_running_loop().create_connection(Http, LOOPBACK, port)
    return line


@dataclass
class RestRobot:
    port: int
    token: str
    key: str
    wait: float = 0.0
    begun: Begun = lambda at: None
    done: int = 0
    claims: list[float] = field(default_factory=list)

    async def work(self) -> None:
        line = await http(self.port)
        try:
            while True:
                await self._turn(line)
        finally:
            line.transport.abort()

    async def _turn(self, line: Http) -> None:
        key, asked = f"X-Api-Key: {self.token}\r\n", time.perf_counter()
        job = await line.post("/api/v1/jobs/claim", key, {"wait": self.wait})
        if job is None:
            await asyncio.sleep(0 if self.wait else 0.01)
            return
        now = time.perf_counter()
        self.claims.append(now - asked)
        self.begun(now)
        await line.post(f"/api/v1/jobs/{job['job_id']}/complete", key, {"result": RESULT, "fence": job["fence"]})
        self.done += 1


@dataclass
class SocketRobot:
    port: int
    token: str
    key: str
    at_once: int = 1
    begun: Begun = lambda at: None
    done: int = 0
    claims: list[float] = field(default_factory=list)
    line: Line | None = None
    gone: "asyncio.Future[None] | None" = None
    asked: float = 0.0

    async def work(self) -> None:
        loop = asyncio.get_running_loop()
        self.gone = loop.create_future()
        uri = parse_uri(f"ws://{LOOPBACK}:{self.port}/ws/robot/{self.key}?api_key={self.token}")
        transport, _ = await loop.create_connection(lambda: Line(uri, self), LOOPBACK, self.port)
        try:
            await self.gone
        finally:
            transport.abort()

    def opened(self, line: Line) -> None:
        self.line = line
        self.say("register", capabilities={"max_concurrent_jobs": self.at_once, "types": []}, robot_name=self.key)

    def heard(self, text: bytes) -> None:
        frame = orjson.loads(text)
        if frame["type"] == "job_assign":
            now = time.perf_counter()
            if self.asked and self.at_once == 1:
                self.claims.append(now - self.asked)
            self.begun(now)
            self.say("job_complete", job_id=frame["job_id"], success=True, result=RESULT)
            self.asked = time.perf_counter()
            self.done += 1

    def lost(self, line: Line, code: int) -> None:
        if self.gone and not self.gone.done():
            self.gone.set_exception(Unexpected(f"the hub closed the socket with {code}"))

    def say(self, kind: str, **fields: Any) -> None:
        if self.line is not None:
            self.line.send(orjson.dumps({"type": kind, **fields}))


async def work_for(seconds: float, robots: Iterable[Any], *beside: Any) -> None:
    """All of them at once; the first that fails ends it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for robot in robots:
                group.create_task(robot.work())
            for one in beside:
                group.create_task(one)
