"""A small web server with the manners, good and bad, of the world outside."""

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from urllib.parse import parse_qs, urlsplit


class Outside(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        self.seen.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
        address = urlsplit(self.path)
        {
            "/json": lambda: self.answer(b'{"lamp": true}'),
            "/text": lambda: self.answer(b"not json"),
            "/missing": lambda: self.answer(b"{}", status=404),
            "/large": lambda: self.answer(b"x" * 50_000),
            "/endless": self.endless,
            "/packed": lambda: self.answer(gzip.compress(b"x" * 1000), **{"Content-Encoding": "gzip"}),
            "/to": lambda: self.answer(b"", status=302, Location=parse_qs(address.query)["url"][0]),
            "/trickle": self.trickle,
            "/slow-head": self.slow_head,
            "/garbage": lambda: self.wfile.write(b"this is not http\r\n\r\n"),
        }.get(address.path, self.close_without_a_word)()

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 4096)

    def trickle(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.drip()

    def slow_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip()

    def drip(self) -> None:
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.03)

    def close_without_a_word(self) -> None:
        self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: object) -> None:
        """The client hung up, as several tests want it to."""


@contextmanager
def serving(tls: SSLContext | None = None) -> Iterator[tuple[int, list[dict[str, str]]]]:
    seen: list[dict[str, str]] = []
    server = QuietServer(("0.0.0.0", 0), type("Recording", (Outside,), {"seen": seen}))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
