"""The built agent as a process of its own, and a small hub for it to dial."""

import contextlib
import json
import os
import queue
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from devices.services.agent_file import build

NODE, SECRET, TOKEN = str(uuid.uuid4()), "s3cret-of-the-node", str(uuid.uuid4())
PATIENCE = 10.0


class Visit:
    """One connection of an agent, driven by the test."""

    def __init__(self, line: ServerConnection) -> None:
        self.line = line
        self.over = threading.Event()
        self._unread: list[dict[str, Any]] = []

    def introduction(self) -> dict[str, Any]:
        found: dict[str, Any] = self.next("auth")["payload"]
        return found

    def register(self) -> "Visit":
        self.introduction()
        self.send("register_ack", {"node_id": NODE, "node_secret": SECRET})
        return self

    def accept(self) -> "Visit":
        self.introduction()
        self.send("auth_ok")
        return self

    def refuse(self) -> None:
        self.line.send(json.dumps({"type": "auth_error", "message": "not known here"}))
        self.line.close(1008)

    def send(self, kind: str, payload: Any = None) -> None:
        self.line.send(json.dumps({"type": kind, "timestamp": "2026-01-01T00:00:00Z", "payload": payload}))

    def tell(self, kind: str, /, *, command_id: str = "", **action: Any) -> str:
        command_id = command_id or str(uuid.uuid4())
        self.send("command", {"command_id": command_id, "action": {"type": kind, **action}})
        return command_id

    def do(self, kind: str, /, **action: Any) -> dict[str, Any]:
        command_id = self.tell(kind, **action)
        return self.ack(command_id)

    def ack(self, command_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._find(
            lambda frame: frame["type"] == "command_ack" and frame["payload"]["command_id"] == command_id
        )["payload"]
        return found

    def next(self, kind: str) -> dict[str, Any]:
        return self._find(lambda frame: frame["type"] == kind)

    def _find(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Frames of other kinds stay for whoever asks for them."""
        for index, frame in enumerate(self._unread):
            if wanted(frame):
                return self._unread.pop(index)
        while True:
            frame = json.loads(self.line.recv(PATIENCE))
            if wanted(frame):
                return frame
            self._unread.append(frame)

    def ended(self) -> int | None:
        """The code of the agent's Close frame; None when there was none."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.line.recv(PATIENCE)
        received = self.line.protocol.close_rcvd
        return None if received is None else int(received.code)

    def hang_up(self) -> None:
        """Without a Close frame, as a hub that lost its power."""
        self.line.socket.shutdown(socket.SHUT_RDWR)


class Hub:
    def __init__(self, server: Server, scheme: str, visits: "queue.Queue[Visit]") -> None:
        self.port = server.socket.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.visits = visits

    def visit(self) -> Visit:
        return self.visits.get(timeout=PATIENCE)


@contextlib.contextmanager
def hub(context: ssl.SSLContext | None = None, **options: Any) -> Iterator[Hub]:
    visits: queue.Queue[Visit] = queue.Queue()
    open_visits: list[Visit] = []

    def handler(line: ServerConnection) -> None:
        visit = Visit(line)
        open_visits.append(visit)
        visits.put(visit)
        visit.over.wait()

    with serve(handler, "127.0.0.1", 0, ssl=context, close_timeout=1, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Hub(server, "https" if context else "http", visits)
        finally:
            for visit in open_visits:
                visit.over.set()
            server.shutdown()
            thread.join(5)


class Agent:
    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    @property
    def log(self) -> str:
        return self._log.read_text()


@contextlib.contextmanager
def agent(state: Path, *options: str, environment: dict[str, str] | None = None) -> Iterator[Agent]:
    """Isolated and without site-packages: it must carry all it needs."""
    file = state.parent / "agent.pyz"
    file.write_bytes(build())
    log = state.parent / "agent.log"
    command = [sys.executable, "-I", "-S", str(file), "--state", str(state), *options]
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stderr=errors, env={"PATH": os.defpath, **(environment or {})})
    try:
        yield Agent(process, log)
    finally:
        process.kill()
        process.wait(5)


@contextlib.contextmanager
def connected(state: Path) -> Iterator[tuple[Agent, Visit]]:
    """An agent that has just registered at a hub of its own."""
    with hub() as found, agent(state, "--hub", found.url, "--token", TOKEN) as running:
        yield running, found.visit().register()


def script(state: Path, name: str, text: str, *, mode: int = 0o700) -> Path:
    folder = state / "scripts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state.chmod(0o700)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
