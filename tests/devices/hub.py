"""A real hub in a thread of the test: uvicorn, the front, real sockets, the test's own database."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from rdos.doors.serving import CAREFUL_SOCKET, SOCKET_MESSAGE_BYTES

START_SECONDS = 60.0


@dataclass
class Hub:
    port: int
    server: uvicorn.Server
    thread: threading.Thread
    tls: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.port}/ws/node"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(15)
        assert not self.thread.is_alive()


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Hub]:
    from rdos.asgi import front

    # Listening before anybody else could take the port.
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    options: dict[str, Any] = {"ssl_context_factory": lambda *_: tls} if tls else {}
    config = uvicorn.Config(
        front(),
        loop="uvloop",
        http="rdos.doors.heads:CarefulHttp",
        ws=CAREFUL_SOCKET,
        ws_max_size=SOCKET_MESSAGE_BYTES,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
        **options,
    )
    server = uvicorn.Server(config)
    hub = Hub(port, server, threading.Thread(target=server.run, args=([door],), daemon=True), tls is not None)
    hub.thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert hub.thread.is_alive() and time.monotonic() < deadline, "the hub did not start"
        time.sleep(0.01)
    try:
        yield hub
    finally:
        hub.stop()
        door.close()
