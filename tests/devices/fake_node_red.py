"""Node-RED's Admin API as far as the hub uses it: a real server with a real one's revisions, refusals and habits."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from threading import Lock, Thread
from typing import Any

from tests.kernel.web import QuietServer

TYPES = ("inject", "debug", "function", "http request", "mqtt-broker")
FOREIGN: list[dict[str, Any]] = [
    {"id": "f1", "type": "tab", "label": "Somebody's own"},
    {"id": "f2", "type": "debug", "z": "f1", "x": 10, "y": 10, "wires": []},
]


@dataclass
class FakeNodeRed:
    port: int = 0
    flows: list[dict[str, Any]] = field(default_factory=lambda: [dict(one) for one in FOREIGN])
    token: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    posted: list[Any] = field(default_factory=list)
    # What is answered instead, by "METHOD /path": a status and a body.
    instead: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    # So often somebody else deploys between the hub's reading and its writing.
    meddlers: int = 0
    # What is changed of whatever is posted.
    habit: dict[str, Any] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def revision(self) -> str:
        return sha256(json.dumps(self.flows).encode()).hexdigest()

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in self.flows]

    def one(self, name: str) -> dict[str, Any]:
        return next(one for one in self.flows if one["id"] == name)

    def write(self, body: Any) -> tuple[int, Any]:
        if self.meddlers:
            self.meddlers -= 1
            self.flows.append({"id": f"m{self.meddlers}", "type": "tab", "label": "Meanwhile"})
        if body.get("rev") != self.revision:
            return 409, {"code": "version_mismatch", "message": "Error"}
        kept = [{name: value for name, value in one.items() if name != "credentials"} for one in body["flows"]]
        self.flows = [one | (self.habit if one["type"] == "debug" else {}) for one in kept]
        return 200, {"rev": self.revision}


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeNodeRed

    def do_GET(self) -> None:
        self._serve("GET", None)

    def do_POST(self) -> None:
        self._serve("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, method: str, body: Any) -> None:
        with self.fake.lock:
            heads = {name.lower(): value for name, value in self.headers.items()}
            self.fake.asked.append((method, self.path, heads))
            status, said = self._said(method, body, heads)
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _said(self, method: str, body: Any, heads: dict[str, str]) -> tuple[int, bytes]:
        fake = self.fake
        if (instead := fake.instead.get(f"{method} {self.path}")) is not None:
            return instead
        if fake.token and heads.get("authorization") != f"Bearer {fake.token}":
            return 401, b"Unauthorized"
        if self.path == "/nodes":
            return 200, json.dumps([{"id": "core", "enabled": True, "types": TYPES}]).encode()
        if method == "POST":
            fake.posted.append(body)
            status, said = fake.write(body)
            return status, json.dumps(said).encode()
        return 200, json.dumps({"flows": fake.flows, "rev": fake.revision}).encode()

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def a_node_red(**fields: Any) -> Iterator[FakeNodeRed]:
    fake = FakeNodeRed(**fields)
    server = QuietServer(("127.0.0.1", 0), type("Door", (_Door,), {"fake": fake}))
    fake.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
