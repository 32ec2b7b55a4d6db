"""uvicorn's WebSocket protocol with the limits it lacks: of what strangers may send, and of who does not read."""

from collections.abc import Callable
from typing import Any, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

# An application finds here how to change how large a message may be. None is as large as the server allows.
LARGEST_MESSAGE = "rdos.largest_message"
# Until the application has accepted the socket.
BEFORE_ACCEPTED = 64 * 1024
# Answers to pings that their sender does not read.
MOST_UNREAD = 1024 * 1024
# Whoever has not read its end by now is cut off: the buffer would be kept for as long as the kernel tries.
LINGER_SECONDS = 15.0
# The loop cannot close while bytes are on their way, and the hub must be gone within five seconds.
LINGER_AT_STOP_SECONDS = 2.0
# What somebody still sends who was refused in the middle of it is thrown away for so long. An end before they had read
# our Close frame would be a reset, which takes the frame with it.
DEAF_SECONDS = 2.0

Limit = Callable[[int | None], None]


class CarefulSocket(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._accepted_limit = self._largest = self.conn.max_message_size
        self.conn.max_message_size = BEFORE_ACCEPTED

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            extensions = cast(dict[str, Any], self.scope["extensions"])
            extensions[LARGEST_MESSAGE] = self._limit

    def _limit(self, octets: int | None) -> None:
        self._accepted_limit = self._largest if octets is None else octets
        if self.handshake_complete:
            self.conn.max_message_size = self._accepted_limit

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.accept":
            self.conn.max_message_size = self._accepted_limit

    def handle_parser_exception(self) -> None:
        if self.close_sent:
            return
        ended = self.conn.close_sent
        code, reason = (ended.code, ended.reason) if ended else (1002, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.close_timer = self.loop.call_later(DEAF_SECONDS, self.transport.close)

    def handle_ping(self) -> None:
        if self.transport.get_write_buffer_size() <= MOST_UNREAD:
            super().handle_ping()
        elif not self.close_sent:
            self.conn.fail(1008, "it does not read what it is sent")
            self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
            self._cut_after(LINGER_SECONDS)

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self._cut_after(LINGER_SECONDS)

    def shutdown(self) -> None:
        super().shutdown()
        self._cut_after(LINGER_AT_STOP_SECONDS)

    def _cut_after(self, seconds: float) -> None:
        if self.transport.get_write_buffer_size():
            self.loop.call_later(seconds, self.transport.abort)
