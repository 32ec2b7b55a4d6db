"""One WebSocket of a virtual node: as little work per frame as Python allows, so that thousands fit one process."""

import asyncio
from collections.abc import Mapping
from typing import Protocol, cast

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import WebSocketURI

LARGEST = 64 * 2**20


class Owner(Protocol):
    def opened(self, line: "Line") -> None: ...
    def heard(self, text: bytes) -> None: ...
    def lost(self, line: "Line", code: int) -> None: ...


class Line(asyncio.Protocol):
    """Asks for the upgrade with nothing but the mandatory headers, as real nodes do."""

    __slots__ = ("_half", "_headers", "_owner", "_socket", "_transport", "full")

    def __init__(self, uri: WebSocketURI, owner: Owner, headers: Mapping[str, str] | None = None) -> None:
        self._headers = headers or {}
        self._socket = ClientProtocol(uri, max_size=LARGEST)
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        # The beginning of a message that comes in pieces.
        self._half = b""
        # True while the hub reads slower than this node writes.
        self.full = False

    # --- What the node does

    def send(self, text: bytes) -> None:
        if self._socket.state is State.OPEN:
            self._socket.send_text(text)
            self._flush()

    def close(self) -> None:
        """Politely; the hub ends the connection when it has heard so."""
        if self._socket.state is State.OPEN:
            self._socket.send_close(1000)
            self._flush()
        elif self._transport is not None:
            self._transport.abort()

    def abort(self) -> None:
        """As if somebody pulled the wire."""
        if self._transport is not None:
            self._transport.abort()

    # --- What the wire does

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        asked = self._socket.connect()
        asked.headers.update(self._headers)
        self._socket.send_request(asked)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._socket.receive_data(data)
        self._flush()
        for event in self._socket.events_received():
            if isinstance(event, Frame):
                self._hear(event)
            elif isinstance(event, Response) and self._socket.state is State.OPEN:
                self._owner.opened(self)
        if self._transport is not None and self._socket.state is not State.OPEN and self._socket.close_expected():
            self._transport.close()

    def eof_received(self) -> None:
        self._socket.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        goodbye = self._socket.close_rcvd
        self._owner.lost(self, goodbye.code if goodbye else 1006)

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False

    def _hear(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return
        self._half += frame.data
        if frame.fin:
            text, self._half = bytes(self._half), b""
            self._owner.heard(text)

    def _flush(self) -> None:
        if self._transport is not None:
            for data in self._socket.data_to_send():
                if data:
                    self._transport.write(data)
