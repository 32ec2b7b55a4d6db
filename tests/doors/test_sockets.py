"""Sockets through the real servers: accepted, refused by name, and told when the hub stops."""

import signal
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.doors.running import Running, daphne, gateway, running, web

ECHO = "tests.doors.asgi:application"
HUB = "rdos.asgi:application"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module", params=["gateway", "daphne"])
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    with running(*{"gateway": gateway(), "daphne": daphne(ECHO)}[request.param]) as found:
        yield found


def test_a_socket_echoes_text_and_bytes(server: Running) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/echo") as line:
        line.send("hello")
        assert line.recv(5) == "hello"
        line.send(b"\x00\xff")
        assert line.recv(5) == b"\x00\xff"


def test_an_unknown_socket_path_is_refused_before_it_opens(server: Running) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://127.0.0.1:{server.port}/nobody/here")

    assert refusal.value.response.status_code == 403


def test_a_refusal_is_no_error_of_the_server(capfd: pytest.CaptureFixture[str]) -> None:
    with running(*gateway()) as server, pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{server.port}/nobody/here")

    told = "".join(capfd.readouterr())
    assert "handshake" not in told and "error" not in told.lower(), told


def test_the_hub_itself_is_served_by_daphne() -> None:
    with (
        running(*daphne(HUB), DJANGO_SETTINGS_MODULE="rdos.settings") as server,
        pytest.raises(InvalidStatus) as refusal,
    ):
        connect(f"ws://127.0.0.1:{server.port}/nobody/here")

    assert refusal.value.response.status_code == 403


def test_a_message_of_five_mebibytes_passes_and_a_much_larger_one_closes() -> None:
    with running(*gateway()) as server, connect(f"ws://127.0.0.1:{server.port}/echo", max_size=None) as line:
        line.send("x" * 5 * MEBIBYTE)
        assert len(line.recv(10)) == 5 * MEBIBYTE

        with pytest.raises(ConnectionClosed) as closed:
            line.send("x" * 9 * MEBIBYTE)
            line.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_frames_are_not_compressed() -> None:
    with running(*gateway()) as server, connect(f"ws://127.0.0.1:{server.port}/echo") as line:
        assert line.response is not None
        assert "Sec-WebSocket-Extensions" not in line.response.headers


def test_open_sockets_are_told_when_the_hub_stops() -> None:
    with running(*gateway()) as server, connect(f"ws://127.0.0.1:{server.port}/echo") as line:
        line.send("hello")
        line.recv(5)
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            line.recv(5)

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert server.process.wait(10) == 0


def test_the_web_server_takes_no_sockets() -> None:
    with running(*web("--workers", "1")) as server, pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://127.0.0.1:{server.port}/facts", open_timeout=10)

    assert refusal.value.response.status_code == 200
