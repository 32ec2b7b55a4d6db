"""Real clients of a real bus: NATS with its library, MQTT by the packets that an ESP32 sends."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import nats
from nats.aio.client import Client

from rdos.up.nats import Nats

Login = tuple[str, str]


class Speaker:
    """A NATS client that keeps what it heard and what it was refused."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.refused: list[str] = []
        self.replies: list[str] = []
        self.client: Client

    async def hears(self, subject: str) -> None:
        await self.client.subscribe(subject, cb=self._note)
        await arrived(self.client)

    async def says(self, *subjects: str, reply: str = "") -> None:
        for subject in subjects:
            await self.client.publish(subject, b"{}", reply=reply)
        await arrived(self.client)

    async def _note(self, message: Any) -> None:
        self.heard.append(message.subject)
        self.replies.append(message.reply)

    async def complain(self, error: Exception) -> None:
        self.refused.append(str(error))


async def arrived(client: Client) -> None:
    """The broker has it: the library's first ping overtakes what was to be written, the second does not."""
    await client.flush()
    await client.flush()


@asynccontextmanager
async def speaking(bus: Nats, login: Login | None = None) -> AsyncIterator[Speaker]:
    """Without a login: one of the anonymous."""
    speaker = Speaker()
    named = {"user": login[0], "password": login[1]} if login else {}
    speaker.client = await nats.connect(
        f"nats://127.0.0.1:{bus.port}", error_cb=speaker.complain, allow_reconnect=False, **named
    )
    try:
        yield speaker
    finally:
        await speaker.client.close()


def the_hub(bus: Nats) -> Login:
    return bus.hub_user, bus.hub_password


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def said_until(speaker: Speaker, condition: Callable[[], bool], *subjects: str, reply: str = "") -> None:
    """Again and again: a subscription may not have spread to another account yet."""
    async with asyncio.timeout(5):
        while not condition():
            await speaker.says(*subjects, reply=reply)
            await asyncio.sleep(0.1)


async def what_arrives(bus: Nats, login: Login | None, *subjects: str) -> tuple[list[str], list[str]]:
    """What the hub hears of what a client says, and what the client is refused (told in lower case by the library)."""
    async with speaking(bus, the_hub(bus)) as hub, speaking(bus, login) as client:
        await hub.hears(">")
        await said_until(client, lambda: all(_is_settled(word, hub, client) for word in subjects), *subjects)
        return _each_once(hub.heard, subjects), [_subject_of(text) for text in dict.fromkeys(client.refused)]


def _is_settled(subject: str, hub: Speaker, client: Speaker) -> bool:
    said = {word.removeprefix("own.") for word in hub.heard} | set(hub.heard)
    return subject in said or subject.lower() in map(_subject_of, client.refused)


def _each_once(heard: list[str], order: tuple[str, ...]) -> list[str]:
    places = {word: place for place, word in enumerate(order)}
    return sorted(set(heard), key=lambda word: places.get(word.removeprefix("own."), len(places)))


def _subject_of(refusal: str) -> str:
    return refusal.rpartition('"')[0].rpartition('"')[2]


async def what_it_hears(bus: Nats, login: Login | None, listened: str, *said: str) -> list[str]:
    """Of what the hub says, what comes to a client that listens. The last word must be one that it may hear."""
    async with speaking(bus, the_hub(bus)) as hub, speaking(bus, login) as client:
        await client.hears(listened)
        await hub.says(*said)
        await settled(lambda: said[-1] in client.heard)
        return client.heard


async def may_listen(bus: Nats, login: Login | None, subject: str) -> bool:
    async with speaking(bus, login) as client:
        await client.hears(subject)
        await client.client.flush()
        return not client.refused


def is_let_in(bus: Nats, login: Login) -> bool:
    """By hand: the library leaves the socket of a refused client to the garbage collector."""
    with socket.create_connection(("127.0.0.1", bus.port), timeout=5) as connection:
        answers = connection.makefile("rb")
        assert answers.readline().startswith(b"INFO")
        named = json.dumps({"verbose": True, "user": login[0], "pass": login[1]})
        connection.sendall(f"CONNECT {named}\r\n".encode())
        answer = answers.readline()
        answers.close()
    assert answer in (b"+OK\r\n", b"-ERR 'Authorization Violation'\r\n")
    return answer == b"+OK\r\n"


# --- MQTT, by hand ----------------------------------------------------------------------------------------------------


def packet(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _length(len(body)) + body


def _length(left: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    found = bytearray()
    while left >= 128:
        found.append(left % 128 | 128)
        left //= 128
    return bytes([*found, left])


def text(word: str) -> bytes:
    return struct.pack(">H", len(word)) + word.encode()


def mqtt_greets(bus: Nats, client_id: str, login: Login | None = None) -> tuple[socket.socket, bytes]:
    """The connection and the server's answer; the fourth byte is 0 for whoever is let in."""
    connection = socket.create_connection(("127.0.0.1", bus.mqtt_port), timeout=5)
    flags = b"\xc2" if login else b"\x02"
    named = text(login[0]) + text(login[1]) if login else b""
    connection.sendall(packet(0x10, text("MQTT") + b"\x04" + flags + b"\x00\x0f" + text(client_id) + named))
    return connection, connection.recv(4)


def mqtt_client(bus: Nats, client_id: str, login: Login | None = None) -> socket.socket:
    connection, answer = mqtt_greets(bus, client_id, login)
    assert answer == b"\x20\x02\x00\x00"
    return connection


def mqtt_subscribe(connection: socket.socket, topic: str, qos: int = 0) -> int:
    """128 is a refusal."""
    connection.sendall(packet(0x82, b"\x00\x01" + text(topic) + bytes([qos])))
    return connection.recv(5)[4]


def mqtt_publish(connection: socket.socket, topic: str, data: bytes = b"{}", *, retained: bool = False) -> None:
    connection.sendall(packet(0x31 if retained else 0x30, text(topic) + data))
