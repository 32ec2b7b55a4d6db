"""The careful protocol alone, fed by hand: how much it takes before it ends a connection."""

import asyncio
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from rdos.doors.heads import HEAD_BYTES, CarefulHttp

CHUNKED = b"POST / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n"


class Line(asyncio.Transport):
    """A connection that only knows whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: Any) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def _never_answers(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


def _taken(start: bytes, piece: bytes, most: int) -> int:
    """How many bytes of pieces are taken after this start before the connection is closed."""
    state, line = ServerState(), Line()
    protocol = CarefulHttp(Config(_never_answers, log_config=None), state, {}, asyncio.get_running_loop())
    protocol.connection_made(line)
    protocol.data_received(start)
    taken = 0
    while taken < most and not line.closed:
        protocol.data_received(piece)
        taken += len(piece)
    protocol.connection_lost(None)
    for task in state.tasks:
        task.cancel()
    return taken


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"0\r\n", b"X-Tag: " + b"y" * 1000 + b"\r\n"),
        (b"0\r\nX-Tag: ", b"y" * 1000),
        (b"5\r\nhello\r\n0\r\nX-", b"y" * 1000),
        (b"5;extension=", b"y" * 1000),
    ],
    ids=["many trailers", "an endless value", "an endless name", "an endless extension"],
)
async def test_what_is_endless_beside_a_body_is_taken_only_to_the_size_of_a_head(start: bytes, piece: bytes) -> None:
    assert _taken(CHUNKED + start, piece, most=10_000_000) <= HEAD_BYTES + len(piece)


@pytest.mark.parametrize("size", [1, 1_000, 250_000])
async def test_a_long_body_is_not_taken_for_trailers(size: int) -> None:
    chunk = b"%x\r\n" % size + b"x" * size + b"\r\n"
    assert _taken(CHUNKED, chunk, most=1_000_000) >= 1_000_000
