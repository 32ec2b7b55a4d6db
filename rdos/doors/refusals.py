"""What the door itself answers when a request never reaches Django."""

import asyncio
from contextlib import suppress

import orjson

from rdos.doors.shapes import Receive, Send

LINGER_SECONDS = 2.0


class Refused(Exception):
    """The door does not let this request in."""

    def __init__(self, status: int, code: str, detail: str, *, retry_after: int = 0, hang_up: bool = False) -> None:
        super().__init__(detail)
        self.status = status
        self.retry_after = retry_after
        self.hang_up = hang_up
        self.body = orjson.dumps({"detail": detail, "code": code})

    def headers(self) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if self.retry_after:
            headers.append((b"retry-after", str(self.retry_after).encode()))
        if self.hang_up:
            headers.append((b"connection", b"close"))
        return headers


def too_large(limit: int) -> Refused:
    return Refused(413, "too_large", f"The body is larger than {limit} bytes.", hang_up=True)


def too_slow() -> Refused:
    return Refused(408, "too_slow", "The body did not arrive in time.", hang_up=True)


def bad_length() -> Refused:
    return Refused(400, "invalid", "The Content-Length header is not a number.", hang_up=True)


def busy() -> Refused:
    return Refused(503, "busy", "The hub is busy. Try again in a moment.", retry_after=1)


def stopping() -> Refused:
    return Refused(503, "stopping", "The hub is stopping. Try again in a moment.", retry_after=5)


def broken() -> Refused:
    return Refused(500, "error", "Something went wrong.")


async def refuse(refusal: Refused, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": refusal.status, "headers": refusal.headers()})
    await send({"type": "http.response.body", "body": refusal.body, "more_body": refusal.hang_up})
    if refusal.hang_up:
        await _linger(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _linger(receive: Receive) -> None:
    # Closing on bytes still under way resets the connection, and the client would never see why.
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass
