"""Devices with users of their own: in an account of their own, where each has what is its own and nobody else is."""

import select
import socket
from collections.abc import Iterator

import bcrypt
import pytest

from rdos.up import nats_config, nats_users
from rdos.up.lodging import lodge
from rdos.up.nats import Nats
from rdos.up.nats_users import Hub
from tests.ports import free
from tests.up.bus_clients import (
    arrived,
    is_let_in,
    may_listen,
    mqtt_client,
    mqtt_greets,
    mqtt_publish,
    mqtt_subscribe,
    said_until,
    settled,
    speaking,
    the_hub,
    what_arrives,
)
from tests.up.hosting import running, scratch

ARM, LAMP = ("arm-7", "the arm's password"), ("lamp", "the lamp's password")
OWN_WORDS = ["device.arm-7.status", "device.arm-7.telemetry", "node.arm-7.heartbeat", "hal.v1.motor.telemetry.arm-7",
             "hal.v1.sensor.range.telemetry.arm-7", "hal.v1.sensor.range.event.arm-7", "hal.v1.camera.frame.arm-7",
             "hal.v1.camera.status.arm-7", "hal.v1.camera.discovery.announce.arm-7",
             "hal.v1.camera.discovery.response.arm-7"]  # fmt: skip
OWN_EARS = ["device.arm-7.command", "node.arm-7.flow.deploy", "node.arm-7.flow.undeploy", "hal.v1.motor.cmd.arm-7",
            "hal.v1.system.cmd.arm-7", "hal.v1.camera.cmd.arm-7", "hal.v1.motor.cmd"]  # fmt: skip


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4, prefix=b"2a")).decode()


@pytest.fixture(scope="module")
def bus() -> Iterator[Nats]:
    with scratch() as directory:
        server = Nats(lodge(directory), "127.0.0.1", free(), free(), "hub", "secret")
        program = server.program()
        devices = {name: hashed(password) for name, password in (ARM, LAMP)}
        assert nats_config.write_users(server.directory, Hub("hub", "secret"), devices)
        with running(program, server.ready):
            yield server


async def test_it_says_what_is_its_own(bus: Nats) -> None:
    """The hub hears by the word before it that it was said there."""
    assert await what_arrives(bus, ARM, *OWN_WORDS) == ([f"own.{word}" for word in OWN_WORDS], [])


@pytest.mark.parametrize(
    "subject",
    ["device.lamp.status", "node.lamp.heartbeat", "hal.v1.motor.telemetry.lamp", "device.other.telemetry",
     "device.arm-7.command", "hal.v1.motor.cmd", "hal.v1.motor.cmd.arm-7", "hal.v1.sensor.range.event",
     "device.discovered", "hub.acks.7e57", "hub.events.devices", "_INBOX.arm-7.x", "node.arm-7.flow.deploy",
     "own.device.arm-7.status", "tell.device.lamp.command"],
)  # fmt: skip
async def test_it_says_nothing_else(bus: Nats, subject: str) -> None:
    assert await what_arrives(bus, ARM, subject) == ([], [subject.lower()])


@pytest.mark.parametrize("subject", OWN_EARS)
async def test_it_hears_what_is_its_own(bus: Nats, subject: str) -> None:
    async with speaking(bus, the_hub(bus)) as hub, speaking(bus, ARM) as arm:
        await arm.hears(subject)
        await said_until(hub, lambda: bool(arm.heard), f"tell.{subject}")
        assert (set(arm.heard), arm.refused) == ({subject}, [])


@pytest.mark.parametrize(
    "subject",
    ["device.*.command", "device.lamp.command", "hal.v1.motor.cmd.lamp", "hal.v1.>", "hal.v1.motor.telemetry.lamp",
     "hub.events.devices", ">", "_INBOX.>", "own.>", "tell.>"],
)  # fmt: skip
async def test_it_hears_nothing_else(bus: Nats, subject: str) -> None:
    assert not await may_listen(bus, ARM, subject)


@pytest.mark.parametrize("subject", [f"{before}.{word}" for before in ("own", "tell") for word in OWN_WORDS + OWN_EARS])
async def test_nobody_anonymous_says_or_hears_what_is_between_them_and_the_hub(bus: Nats, subject: str) -> None:
    assert await what_arrives(bus, None, subject) == ([], [subject.lower()])
    assert not await may_listen(bus, None, subject)


async def test_what_somebody_anonymous_says_in_its_name_is_not_taken_for_its_own(bus: Nats) -> None:
    """It reaches the hub without the word that only the server puts before it."""
    said = ["device.arm-7.status", "node.arm-7.heartbeat", "hal.v1.motor.telemetry.arm-7"]
    assert await what_arrives(bus, None, *said) == (said, [])


