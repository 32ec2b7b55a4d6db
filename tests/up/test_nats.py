"""The anonymous side of the bus, told by real clients of a real server."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rdos.up.lodging import lodge
from rdos.up.nats import Nats
from tests.ports import free
from tests.up.bus_clients import (
    is_let_in,
    may_listen,
    mqtt_client,
    mqtt_publish,
    mqtt_subscribe,
    settled,
    speaking,
    the_hub,
    what_arrives,
    what_it_hears,
)
from tests.up.hosting import running, scratch

PASSWORD = 'with "quotes", a \\ and a } brace'


@pytest.fixture(scope="module")
def bus() -> Iterator[Nats]:
    with scratch() as directory:
        server = Nats(lodge(directory), "127.0.0.1", free(), free(), "hub", PASSWORD)
        with running(server.program(), server.ready):
            yield server


# --- What an anonymous client says ------------------------------------------------------------------------------------


async def test_an_anonymous_device_says_what_devices_say(bus: Nats) -> None:
    said = ["device.discovered", "node.n1.heartbeat", "device.d1.status", "device.d1.telemetry", "hal.v1.motor.cmd",
            "hal.v1.motor.telemetry.d1", "hal.v1.sensor.range.event",
            "hal.v1.camera.discovery.announce.n1"]  # fmt: skip
    assert await what_arrives(bus, None, *said) == (said, [])


@pytest.mark.parametrize(
    "subject",
    ["device.d1.command", "node.n1.flow.deploy", "node.n1.flow.undeploy", "hub.events.devices", "hub.anything",
     "hub.acks", "hal.v1.system.cmd", "hal.v1.system.cmd.reboot", "hal.v1.camera.cmd.n1", "hal.v2.motor.cmd",
     "device.a.b.status", "_INBOX.somebody", "$JS.API.STREAM.CREATE.x", "$MQTT.msgs.device.d1.command",
     "$SYS.REQ.SERVER.PING", "anything.else"],
)  # fmt: skip
async def test_an_anonymous_client_cannot_say_what_is_the_hubs(bus: Nats, subject: str) -> None:
    assert await what_arrives(bus, None, subject) == ([], [subject.lower()])


async def test_an_anonymous_node_answers_the_command_that_names_where(bus: Nats) -> None:
    async with speaking(bus, the_hub(bus)) as hub, speaking(bus) as node:
        await hub.hears("hub.acks.*")
        await node.hears("device.d1.command")
        await hub.says("device.d1.command", reply="hub.acks.7e57")
        await settled(lambda: bool(node.replies))
        await node.says(node.replies[0])
        await settled(lambda: bool(hub.heard))
        assert (hub.heard, node.refused) == (["hub.acks.7e57"], [])


@pytest.mark.parametrize("subject", ["device.victim.command", "$JS.API.STREAM.NAMES", "hub.events.devices"])
async def test_nobody_gives_themselves_a_subject_by_naming_it_as_the_reply(bus: Nats, subject: str) -> None:
    """Which is what the server's own `allow_responses` would let them do."""
    async with speaking(bus, the_hub(bus)) as hub, speaking(bus) as stranger:
        await hub.hears(subject)
        await stranger.hears("hal.v1.motor.cmd")
        await stranger.says("hal.v1.motor.cmd", reply=subject)
        await settled(lambda: bool(stranger.heard))
        await stranger.says(subject)
        await settled(lambda: bool(stranger.refused))
        assert hub.heard == []


# --- What it hears ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject",
    ["device.d1.command", "device.*.command", "node.n1.flow.deploy", "node.n1.flow.undeploy", "hub.events.devices",
     "hal.v1.motor.cmd", "hal.v1.motor.telemetry.d2", "hal.v1.camera.cmd.n1", "hal.v1.>"],
)  # fmt: skip
async def test_an_anonymous_client_hears_what_such_devices_listen_to(bus: Nats, subject: str) -> None:
    assert await may_listen(bus, None, subject)


