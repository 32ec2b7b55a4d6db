"""A node that follows the contract to the letter: no timestamp in auth, no ack for get_config, no echo of Close."""

import json
import ssl
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PATIENCE = 10.0


@dataclass
class FakeNode:
    url: str
    node_id: str = ""
    secret: str = ""
    config: dict[str, Any] = field(default_factory=lambda: {"version": 2, "flows": []})
    tls: ssl.SSLContext | None = None
    socket: ClientConnection | None = None
    pings: int = 0

    def __enter__(self) -> "FakeNode":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()

    def dial(self) -> "FakeNode":
        self.socket = connect(
            self.url,
            ssl=self.tls,
            user_agent_header=None,
            compression=None,
            proxy=None,
            max_size=16 * 2**20,
            ping_interval=None,
            close_timeout=2,
            legacy=True,
        )
        return self

    @property
    def line(self) -> ClientConnection:
        assert self.socket is not None, "dial first"
        return self.socket

    def send(self, name: str, payload: Any = None, **top: Any) -> None:
        self.line.send(json.dumps({"type": name, "payload": payload, **top}))

    def say(self, text: str | bytes) -> None:
        self.line.send(text)

    def hear(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """The next frame that is not a ping, which is answered as every client does."""
        while True:
            frame: dict[str, Any] = json.loads(self.line.recv(timeout=timeout))
            if frame["type"] != "ping":
                return frame
            self.pings += 1
            self.send("pong")

    def register(self, token: str, **more: Any) -> "FakeNode":
        self.dial()
        self.send("auth", {"registration_token": token, "software_version": "0.10.6", "protocol_version": 1, **more})
        answer = self.hear()
        assert answer["type"] == "register_ack", answer
        self.node_id, self.secret = answer["payload"]["node_id"], answer["payload"]["node_secret"]
        return self

    def come_back(self, **more: Any) -> "FakeNode":
        answer = self.dial().show(self.node_id, self.secret, **more)
        assert answer["type"] == "auth_ok", answer
        return self

    def show(self, node_id: str, secret: str, **more: Any) -> dict[str, Any]:
        shown = {"node_id": node_id, "node_secret": secret, "software_version": "0.106.0", "protocol_version": 4}
        self.send("auth", shown | more)
        return self.hear()

    def command(self, timeout: float = PATIENCE) -> dict[str, Any]:
        frame = self.hear(timeout)
        assert frame["type"] == "command", frame
        payload: dict[str, Any] = frame["payload"]
        return payload

    def ack(self, command: dict[str, Any], success: bool = True, **more: Any) -> None:
        self.send("command_ack", {"command_id": command["command_id"], "success": success, "error": None, **more})

    def obey(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """Answers the next command as an edge does."""
        command = self.command(timeout)
        if command["action"]["type"] == "get_config":
            self.send("config_response", self.config)
        else:
            self.ack(command)
        return command

    def closed(self, timeout: float = PATIENCE) -> tuple[int, str]:
        """The hub's Close frame. A connection that merely ends is an error."""
        try:
            while True:
                self.line.recv(timeout=timeout)
        except ConnectionClosed as error:
            assert error.rcvd is not None, "the connection ended without a Close frame"
            return error.rcvd.code, error.rcvd.reason

    def vanish(self) -> None:
        """As if somebody pulled the wire's end: the socket closes without a word."""
        self.line.socket.close()

    def leave(self) -> None:
        if self.socket is not None:
            self.socket.close()


def new_id() -> str:
    return str(uuid4())
