"""What becomes of a WSGI application's answer."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from io import BytesIO
from itertools import repeat
from typing import Any

import pytest

from tests.doors.asking import Client, ask, scope

Environ = dict[str, Any]


def plain(environ: Environ, start_response: Any) -> list[bytes]:
    start_response("201 Created", [("X-Kind", "plain"), ("Connection", "close")])
    return [b"one ", b"two"]


class Closing:
    """An iterable that remembers where it was closed."""

    def __init__(self, *chunks: bytes | BaseException) -> None:
        self._chunks = chunks
        self.closed_in: list[int] = []
        self.called_in = 0

    def __call__(self, environ: Environ, start_response: Any) -> "Closing":
        self.called_in = threading.get_ident()
        start_response("200 OK", [])
        return self

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    def close(self) -> None:
        self.closed_in.append(threading.get_ident())


async def test_a_small_answer_leaves_in_one_piece() -> None:
    client = await ask(plain)

    assert (client.status, client.bodies, client.complete) == (201, [b"one two"], True)
    assert client.headers == {b"x-kind": b"plain", b"content-length": b"7"}


async def test_a_streamed_answer_leaves_piece_by_piece() -> None:
    client = await ask(Closing(b"one", b"", b"two"))

    assert (client.bodies, client.complete) == ([b"one", b"two"], True)
    assert b"content-length" not in client.headers


async def test_a_stream_whose_first_piece_is_all_leaves_in_one() -> None:
    def application(environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        return iter([b"all"])

    client = await ask(application)

    assert [message["type"] for message in client.heard] == ["http.response.start", "http.response.body"]
    assert client.bodies == [b"all"]


async def test_it_is_closed_once_in_the_thread_that_called_it() -> None:
    stream = Closing(b"one", b"two")

    await ask(stream)

    assert stream.closed_in == [stream.called_in] != [threading.get_ident()]


async def test_a_head_request_gets_the_length_and_no_body() -> None:
    client = await ask(plain, scope("HEAD"))

    assert (client.headers[b"content-length"], client.bodies, client.complete) == (b"7", [], True)


async def test_a_head_request_never_starts_a_stream() -> None:
    stream = Closing(RuntimeError("never to be seen"))

    client = await ask(stream, scope("HEAD"))

    assert (client.status, client.bodies, len(stream.closed_in)) == (200, [], 1)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_a_status_without_body_has_no_length_either(status: str) -> None:
    def application(environ: Environ, start_response: Any) -> list[bytes]:
        start_response(status, [("Content-Length", "5"), ("ETag", '"a"')])
        return [b"stray"]

    client = await ask(application)

    assert (client.headers, client.bodies) == ({b"etag": b'"a"'}, [])


async def test_what_was_written_comes_before_what_was_returned() -> None:
    def application(environ: Environ, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"first ")
        return [b"second"]

    assert (await ask(application)).bodies == [b"first second"]


async def test_an_application_may_change_its_mind_before_the_first_byte() -> None:
    def application(environ: Environ, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        try:
            raise ValueError("too late for two hundred")
        except ValueError as error:
            start_response("500 Sorry", [], (type(error), error, error.__traceback__))
        return [b"sorry"]

    assert (await ask(application)).status == 500


async def test_a_file_is_sent_in_large_blocks() -> None:
    def application(environ: Environ, start_response: Any) -> Any:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](BytesIO(b"x" * 600_000), 4096)

    client = await ask(application)

    assert len(b"".join(client.bodies)) == 600_000
    assert len(client.bodies) == 3


async def test_a_failing_application_is_a_500_without_details(caplog: pytest.LogCaptureFixture) -> None:
    def application(environ: Environ, start_response: Any) -> list[bytes]:
        raise RuntimeError("the secret reason")

    with caplog.at_level(logging.ERROR):
        client = await ask(application)

    assert client.status == 500
    assert client.bodies == [b'{"detail":"Something went wrong.","code":"error"}']
    assert "The application failed" in caplog.text


async def test_a_stream_that_fails_midway_is_left_unfinished() -> None:
    stream = Closing(b"one", RuntimeError("broken off"))
    client = Client()

    with pytest.raises(RuntimeError, match="broken off"):
        await ask(stream, client=client)

    assert (client.bodies, client.complete, len(stream.closed_in)) == ([b"one"], False, 1)


async def test_a_client_that_goes_away_ends_the_stream() -> None:
    client = Client()
    loop = asyncio.get_running_loop()
    ended = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            yield b"first"
            loop.call_soon_threadsafe(client.gone.set)
            yield from repeat(b"more")
        finally:
            ended.set()

    def application(environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        return endless()

    await ask(application, client=client)

    assert client.bodies[0] == b"first"
    assert not client.complete
    assert ended.is_set()
