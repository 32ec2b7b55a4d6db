"""Reads a request's whole body on the loop, so that a slow sender never holds a thread."""

import asyncio
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from rdos.doors.refusals import bad_length, too_large, too_slow
from rdos.doors.shapes import ClientGone, Message, Receive, Scope

SPOOL_BYTES = 1024 * 1024


def check_declared(scope: Scope, limit: int) -> None:
    """Refuses by the Content-Length alone, before a byte of the body is read."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            if not value.isdigit():
                raise bad_length()
            if int(value) > limit:
                raise too_large(limit)


async def read_body(receive: Receive, *, limit: int, patience: float) -> tuple[BinaryIO, int]:
    """The body and its size. `patience` is how many seconds one piece of it may take."""
    piece = await _next(receive, patience)
    data: bytes = piece.get("body", b"")
    if len(data) > limit:
        raise too_large(limit)
    if not piece.get("more_body", False):
        return BytesIO(data), len(data)
    return await _spool(receive, data, limit, patience)


async def _spool(receive: Receive, data: bytes, limit: int, patience: float) -> tuple[BinaryIO, int]:
    file = cast(BinaryIO, SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - the bridge closes it
    try:
        size = await _fill(file, receive, data, limit, patience)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file, size


async def _fill(file: BinaryIO, receive: Receive, data: bytes, limit: int, patience: float) -> int:
    # Pieces are at most a socket buffer long and go to the page cache: cheaper than a thread for each.
    size = file.write(data)
    more = True
    while more:
        piece = await _next(receive, patience)
        size += file.write(piece.get("body", b""))
        more = piece.get("more_body", False)
        if size > limit:
            raise too_large(limit)
    return size


async def _next(receive: Receive, patience: float) -> Message:
    try:
        async with asyncio.timeout(patience):
            message = await receive()
    except TimeoutError:
        raise too_slow() from None
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message
