"""A hand on a robot's wheel: the page's side of /ws/drive/{key}."""

import json
import threading
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PATIENCE = 10.0


class Wheel:
    def __init__(self, url: str, key: str = "rover-1", **headers: str) -> None:
        self.socket: ClientConnection = connect(
            f"{url}/ws/drive/{key}",
            additional_headers=headers,
            compression=None,
            proxy=None,
            close_timeout=2,
            legacy=True,
        )
        self.seq = 0
        self._holding = threading.Event()
        self._let_go: Callable[[], None] = lambda: None

    def send(self, name: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": name, **fields}))

    def hear(self, name: str, **wanted: Any) -> dict[str, Any]:
        """The next frame of this type that says so; others are passed by."""
        while True:
            frame: dict[str, Any] = json.loads(self.socket.recv(timeout=PATIENCE))
            if frame["type"] == name and wanted.items() <= frame.items():
                return frame

    def start(self, word: str = "start", **limits: float) -> "Wheel":
        self.send(word, **limits)
        self.hear("ready")
        return self

    def drive(self, linear: Any, angular: Any = 0.0, **more: Any) -> None:
        self.seq += 1
        self.send("drive", linear=linear, angular=angular, seq=self.seq, **more)

    def hold(self, linear: float, angular: float = 0.0) -> None:
        """Again and again, as long as nobody lets go."""
        stop = threading.Event()

        def go_on() -> None:
            while not stop.wait(0.1):
                try:
                    self.drive(linear, angular)
                except ConnectionClosed:
                    return

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()

        def let_go() -> None:
            stop.set()
            thread.join(PATIENCE)

        self._let_go = let_go

    def let_go(self) -> None:
        self._let_go()

    def ended(self) -> str:
        """Why, from the hub's own frame; and that it hung up."""
        because: str = self.hear("ended")["because"]
        try:
            while True:
                self.socket.recv(timeout=PATIENCE)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None and (closed.rcvd.code, closed.rcvd.reason) == (4000, because)
        return because

    def vanish(self) -> None:
        """As if somebody pulled the plug: not a word."""
        self.let_go()
        self.socket.socket.close()

    def leave(self) -> None:
        self.let_go()
        self.socket.close()