@pytest.mark.parametrize(
    "subject",
    [">", "device.>", "device.d1.telemetry", "device.*.status", "device.discovered", "node.n1.heartbeat", "hub.>",
     "hub.acks.>", "_INBOX.>", "$SYS.>", "$JS.>", "$MQTT.>"],
)  # fmt: skip
async def test_an_anonymous_client_does_not_hear_the_rest(bus: Nats, subject: str) -> None:
    assert not await may_listen(bus, None, subject)


async def test_the_hubs_command_reaches_whoever_listens(bus: Nats) -> None:
    heard = await what_it_hears(bus, None, "device.d1.command", "device.d2.command", "device.d1.command")
    assert heard == ["device.d1.command"]


# --- Who it is --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "login", [("hub", "wrong"), ("hub", ""), ("hub~system", "wrong"), ("somebody", "wrong"), ("~anonymous", "wrong")]
)
def test_a_wrong_password_is_not_taken_for_anonymous(bus: Nats, login: tuple[str, str]) -> None:
    assert not is_let_in(bus, login)


async def test_whoever_calls_themselves_anonymous_is(bus: Nats) -> None:
    assert await what_arrives(bus, ("~anonymous", ""), "device.d1.command") == ([], ["device.d1.command"])


async def test_the_system_account_hears_nothing_of_the_devices(bus: Nats) -> None:
    async with speaking(bus, ("hub~system", PASSWORD)) as system, speaking(bus, the_hub(bus)) as hub:
        await hub.hears("device.d1.status")
        await system.hears("device.>")
        await hub.says("device.d1.status")
        await settled(lambda: bool(hub.heard))
        await system.client.flush()
        assert system.heard == []


# --- MQTT -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("qos", [0, 1])
async def test_an_mqtt_device_without_credentials_hears_the_hubs_command(bus: Nats, qos: int) -> None:
    with mqtt_client(bus, f"tafy-esp32-{qos}") as device:
        assert mqtt_subscribe(device, "device/esp32-a1/command", qos) == qos
        async with speaking(bus, the_hub(bus)) as hub:
            await hub.says("device.esp32-a1.command")
            assert b"device/esp32-a1/command" in device.recv(64)


async def test_an_mqtt_device_reports_and_cannot_command(bus: Nats) -> None:
    async with speaking(bus, the_hub(bus)) as hub:
        await hub.hears("device.>")
        await hub.hears("node.>")
        with mqtt_client(bus, "tafy-esp32-b") as device:
            mqtt_publish(device, "device/esp32-a1/command")
            mqtt_publish(device, "node/esp32-a1/heartbeat")
            await settled(lambda: bool(hub.heard))
        assert hub.heard == ["node.esp32-a1.heartbeat"]


@pytest.mark.parametrize("topic", ["#", "device/esp32-a1/telemetry", "hub/acks/#"])
def test_an_mqtt_device_cannot_listen_to_everything(bus: Nats, topic: str) -> None:
    with mqtt_client(bus, "tafy-esp32-c") as device:
        assert mqtt_subscribe(device, topic) == 0x80


# --- How it runs ------------------------------------------------------------------------------------------------------


def test_the_files_with_the_passwords_are_private(bus: Nats) -> None:
    files: list[Path] = sorted(bus.directory.iterdir())
    assert [file.name for file in files] == ["nats.conf", "users.conf"]
    assert not any(file.stat().st_mode & 0o077 for file in files)


def test_it_listens_where_it_is_told_and_nowhere_else(bus: Nats) -> None:
    for port in (bus.port, bus.mqtt_port):
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.2", port), timeout=1)


def test_the_bus_starts_in_a_directory_whose_name_is_not_ascii() -> None:
    with scratch() as directory:
        place = directory / "café 日本"
        place.mkdir()
        place.chmod(0o711)
        server = Nats(lodge(place), "127.0.0.1", free(), free(), "hub", "pässword")
        with running(server.program(), server.ready):
            assert (place / "nats" / "jetstream").is_dir()
