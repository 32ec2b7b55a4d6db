"""uvicorn's HTTP protocol with the limits it lacks.

How large a request's head may be, and how slow; and what follows a chunked body is neither endless nor a header.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rdos.doors.front import STOP_WAITING

HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 15.0
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
    b"content-length: 64\r\nconnection: close\r\n\r\n"
    b'{"detail":"The request\'s head is too large.","code":"too_large"}'
)


class CarefulHttp(HttpToolsProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = True
        self._head_timer: asyncio.TimerHandle | None = None
        self._in_body = False
        self._bytes_since_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops: whoever waits on the loop is answered now, while there is time to send it."""
        if stop_waiting := self.app_state.get(STOP_WAITING):
            stop_waiting()
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        self._bytes_since_body += len(data)  # before parsing: every piece of body sets it back
        super().data_received(data)
        if not self._in_head:
            self._stop_waiting()
            self._end_endless_trailers()
            return
        # Counted here and not per header: the parser keeps an unfinished one to itself.
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()
        self._wait_for_head()

    def on_message_begin(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # The parser reports trailers as headers; the sender could add any after a proxy has checked the head.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._in_body = True
        self._bytes_since_body = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._bytes_since_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def _end_endless_trailers(self) -> None:
        """Without an answer: one may already be under way."""
        if self._in_body and self._bytes_since_body > HEAD_BYTES and not self.transport.is_closing():
            self.transport.close()

    def _wait_for_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
