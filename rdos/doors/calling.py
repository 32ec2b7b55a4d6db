"""Calls a WSGI application for one request, inside one thread from beginning to end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from types import TracebackType
from typing import Any
from wsgiref.types import WSGIApplication

from rdos.doors.outlet import Outlet
from rdos.doors.shapes import Message
from rdos.kernel.waiting import WaitingAnswer

Headers = list[tuple[bytes, bytes]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
# These describe the connection, which is the server's.
CONNECTION_HEADERS = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"})


@dataclass(slots=True)
class Answer:
    """A complete answer, ready for the loop to send."""

    status: int
    headers: Headers
    body: bytes


class Call:
    def __init__(self, application: WSGIApplication, environ: dict[str, Any], outlet: Outlet) -> None:
        self._application = application
        self._environ = environ
        self._outlet = outlet
        self._head_only = environ["REQUEST_METHOD"] == "HEAD"
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._written: list[bytes] = []

    def __call__(self) -> Answer | WaitingAnswer | None:
        """The whole answer, or one that must be waited for, or nothing when it was streamed on the way."""
        chunks = self._application(self._environ, self._start)
        try:
            if isinstance(chunks, WaitingAnswer) and not chunks.settled:
                return chunks
            return self._answer_or_stream(chunks)
        finally:
            # Django gives its database connection back here, so it must be the thread that took it.
            if close := getattr(chunks, "close", None):
                close()

    def answer(self, waited: WaitingAnswer) -> Answer:
        """What has become of it, with the headers that the middleware put on its place."""
        self._status, self._headers = waited.status_code, waited.all_headers()
        return self._whole(waited.content)

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        if exc_info is not None and exc_info[1] is not None and self._outlet.started:
            raise exc_info[1].with_traceback(exc_info[2])
        self._status = int(status[:3])
        self._headers = headers
        return self._written.append

    def _answer_or_stream(self, chunks: Iterable[bytes]) -> Answer | None:
        if _is_whole(chunks):
            return self._whole(b"".join(chunks))
        if self._head_only:
            return Answer(self._status, self._wire_headers(), b"")
        iterator = iter(chunks)
        first = next(iterator, b"")
        if self._declared_length() == len(first):
            return self._whole(first)
        self._stream(chain((first,), iterator))
        return None

    def _whole(self, body: bytes) -> Answer:
        body = b"".join([*self._written, body]) if self._written else body
        if _is_bodiless(self._status):
            return Answer(self._status, self._wire_headers(), b"")
        if self._head_only:
            length = len(body) if self._declared_length() is None else None
            return Answer(self._status, self._wire_headers(length), b"")
        return Answer(self._status, self._wire_headers(len(body)), body)

    def _stream(self, chunks: Iterator[bytes]) -> None:
        start: Message = {"type": "http.response.start", "status": self._status, "headers": self._wire_headers()}
        self._outlet.push(start)
        for chunk in chain(self._written, chunks):
            if chunk:
                self._outlet.push({"type": "http.response.body", "body": chunk, "more_body": True})
        self._outlet.push({"type": "http.response.body", "body": b"", "more_body": False})

    def _declared_length(self) -> int | None:
        return next((int(value) for name, value in self._headers if name.lower() == "content-length"), None)

    def _wire_headers(self, length: int | None = None) -> Headers:
        known = length is not None or _is_bodiless(self._status)
        headers = [] if length is None else [(b"content-length", str(length).encode())]
        for name, value in self._headers:
            wire_name = _wire_name(name)
            if wire_name and not (known and wire_name == b"content-length"):
                headers.append((wire_name, value.strip().encode("latin-1")))
        return headers


def _is_whole(chunks: Iterable[bytes]) -> bool:
    """True when nothing is gained by sending piece by piece: Django says so itself with `streaming`."""
    return isinstance(chunks, list | tuple) or getattr(chunks, "streaming", True) is False


def _is_bodiless(status: int) -> bool:
    return status in (204, 304) or status < 200


@lru_cache(maxsize=512)
def _wire_name(name: str) -> bytes | None:
    lower = name.lower()
    return None if lower in CONNECTION_HEADERS else lower.encode("latin-1")
