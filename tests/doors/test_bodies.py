"""What becomes of a request's body, and of requests there is no room for."""

import asyncio
import hashlib
import threading
from contextvars import ContextVar
from typing import Any

from tests.doors.asking import Client, ask, bridge, scope

Environ = dict[str, Any]


def digest(environ: Environ, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    taken = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    return [hashlib.sha256(taken).hexdigest().encode(), b" ", environ["CONTENT_LENGTH"].encode()]


def never(environ: Environ, start_response: Any) -> list[bytes]:
    raise AssertionError("this request must not reach the application")


async def test_a_body_in_pieces_arrives_whole_and_with_its_length() -> None:
    pieces = [bytes([number]) * 100_000 for number in range(25)]

    client = await ask(digest, scope("POST"), Client(pieces))

    whole = b"".join(pieces)
    assert client.bodies == [f"{hashlib.sha256(whole).hexdigest()} {len(whole)}".encode()]


async def test_a_large_body_lies_in_a_file_and_a_small_one_in_memory() -> None:
    seen = []

    def application(environ: Environ, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        seen.append(getattr(environ["wsgi.input"], "_rolled", False))
        return []

    for pieces in ([b"x"], [b"x" * 600_000] * 2):
        await ask(application, scope("POST"), Client(pieces))

    assert seen == [False, True]


async def test_a_body_declared_too_large_is_refused_before_it_is_read() -> None:
    client = Client([b"x"] * 3)

    answer = bridge(never, limit=10)(scope("POST", headers=[(b"content-length", b"11")]), client.receive, client.send)
    await answer

    assert client.status == 413
    assert client.bodies == [b'{"detail":"The body is larger than 10 bytes.","code":"too_large"}']
    assert client.headers[b"connection"] == b"close"


async def test_a_body_that_grows_too_large_is_refused_on_the_way() -> None:
    client = Client([b"x" * 8] * 3)

    await bridge(never, limit=10)(scope("POST"), client.receive, client.send)

    assert client.status == 413


async def test_a_length_that_is_no_number_is_a_400() -> None:
    client = await ask(never, scope("POST", headers=[(b"content-length", b"+1")]))

    assert client.status == 400


async def test_a_client_that_leaves_while_sending_hears_nothing() -> None:
    class Leaving(Client):
        async def receive(self) -> dict[str, Any]:
            if self.taken:
                return {"type": "http.disconnect"}
            return await super().receive()

    client = await ask(never, scope("POST"), Leaving([b"half", b"never sent"]))

    assert client.heard == []


async def test_a_body_that_stops_coming_is_a_408() -> None:
    class Hesitating(Client):
        async def receive(self) -> dict[str, Any]:
            if self.taken:
                await asyncio.sleep(30)
            return await super().receive()

    client = Hesitating([b"half", b"late"])

    await bridge(never, patience=0.05)(scope("POST"), client.receive, client.send)

    assert client.status == 408


async def test_when_the_line_is_full_the_next_is_told_at_once() -> None:
    let_go = threading.Event()

    def application(environ: Environ, start_response: Any) -> list[bytes]:
        let_go.wait(5)
        start_response("200 OK", [])
        return [b"served"]

    door = bridge(application, threads=1, waiting=1)
    clients = [Client() for _ in range(3)]
    inside = [asyncio.create_task(door(scope(), client.receive, client.send)) for client in clients[:2]]
    await asyncio.sleep(0)

    await door(scope(), clients[2].receive, clients[2].send)
    let_go.set()
    await asyncio.gather(*inside)

    assert [client.status for client in clients] == [200, 200, 503]
    assert clients[2].headers[b"retry-after"] == b"1"
    door.close()


async def test_what_one_request_binds_is_not_seen_by_the_next() -> None:
    mark: ContextVar[str] = ContextVar("mark", default="clean")
    seen = []

    def application(environ: Environ, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        seen.append(mark.get())
        mark.set("left behind")
        return []

    door = bridge(application, threads=1)
    for _ in range(2):
        client = Client()
        await door(scope(), client.receive, client.send)
    door.close()

    assert seen == ["clean", "clean"]
