"""The real servers, in their own processes, with the hub's own doors."""

import hashlib
import json
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from rdos.up.ports import answers
from tests.doors.running import Running, daphne, gateway, launch, running, web

SERVERS = {
    "gateway": gateway(),
    "web": web("--workers", "1"),
    "daphne": daphne("tests.doors.asgi:application"),
}


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    with running(*SERVERS[request.param]) as found:
        _until(lambda: httpx.get(f"{found.url}/facts").status_code == 200)
        yield found


@pytest.fixture(scope="module")
def hub() -> Iterator[Running]:
    with running(*gateway()) as found:
        yield found


def _until(question: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def _exchange(server: Running, request: bytes) -> bytes:
    with server.connect() as line:
        line.sendall(request)
        heard = b""
        while piece := line.recv(65536):
            heard += piece
        return heard


def test_a_get_arrives_with_path_query_and_headers(server: Running) -> None:
    headers = [("X-Tag", "a"), ("X-Tag", "b"), ("X_Tag", "spoofed")]

    facts = httpx.get(f"{server.url}/facts/caf%C3%A9?robot=r%202", headers=headers).json()

    assert (facts["method"], facts["path"], facts["query"]) == ("GET", "/facts/café", {"robot": "r 2"})
    assert facts["meta"]["HTTP_X_TAG"] == "a,b"
    assert facts["meta"]["REMOTE_ADDR"] == "127.0.0.1"


def test_forwarded_headers_are_not_believed_here(server: Running) -> None:
    facts = httpx.get(f"{server.url}/facts", headers={"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "https"})

    assert facts.json()["meta"]["REMOTE_ADDR"] == "127.0.0.1"
    assert facts.json()["meta"]["wsgi.url_scheme"] == "http"


def test_a_body_of_two_mebibytes_arrives_whole(server: Running) -> None:
    body = hashlib.sha256(b"robots").digest() * 65536

    answer = httpx.post(f"{server.url}/measure", content=body).json()

    assert (answer["bytes"], answer["sum"]) == (len(body), sum(body) % 65521)


def test_a_chunked_body_arrives_whole(server: Running) -> None:
    answer = httpx.post(f"{server.url}/measure", content=(b"x" * 70_000 for _ in range(10))).json()

    assert answer["bytes"] == 700_000


def test_a_head_answer_has_the_length_and_no_body(server: Running) -> None:
    answer = httpx.head(f"{server.url}/facts")

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 100


def test_an_answer_without_content_is_empty(server: Running) -> None:
    assert httpx.get(f"{server.url}/empty").status_code == 204


def test_a_file_arrives_whole(server: Running) -> None:
    assert "FileResponse" in httpx.get(f"{server.url}/source").text


def test_a_stream_arrives_in_pieces(server: Running) -> None:
    began = time.monotonic()
    with httpx.stream("GET", f"{server.url}/drip?count=50") as answer:
        lines = [(json.loads(line)["number"], time.monotonic() - began) for line in answer.iter_lines()]

    assert [number for number, _ in lines] == list(range(50))
    assert lines[-1][1] - lines[0][1] > 0.1


def test_a_client_that_leaves_frees_its_thread(server: Running) -> None:
    with httpx.stream("GET", f"{server.url}/drip?count=3000") as answer:
        lines = answer.iter_lines()
        assert next(lines) == '{"number":0}'
        assert httpx.get(f"{server.url}/streams").json() == {"open": 1}

    _until(lambda: httpx.get(f"{server.url}/streams").json() == {"open": 0})


def test_a_hundred_at_once_are_all_answered(server: Running) -> None:
    with httpx.Client() as client, ThreadPoolExecutor(100) as crowd:
        answers = list(crowd.map(lambda number: client.get(f"{server.url}/facts?n={number}"), range(100)))

    assert [answer.json()["query"]["n"] for answer in answers] == [str(number) for number in range(100)]


def test_a_body_over_the_limit_is_a_413_said_early(hub: Running) -> None:
    with hub.connect() as line:
        line.sendall(b"POST /measure HTTP/1.1\r\nHost: hub\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 100_000)
        heard = b""
        while not heard.endswith(b"}"):
            heard += line.recv(65536)

    assert heard.startswith(b"HTTP/1.1 413")
    assert b'"code":"too_large"' in heard


def test_a_whole_body_over_the_limit_still_hears_why(hub: Running) -> None:
    answer = httpx.post(f"{hub.url}/measure", content=b"x" * 5_000_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_chunked_body_over_the_limit_is_a_413(hub: Running) -> None:
    answer = httpx.post(f"{hub.url}/measure", content=(b"x" * 500_000 for _ in range(10)))

    assert answer.status_code == 413


def test_a_client_may_ask_whether_to_go_on(hub: Running) -> None:
    with hub.connect() as line:
        line.sendall(b"POST /measure HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert line.recv(1024).startswith(b"HTTP/1.1 100")
        line.sendall(b"hello")
        assert line.recv(1024).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /facts HTTP/1.1\r\nHost: hub\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /facts HTTP/1.1\r\nHost: hub\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /facts HTTP/1.1\r\nHost: hub\r\n folded: value\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_an_ambiguous_request_is_refused(hub: Running, request_bytes: bytes) -> None:
    assert _exchange(hub, request_bytes).startswith(b"HTTP/1.1 400")


def test_slow_senders_hold_no_thread(hub: Running) -> None:
    with ExitStack() as lines:
        for _ in range(20):
            line = lines.enter_context(hub.connect())
            line.sendall(b"POST /measure HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\nabc")

        assert httpx.get(f"{hub.url}/facts", timeout=10).status_code == 200


def test_a_stop_tells_those_still_sending() -> None:
    with running(*gateway()) as server, server.connect() as line:
        line.sendall(b"POST /measure HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\nabc")
        assert httpx.get(f"{server.url}/facts").status_code == 200
        server.process.send_signal(signal.SIGTERM)

        assert b"503" in _all_of(line)[:20]
        assert server.process.wait(10) == 0


def test_an_endless_head_is_refused(hub: Running) -> None:
    with hub.connect() as line:
        line.sendall(b"GET /facts HTTP/1.1\r\nHost: hub\r\n")
        heard = _say_until_refused(line, (b"X-%d: %s\r\n" % (number, b"y" * 1000) for number in range(100_000)))

    assert not heard or heard.startswith(b"HTTP/1.1 431")


def _say_until_refused(line: socket.socket, pieces: Iterable[bytes]) -> bytes:
    """The kernel takes some megabytes for a server that no longer listens, so more than that must be on offer."""
    heard = b""
    for piece in pieces:
        try:
            line.sendall(piece)
            line.setblocking(False)
            with suppress(BlockingIOError):
                heard += line.recv(4096)
            line.setblocking(True)
        except ConnectionError:
            return heard
    pytest.fail("it was heard out")


def test_a_trailer_reaches_neither_its_own_requests_headers_nor_the_nexts(hub: Running) -> None:
    chunked = b"POST /facts HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    trailers = b"X-Forwarded-User: alice\r\nX-Last: l\r\nX-Empty:\r\n\r\n"
    following = b"GET /facts HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"

    heard = _exchange(hub, chunked + trailers + following)

    assert heard.count(b"HTTP/1.1 200") == 2
    assert heard.count(b'"HTTP_HOST": "hub"') == 2
    for name in (b"FORWARDED_USER", b"X_LAST", b"X_EMPTY"):
        assert name not in heard


@pytest.mark.parametrize("piece", [b"X-Tag: " + b"y" * 1000 + b"\r\n", b"y" * 1000], ids=["many", "one"])
def test_endless_trailers_end_the_connection(hub: Running, piece: bytes) -> None:
    with hub.connect() as line:
        line.sendall(b"POST /measure HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Tag: ")
        with suppress(ConnectionError):
            for _ in range(1000):
                line.sendall(piece)
        # A server that kept on collecting would now wait for more, and this would time out.
        with suppress(ConnectionError):
            assert line.recv(4096) == b""


def test_a_stop_lets_the_open_request_finish(tmp_path: Path) -> None:
    place = tmp_path / "place"
    with running(*gateway()) as server, server.connect() as line:
        line.sendall(b"GET /slow?place=%b HTTP/1.1\r\nHost: hub\r\n\r\n" % str(place).encode())
        _until(lambda: place.exists() and place.read_text() == "begun")
        server.process.send_signal(signal.SIGTERM)
        _until(lambda: not answers(server.port))
        place.write_text("ended")

        assert b"done" in _all_of(line)
        assert server.process.wait(10) == 0


def _all_of(line: socket.socket) -> bytes:
    heard = b""
    while piece := line.recv(65536):
        heard += piece
    return heard


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", [gateway(), web("--workers", "2")], ids=["gateway", "web"])
def test_a_stop_is_clean_even_with_a_stream_open(command: tuple[str, ...], number: signal.Signals) -> None:
    with running(*command) as server, server.connect() as line:
        line.sendall(b"GET /drip?count=3000 HTTP/1.1\r\nHost: hub\r\n\r\n")
        assert b"200 OK" in line.recv(1024)

        server.process.send_signal(number)

        assert server.process.wait(10) == 0


@pytest.mark.parametrize("command", [gateway(), web()], ids=["gateway", "web"])
def test_a_taken_port_ends_the_second_server_with_an_error(command: tuple[str, ...]) -> None:
    with running(*gateway()) as first:
        assert launch(*command, port=first.port).wait(10) != 0


def test_a_stop_is_not_held_up_by_whoever_does_not_read_the_answer() -> None:
    with running(*gateway()) as server, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", server.port))
        reader.settimeout(1)
        request = b"GET /flood?bytes=20000000 HTTP/1.1\r\nHost: x\r\n\r\n"
        reader.sendall(request)
        reader.recv(1)
        server.process.terminate()
        assert server.process.wait(6) == 0