async def test_nothing_of_it_comes_to_anybody_anonymous_and_nothing_of_theirs_to_it(bus: Nats) -> None:
    async with speaking(bus, the_hub(bus)) as hub, speaking(bus, ARM) as arm, speaking(bus) as stranger:
        for subject in ("device.*.command", "device.arm-7.command", "hal.v1.>", "node.*.flow.deploy"):
            await stranger.hears(subject)
        for subject in OWN_EARS:
            await arm.hears(subject)
        await said_until(hub, lambda: len(set(arm.heard)) == len(OWN_EARS), *[f"tell.{word}" for word in OWN_EARS])
        await arrived(arm.client)
        before = len(arm.heard)
        await arm.says(*OWN_WORDS)
        await stranger.says("hal.v1.motor.cmd", "hal.v1.motor.cmd.arm-7")
        await hub.says("device.arm-7.command", "node.arm-7.flow.deploy", "device.last.command")
        await settled(lambda: "device.last.command" in stranger.heard)
        await arm.client.flush()
        assert (set(arm.heard), len(arm.heard)) == (set(OWN_EARS), before)
        assert set(stranger.heard) == {
            "hal.v1.motor.cmd", "hal.v1.motor.cmd.arm-7", "device.arm-7.command", "node.arm-7.flow.deploy",
            "device.last.command",
        }  # fmt: skip
        # Its own word: what the hub tells those with credentials there is told nobody else.
        assert stranger.heard.count("hal.v1.motor.cmd") == 1


async def test_whoever_is_anonymous_goes_on_as_before(bus: Nats) -> None:
    said = ["device.other.status", "node.other.heartbeat", "hal.v1.motor.cmd", "hal.v1.motor.telemetry.other"]
    assert await what_arrives(bus, None, *said) == (said, [])


async def test_it_answers_each_command_once_where_the_hub_asked(bus: Nats) -> None:
    async with speaking(bus, the_hub(bus)) as hub, speaking(bus, ARM) as arm:
        await hub.hears("hub.acks.*")
        await arm.hears("device.arm-7.command")
        await said_until(hub, lambda: bool(arm.replies), "tell.device.arm-7.command", reply="hub.acks.7e57")
        await arm.says("hub.acks.7e57", "hub.acks.7e57")
        await settled(lambda: bool(arm.refused and hub.heard))
        assert hub.heard == ["hub.acks.7e57"]


@pytest.mark.parametrize("login", [("arm-7", "wrong"), ("arm-7", ""), ("arm-7", LAMP[1])])
def test_a_wrong_password_is_refused_on_both_doors(bus: Nats, login: tuple[str, str]) -> None:
    assert not is_let_in(bus, login)
    connection, answer = mqtt_greets(bus, "tafy-arm-7", login)
    connection.close()
    assert answer[:2] == b"\x20\x02"
    assert answer[3] != 0


async def test_it_does_the_same_over_mqtt(bus: Nats) -> None:
    async with speaking(bus, the_hub(bus)) as hub:
        await hub.hears("own.>")
        with mqtt_client(bus, "tafy-arm-7", ARM) as arm:
            assert mqtt_subscribe(arm, "device/arm-7/command") == 0
            mqtt_publish(arm, "device/lamp/status")
            mqtt_publish(arm, "node/arm-7/heartbeat")
            await settled(lambda: bool(hub.heard))
            await said_until(hub, lambda: can_be_read(arm), "tell.device.arm-7.command")
            assert b"device/arm-7/command" in arm.recv(64)
        assert hub.heard == ["own.node.arm-7.heartbeat"]


def can_be_read(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])


def test_nobody_anonymous_has_it_put_out_by_using_its_mqtt_name(bus: Nats) -> None:
    """The server closes the older of two that have one client id, in one account."""
    with mqtt_client(bus, "tafy-arm-7", ARM) as arm, mqtt_client(bus, "tafy-arm-7"):
        arm.sendall(b"\xc0\x00")
        assert arm.recv(64) == b"\xd0\x00"


@pytest.mark.parametrize("topic", ["device/lamp/command", "hal/v1/motor/cmd/lamp", "device/+/command"])
def test_over_mqtt_too_it_hears_nothing_else(bus: Nats, topic: str) -> None:
    with mqtt_client(bus, "tafy-arm-7b", ARM) as arm:
        assert mqtt_subscribe(arm, topic) == 0x80


# --- What is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["a.b", "*", ">", "a b", "", "a" * 65, 'a"', "a}", "a\n", "a{", "ä", "$SYS", "hub", "#", "include 'x'"]
)
def test_a_key_that_is_no_part_of_a_subject_is_never_written(key: str) -> None:
    with pytest.raises(ValueError, match="cannot be a user"):
        nats_users.render(Hub("hub", "secret"), {key: hashed("x")})


@pytest.mark.parametrize(
    "odd",
    ['", permissions: {} }, { user: "evil', "$NATS_PASSWORD", "} ] # ", "\\", "include 'other'", "a\nb", "{{%s}}"],
)
async def test_whatever_the_hubs_name_and_password_are_they_are_only_that(odd: str) -> None:
    with scratch() as directory:
        server = Nats(lodge(directory), "127.0.0.1", free(), free(), odd, odd)
        with running(server.program(), server.ready):
            assert is_let_in(server, (odd, odd))
            assert not is_let_in(server, ("evil", odd))
            assert await may_listen(server, (odd, odd), ">")


def test_the_same_devices_are_the_same_text_and_are_not_written_twice() -> None:
    with scratch() as directory:
        one, other, hub = hashed("one"), hashed("other"), Hub("hub", "secret")
        assert nats_config.write_users(directory, hub, {"b": one, "a": other})
        assert not nats_config.write_users(directory, hub, {"a": other, "b": one})
        assert nats_config.write_users(directory, hub, {"a": other})
