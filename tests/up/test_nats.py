"""The anonymous side of the bus, told by real clients of a real server."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest

from rdos.up.lodging import lodge
from rdos.up.nats import Nats
from tests.ports import free
from tests.up.hosting import running, scratch

PASSWORD = 'with "quotes", a \\ and a } brace'


@pytest.fixture(scope="module")
def bus() -> Iterator[Nats]:
    with scratch() as directory:
        server = Nats(lodge(directory), "127.0.0.1", free(), free(), "hub", PASSWORD)
        with running(server.program(), server.ready):
            yield server


async def the_hub(bus: Nats) -> nats.aio.client.Client:
    return await nats.connect(f"nats://127.0.0.1:{bus.port}", user="hub", password=PASSWORD)


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def heard_by_the_hub(bus: Nats, *subjects: str) -> tuple[list[str], list[str]]:
    """What arrives of an anonymous client's messages, and what it is told about the others."""
    heard: list[str] = []
    refused: list[str] = []

    async def note(message: object) -> None:
        heard.append(message.subject)  # type: ignore[attr-defined]

    async def complain(error: Exception) -> None:
        refused.append(str(error))

    hub = await the_hub(bus)
    stranger = await nats.connect(f"nats://127.0.0.1:{bus.port}", error_cb=complain)
    await hub.subscribe(">", cb=note)
    await hub.flush()
    for subject in subjects:
        await stranger.publish(subject, b"{}")
    await stranger.flush()
    await settled(lambda: len(heard) + len(refused) >= len(subjects))
    await hub.close()
    await stranger.close()
    return heard, refused


async def test_an_anonymous_device_says_what_devices_say(bus: Nats) -> None:
    said = ["device.discovered", "node.n1.heartbeat", "device.d1.status", "device.d1.telemetry", "hal.v1.motor.cmd",
            "hal.v1.motor.telemetry.d1", "hal.v1.camera.discovery.announce.n1"]  # fmt: skip
    assert await heard_by_the_hub(bus, *said) == (said, [])


@pytest.mark.parametrize(
    "subject",
    ["device.d1.command", "node.n1.flow.deploy", "node.n1.flow.undeploy", "hub.events.devices", "hal.v1.system.cmd",
     "hal.v1.system.cmd.reboot", "$JS.API.STREAM.CREATE.x", "$MQTT.msgs.device.d1.command", "anything.else"],
)  # fmt: skip
async def test_an_anonymous_client_cannot_say_what_is_the_hubs(bus: Nats, subject: str) -> None:
    heard, refused = await heard_by_the_hub(bus, subject)
    assert heard == []
    assert len(refused) == 1
    assert "permissions violation for publish" in refused[0]


def test_a_wrong_password_is_not_taken_for_anonymous(bus: Nats) -> None:
    with socket.create_connection(("127.0.0.1", bus.port), timeout=5) as connection:
        answers = connection.makefile("rb")
        assert answers.readline().startswith(b"INFO")
        connection.sendall(b'CONNECT {"verbose":true,"user":"hub","pass":"wrong"}\r\n')
        assert answers.readline() == b"-ERR 'Authorization Violation'\r\n"
        answers.close()


async def test_the_hubs_command_reaches_an_anonymous_client_but_not_the_devices_reports(bus: Nats) -> None:
    heard: list[str] = []

    async def note(message: object) -> None:
        heard.append(message.subject)  # type: ignore[attr-defined]

    hub, device = await the_hub(bus), await nats.connect(f"nats://127.0.0.1:{bus.port}")
    await device.subscribe("device.d1.command", cb=note)
    await device.subscribe("device.d2.telemetry", cb=note)
    await device.flush()
    await hub.publish("device.d2.telemetry", b"{}")
    await hub.publish("device.d1.command", b"{}")
    await hub.flush()
    await settled(lambda: bool(heard))
    assert heard == ["device.d1.command"]
    await hub.close()
    await device.close()


# --- MQTT, by hand: the packets an ESP32 sends ------------------------------------------------------------------------


def packet(kind: int, body: bytes) -> bytes:
    return bytes([kind, len(body)]) + body


def text(word: str) -> bytes:
    return struct.pack(">H", len(word)) + word.encode()


def mqtt_client(bus: Nats, client_id: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", bus.mqtt_port), timeout=5)
    connection.sendall(packet(0x10, text("MQTT") + b"\x04\x02\x00\x0f" + text(client_id)))
    assert connection.recv(4) == b"\x20\x02\x00\x00"
    return connection


def subscribe(connection: socket.socket, topic: str, qos: int = 0) -> int:
    connection.sendall(packet(0x82, b"\x00\x01" + text(topic) + bytes([qos])))
    return connection.recv(5)[4]


@pytest.mark.parametrize("qos", [0, 1])
async def test_an_mqtt_device_without_credentials_hears_the_hubs_command(bus: Nats, qos: int) -> None:
    with mqtt_client(bus, f"tafy-esp32-{qos}") as device:
        assert subscribe(device, "device/esp32-a1/command", qos) == qos
        hub = await the_hub(bus)
        await hub.publish("device.esp32-a1.command", b"{}")
        await hub.flush()
        assert b"device/esp32-a1/command" in device.recv(64)
        await hub.close()


async def test_an_mqtt_device_reports_and_cannot_command(bus: Nats) -> None:
    heard: list[str] = []

    async def note(message: object) -> None:
        heard.append(message.subject)  # type: ignore[attr-defined]

    hub = await the_hub(bus)
    await hub.subscribe("device.>", cb=note)
    await hub.subscribe("node.>", cb=note)
    await hub.flush()
    with mqtt_client(bus, "tafy-esp32-b") as device:
        device.sendall(packet(0x30, text("device/esp32-a1/command") + b"{}"))
        device.sendall(packet(0x30, text("node/esp32-a1/heartbeat") + b"{}"))
        await settled(lambda: bool(heard))
    assert heard == ["node.esp32-a1.heartbeat"]
    await hub.close()


def test_an_mqtt_device_cannot_listen_to_everything(bus: Nats) -> None:
    with mqtt_client(bus, "tafy-esp32-c") as device:
        assert subscribe(device, "#") == 0x80


def test_the_file_with_the_passwords_is_private(bus: Nats) -> None:
    configuration: Path = bus.directory / "nats.conf"
    assert configuration.stat().st_mode & 0o077 == 0


def test_the_bus_starts_in_a_directory_whose_name_is_not_ascii() -> None:
    with scratch() as directory:
        place = directory / "café 日本"
        place.mkdir()
        place.chmod(0o711)
        server = Nats(lodge(place), "127.0.0.1", free(), free(), "hub", "pässword")
        with running(server.program(), server.ready):
            assert (place / "nats" / "jetstream").is_dir()
