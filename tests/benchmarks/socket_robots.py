"""Robots on sockets as a load: each takes what it is told of, says that it is done, and has never more than so much."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from tests.benchmarks.load import LOOPBACK

RESULT = {"executed_nodes": 1, "duration_ms": 1, "recovered": False}


class Line(asyncio.Protocol):
    def __init__(self, url: str, hear: Callable[["Line", Any], None], opened: dict[str, Any]) -> None:
        self._socket = ClientProtocol(parse_uri(url), max_size=64 * 2**20)
        self._hear, self._opened = hear, opened
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._socket.send_request(self._socket.connect())
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_exception(ConnectionError("the hub hung up"))

    def data_received(self, data: bytes) -> None:
        self._socket.receive_data(data)
        for event in self._socket.events_received():
            if not isinstance(event, Frame):
                self.say(self._opened)
            elif event.opcode is Opcode.TEXT:
                self._hear(self, orjson.loads(event.data))
        self._flush()

    def say(self, frame: Any) -> None:
        self._socket.send_text(orjson.dumps(frame))

    def _flush(self) -> None:
        for data in self._socket.data_to_send():
            self.transport.write(data)


@dataclass
class SocketRobot:
    """`claimed` hears the moment of each job and the job's own words. Real robots accept before they begin."""

    port: int
    key: str
    token: str
    most: int = 1
    accepts: bool = True
    claimed: Callable[[float, Any], object] = lambda at, job: None
    done: int = 0
    claims: list[float] = field(default_factory=list)
    _asked_at: float = 0.0

    async def work(self) -> None:
        url = f"ws://{LOOPBACK}:{self.port}/ws/robot/{self.key}?api_key={self.token}"
        opened = {"type": "register", "robot_id": self.key, "max_concurrent_jobs": self.most}
        make = lambda: Line(url, self._hear, opened)  # noqa: E731
        _, line = await asyncio.get_running_loop().create_connection(make, LOOPBACK, self.port)
        try:
            await line.lost
        finally:
            line.lost.cancel()
            line.transport.abort()

    def _hear(self, line: Line, frame: Any) -> None:
        if frame["type"] != "job_assign":
            return
        now = time.perf_counter()
        self.claimed(now, frame)
        if self._asked_at:
            self.claims.append(now - self._asked_at)
        if self.accepts:
            line.say({"type": "job_accept", "job_id": frame["job_id"]})
        line.say({"type": "job_complete", "job_id": frame["job_id"], "result": RESULT})
        self._asked_at = time.perf_counter()
        self.done += 1
