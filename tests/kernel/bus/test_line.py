"""One connection on a loop, beside brokers that are told apart from the real one only by what they write down."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from rdos.kernel.bus import BusAway
from rdos.kernel.bus.line import Line, Place
from tests.kernel.bus.conftest import Heard
from tests.servers import LoneNats


class Scribe:
    """Speaks as little of the protocol as is needed, and keeps the order in which it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.mute = False
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Scribe":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        info = {"server_id": "S", "version": "2.10.0", "max_payload": 1048576, "headers": True}
        writer.write(f"INFO {json.dumps(info)}\r\n".encode())
        while line := await reader.readline():
            word = line.split(b" ")[0].strip().decode()
            if word == "PUB":
                await reader.readline()
            self.told.append(word)
            if word == "PING" and not self.mute:
                writer.write(b"PONG\r\n")
                await writer.drain()


@pytest.fixture
async def scribe() -> AsyncIterator[Scribe]:
    async with Scribe() as found:
        yield found


@pytest.fixture
async def line(scribe: Scribe) -> AsyncIterator[Line]:
    found = Line(Place.of(f"nats://127.0.0.1:{scribe.port}"), name="a line")
    await found.start()
    assert await found.opened(5)
    scribe.told.clear()
    yield found
    await found.stop()


async def test_what_is_confirmed_was_asked_about_after_it_was_sent(scribe: Scribe, line: Line) -> None:
    for _ in range(20):
        await line.publish("a.b", b"x")
    assert scribe.told == ["PUB", "PING"] * 20


async def test_many_are_confirmed_by_one_question(scribe: Scribe, line: Line) -> None:
    losses = line.losses
    for _ in range(20):
        await line.publish("a.b", b"x", confirmed=False)
    await line.flush(losses)
    assert scribe.told == ["PUB"] * 20 + ["PING"]


async def test_the_broker_knows_of_a_subscription_when_it_was_made(scribe: Scribe, line: Line, heard: Heard) -> None:
    async def note(message: object) -> None:
        raise AssertionError("nobody says anything here")

    await line.subscribe("a.b", note)
    assert scribe.told == ["SUB", "PING"]


async def test_a_broker_that_does_not_answer_has_confirmed_nothing(scribe: Scribe, line: Line) -> None:
    scribe.mute = True
    with pytest.raises(BusAway):
        await line.publish("a.b", b"x")


async def test_the_next_connection_does_not_confirm_what_was_lost_with_the_last(scribe: Scribe, line: Line) -> None:
    losses = line.losses
    await line.publish("a.b", b"x", confirmed=False)
    scribe.hang_up()
    async with asyncio.timeout(5):
        while line.losses == losses or not line.connected:
            await asyncio.sleep(0.01)
    with pytest.raises(BusAway):
        await line.flush(losses)
    await line.publish("a.b", b"y")


async def test_it_stops_whether_it_has_opened_or_not(no_broker: LoneNats) -> None:
    line = Line(Place.of(no_broker.url), name="a line")
    await line.start()
    assert not await line.opened(0.1)
    await line.stop()
    assert not line.connected


@pytest.mark.parametrize(
    ("url", "user", "servers", "named"),
    [
        ("nats://u:p%40ss@bus:4222", "", ["nats://bus:4222"], ("u", "p@ss")),
        ("bus:4222", "u", ["nats://bus:4222"], ("u", "")),
        ("nats://a:1, nats://u:p@b:2", "", ["nats://a:1", "nats://b:2"], ("u", "p")),
        ("tls://u:p@bus:4222", "other", ["tls://bus:4222"], ("other", "p")),
    ],
)
def test_an_address_is_read(url: str, user: str, servers: list[str], named: tuple[str, str]) -> None:
    place = Place.of(url, user)
    assert (place.servers, (place.user, place.password)) == (servers, named)
