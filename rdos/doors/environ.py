"""Turns an ASGI scope into the environ a WSGI application expects (PEP 3333)."""

import sys
from functools import lru_cache
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from rdos.doors.shapes import Scope
from rdos.kernel.waiting import WAITS

BLOCK_BYTES = 256 * 1024
# The length is what was really read; the connection belongs to the server; `Proxy` would be read as
# a proxy setting by programs that look at HTTP_PROXY.
NEVER_PASSED_ON = frozenset({b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"proxy"})


class FileBlocks:
    """Sends a file in large blocks: each block costs one trip between thread and loop."""

    def __init__(self, file: Any, block_size: int = 0) -> None:
        self._file = file

    def __iter__(self) -> "FileBlocks":
        return self

    def __next__(self) -> bytes:
        block: bytes = self._file.read(BLOCK_BYTES)
        if not block:
            raise StopIteration
        return block

    def close(self) -> None:
        # Looked up late: Django puts the response's own close() on the file.
        if close := getattr(self._file, "close", None):
            close()


FIXED: dict[str, Any] = {
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
    "wsgi.file_wrapper": FileBlocks,
    WAITS: True,
}


def environ_of(scope: Scope, body: BinaryIO, size: int) -> dict[str, Any]:
    script, path = _paths(scope)
    server = scope.get("server") or ("localhost", None)
    client = scope.get("client") or ("", "")
    environ = FIXED | {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": script,
        "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        # A Unix socket has a path and no port.
        "SERVER_NAME": server[0] if server[1] else "localhost",
        "SERVER_PORT": str(server[1] or 80),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "CONTENT_LENGTH": str(size),
        "wsgi.url_scheme": scope.get("scheme") or "http",
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
    }
    _add_headers(environ, scope["headers"])
    return environ


def _paths(scope: Scope) -> tuple[str, str]:
    raw = scope.get("raw_path")
    # `path` is decoded with replacement characters; the raw path still holds the very bytes.
    whole = unquote_to_bytes(raw) if raw else scope["path"].encode("utf-8", "surrogateescape")
    script = scope.get("root_path", "").encode("utf-8")
    return script.decode("latin-1"), whole.removeprefix(script).decode("latin-1")


def _add_headers(environ: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
    for name, value in headers:
        key = _key(name)
        if key is None:
            continue
        text = value.decode("latin-1")
        if key in environ:
            joint = "; " if key == "HTTP_COOKIE" else ","
            text = f"{environ[key]}{joint}{text}"
        environ[key] = text


@lru_cache(maxsize=512)
def _key(name: bytes) -> str | None:
    # `X_Forwarded_For` and `X-Forwarded-For` share one environ key: whoever sends the first could pass for the second.
    if b"_" in name or name.lower() in NEVER_PASSED_ON:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"
