"""Asks a bridge directly, the way an ASGI server would, without any server."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import WSGIApplication

from rdos.doors.bridge import Bridge

Message = dict[str, Any]


@dataclass
class Client:
    """What the server hears and says. `stays` is false for a client that leaves when its body is sent."""

    pieces: Iterable[bytes] = (b"",)
    stays: bool = True
    taken: int = 0
    heard: list[Message] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._pieces = list(self.pieces)

    async def receive(self) -> Message:
        if self.taken < len(self._pieces):
            self.taken += 1
            body = self._pieces[self.taken - 1]
            return {"type": "http.request", "body": body, "more_body": self.taken < len(self._pieces)}
        if self.stays:
            await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.heard.append(message)

    @property
    def status(self) -> int:
        return int(self.heard[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.heard[0]["headers"])

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.heard[1:] if message["body"]]

    @property
    def complete(self) -> bool:
        return bool(self.heard) and self.heard[-1].get("more_body") is False


def scope(method: str = "GET", path: str = "/", **more: Any) -> Message:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": ("192.0.2.7", 4242),
        "server": ("127.0.0.1", 8000),
    } | more


def bridge(
    application: WSGIApplication,
    *,
    threads: int = 2,
    waiting: int = 8,
    limit: int = 3_000_000,
    patience: float = 5.0,
) -> Bridge:
    return Bridge(application, threads=threads, waiting=waiting, body_limit=limit, patience=patience)


async def ask(application: WSGIApplication, asked: Message | None = None, client: Client | None = None) -> Client:
    client = client or Client()
    door = bridge(application)
    await door(asked or scope(), client.receive, client.send)
    door.close()
    return client
