"""A robot on a socket in one of the two dialects, as Casare's own programs speak."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PATIENCE = 10.0
FLAT, ENVELOPE = "flat", "envelope"


@dataclass
class FakeRobot:
    url: str
    token: str
    dialect: str = FLAT
    by_header: bool = False
    socket: ClientConnection | None = None
    unread: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> "FakeRobot":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()

    def dial(self) -> "FakeRobot":
        headers = {"X-Api-Key": self.token} if self.by_header else {}
        url = self.url if self.by_header else f"{self.url}?api_key={self.token}"
        options: dict[str, Any] = {"compression": None, "proxy": None, "max_size": 16 * 2**20, "ping_interval": None}
        self.socket = connect(url, additional_headers=headers, close_timeout=2, legacy=True, **options)
        self.unread = []
        return self

    def register(self, **more: Any) -> "FakeRobot":
        self.dial()
        self.send("register", **more)
        answer = self.hear("register_ack")
        assert answer["success"] is True and answer["config"]["heartbeat_interval"] > 0
        return self

    @property
    def line(self) -> ClientConnection:
        assert self.socket is not None, "dial first"
        return self.socket

    def send(self, kind: str, **fields: Any) -> None:
        now = datetime.now(UTC).isoformat()
        if self.dialect == FLAT:
            frame = {"type": kind, "timestamp": now, **fields}
        else:
            frame = {"type": kind, "id": str(uuid4()), "timestamp": now, "payload": fields}
        self.say(json.dumps(frame))

    def say(self, text: str | bytes) -> None:
        self.line.send(text)

    def hear(self, kind: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """The fields of the next frame of this kind. Frames of other kinds stay for whoever asks for them."""
        for index, frame in enumerate(self.unread):
            if frame["type"] == kind:
                return self._fields(self.unread.pop(index))
        while True:
            frame = json.loads(self.line.recv(timeout=timeout))
            if frame["type"] == kind:
                return self._fields(frame)
            self.unread.append(frame)

    def hears_no(self, kind: str) -> bool:
        """After a pong, which comes in its turn."""
        self.send("ping")
        while True:
            frame = json.loads(self.line.recv(timeout=PATIENCE))
            if frame["type"] == "pong":
                return not any(one["type"] == kind for one in self.unread)
            self.unread.append(frame)

    def _fields(self, frame: dict[str, Any]) -> dict[str, Any]:
        if self.dialect == FLAT:
            assert "payload" not in frame
            return frame
        assert frame.keys() >= {"type", "id", "timestamp", "payload"}
        payload: dict[str, Any] = frame["payload"]
        return payload

    def closed(self, timeout: float = PATIENCE) -> tuple[int, str]:
        try:
            while True:
                self.line.recv(timeout=timeout)
        except ConnectionClosed as error:
            assert error.rcvd is not None, "the connection ended without a Close frame"
            return error.rcvd.code, error.rcvd.reason

    def vanish(self) -> None:
        self.line.socket.close()

    def leave(self) -> None:
        if self.socket is not None:
            self.socket.close()
