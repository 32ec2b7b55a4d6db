"""A node gets a user of its own on a running bus, and loses it, without anybody starting anything again."""

import asyncio
import re
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from devices.models import BusNode, Node
from devices.services import bus_users, nodes
from rdos.kernel.models import JournalEntry
from rdos.up.nats import server as nats_server
from rdos.up.nats_config import MAIN, USERS
from rdos.up.programs import Program
from tests.people import Person
from tests.ports import free
from tests.servers import LoneNats, nats_of_its_own
from tests.up.bus_clients import (
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
from tests.up.hosting import running, until

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


@pytest.fixture
def bus(settings: Settings) -> Iterator[LoneNats]:
    with nats_of_its_own() as lone:
        settings.NATS_URL, settings.BUS_CONFIG_DIR = lone.url, lone.server.directory
        yield lone


def node(key: str) -> Node:
    made = Node.objects.create(key=key, name=key, device_type="esp32")
    BusNode.objects.create(node=made, kind="esp32")
    return made


def url(pk: Any) -> str:
    return f"/api/v1/nodes/{pk}/bus-credential"


def issued(admin: Person, of: Node) -> tuple[str, str]:
    response = admin.caller.post(url(of.pk))
    assert response.status_code == 200, response.json()
    return response.json()["username"], response.json()["password"]


def ask(question: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(question)


def users(bus: LoneNats) -> str:
    return (bus.server.directory / USERS).read_text()


# --- Issued and withdrawn on a running server -------------------------------------------------------------------------


def test_a_credential_works_at_once_and_closes_what_is_the_nodes_own(bus: LoneNats, admin: Person) -> None:
    arm, server = node("arm-7"), bus.server
    assert ask(what_arrives(server, None, "device.arm-7.status")) == (["device.arm-7.status"], [])
    pid, answer = bus.pid, admin.caller.post(url(arm.pk)).json()
    login = answer["username"], answer["password"]
    assert answer["in_force"] is True
    assert login[0] == "arm-7"
    assert re.fullmatch("[0-9a-f]{64}", login[1])
    assert ask(what_arrives(server, login, "device.arm-7.status")) == (["own.device.arm-7.status"], [])
    assert ask(what_arrives(server, None, "own.device.arm-7.status")) == ([], ["own.device.arm-7.status"])
    assert ask(may_listen(server, login, "device.arm-7.command"))
    assert not ask(may_listen(server, login, "device.other.command"))
    assert not is_let_in(server, ("arm-7", "wrong"))
    assert bus.pid == pid


def test_whoever_listened_before_hears_nothing_and_is_not_disturbed(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")

    async def story() -> list[str]:
        async with speaking(bus.server, the_hub(bus.server)) as hub, speaking(bus.server) as eavesdropper:
            for subject in ("device.arm-7.command", "device.*.command", "hal.v1.>"):
                await eavesdropper.hears(subject)
            login = await asyncio.to_thread(issued, admin, arm)
            async with speaking(bus.server, login) as device:
                await device.hears("device.arm-7.command")
                told = ("tell.device.arm-7.command", "tell.hal.v1.motor.cmd.arm-7")
                await said_until(hub, lambda: bool(device.heard), *told)
            await hub.says("device.other.command")
            await settled(lambda: "device.other.command" in eavesdropper.heard)
            assert eavesdropper.client.is_connected
            return eavesdropper.heard

    admin.caller.get("/api/v1/nodes")
    assert ask(story()) == ["device.other.command"]


def test_withdrawn_it_opens_nothing_and_the_node_is_one_of_the_anonymous(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")
    login = issued(admin, arm)

    async def story() -> bool:
        async with speaking(bus.server, login) as device:
            await asyncio.to_thread(admin.caller.delete, url(arm.pk))
            await settled(lambda: not device.client.is_connected)
            return True

    assert ask(story())
    assert not is_let_in(bus.server, login)
    assert ask(what_arrives(bus.server, None, "device.arm-7.status")) == (["device.arm-7.status"], [])
    assert ask(may_listen(bus.server, None, "device.arm-7.command"))
    assert admin.caller.delete(url(arm.pk)).status_code == 204
    assert "arm-7" not in users(bus)


def test_a_second_credential_ends_the_first(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")
    first, second = issued(admin, arm), issued(admin, arm)
    assert not is_let_in(bus.server, first)
    assert is_let_in(bus.server, second)


def test_the_same_credential_opens_mqtt(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")
    login = issued(admin, arm)
    with mqtt_client(bus.server, "tafy-arm-7", login) as device:
        assert mqtt_subscribe(device, "device/arm-7/command") == 0
    admin.caller.delete(url(arm.pk))
    connection, answer = mqtt_greets(bus.server, "tafy-arm-7", login)
    connection.close()
    assert answer[3] != 0


def test_what_a_stranger_left_for_the_node_does_not_reach_it(bus: LoneNats, admin: Person) -> None:
    """MQTT keeps a retained message for whoever subscribes later (a drive command, say), but in one account."""
    arm = node("arm-7")
    with mqtt_client(bus.server, "stranger") as stranger:
        mqtt_publish(stranger, "hal/v1/motor/cmd/arm-7", b"drive!", retained=True)
    until(lambda: lies_there(bus, "hal/v1/motor/cmd/arm-7"))
    login = issued(admin, arm)
    with mqtt_client(bus.server, "tafy-arm-7", login) as device:
        assert mqtt_subscribe(device, "hal/v1/motor/cmd/arm-7") == 0
        device.sendall(b"\xc0\x00")
        assert device.recv(64) == b"\xd0\x00"


def lies_there(bus: LoneNats, topic: str) -> bool:
    with mqtt_client(bus.server, "reader") as reader:
        reader.settimeout(0.3)
        try:
            return mqtt_subscribe(reader, topic) == 0 and b"drive!" in reader.recv(64)
        except TimeoutError:
            return False


# --- What follows it --------------------------------------------------------------------------------------------------


def test_a_deleted_node_takes_its_credential_with_it(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")
    login = issued(admin, arm)
    assert admin.caller.delete(f"/api/v1/nodes/{arm.pk}").status_code == 204
    assert not is_let_in(bus.server, login)
    assert "arm-7" not in users(bus)


def test_a_node_with_another_key_is_another_user(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")
    login = issued(admin, arm)
    nodes.update(actor=admin.actor, pk=arm.pk, at=timezone.now(), key="arm-8")
    assert not is_let_in(bus.server, login)
    assert is_let_in(bus.server, ("arm-8", login[1]))


def test_many_at_once_leave_one_file_with_all_of_them(bus: LoneNats, admin: Person) -> None:
    some = [node(f"arm-{number}") for number in range(8)]
    caller = admin.caller

    def one(of: Node) -> tuple[str, str]:
        try:
            body = caller.post(url(of.pk)).json()
            return body["username"], body["password"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        logins = list(pool.map(one, some))
    assert all(is_let_in(bus.server, login) for login in logins)
    hashes = BusNode.objects.values_list("credential_hash", flat=True)
    assert all(digest in users(bus) for digest in hashes)
    assert not list(bus.server.directory.glob(f".{USERS}.*"))


def test_a_server_that_was_away_knows_them_when_it_is_back(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")
    bus.stop()
    answer = admin.caller.post(url(arm.pk)).json()
    assert answer["in_force"] is False
    bus.start()
    assert is_let_in(bus.server, (answer["username"], answer["password"]))


def test_what_could_not_be_done_then_is_done_by_the_tick(bus: LoneNats, admin: Person) -> None:
    """A hub that died between its commit and the file, or between the file and the server."""
    arm = node("arm-7")
    login = issued(admin, arm)
    stale = users(bus)
    BusNode.objects.filter(pk=arm.pk).update(credential_hash="")
    bus_users.look()
    assert not is_let_in(bus.server, login)
    (bus.server.directory / USERS).write_text(stale)
    bus_users.look()
    assert not is_let_in(bus.server, login)


def test_the_tick_leaves_a_server_alone_that_knows_all(bus: LoneNats, admin: Person) -> None:
    issued(admin, node("arm-7"))
    before = (bus.server.directory / USERS).stat().st_mtime_ns
    bus_users.look()
    assert (bus.server.directory / USERS).stat().st_mtime_ns == before
    assert not bus_users.is_stale()


def test_the_command_writes_the_rows_of_a_restored_hub(bus: LoneNats, admin: Person) -> None:
    login = issued(admin, node("arm-7"))
    (bus.server.directory / USERS).write_text("users: []\n")
    call_command("configure_bus")
    assert is_let_in(bus.server, login)


def test_the_command_writes_all_that_a_server_needs(
    bus: LoneNats, admin: Person, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docker compose has it: a server that nobody but this command has prepared."""
    login = issued(admin, node("arm-7"))
    server = replace(bus.server, port=free(), mqtt_port=free())
    monkeypatch.setenv("NATS_PORT", str(server.port))
    monkeypatch.setenv("MQTT_PORT", str(server.mqtt_port))
    settings.BUS_CONFIG_DIR, settings.NATS_URL = tmp_path, server.url
    call_command("configure_bus", listen="127.0.0.1", store=tmp_path / "store")
    program = Program("nats", [str(nats_server(server.lodging)), "--config", str(tmp_path / MAIN)])
    with running(program, server.ready):
        assert is_let_in(server, login)
        assert not is_let_in(server, ("arm-7", "wrong"))
        another = issued(admin, node("lamp"))
        assert is_let_in(server, another)
        assert (tmp_path / "store" / "jetstream").is_dir()


def test_half_of_what_a_server_needs_is_refused(bus: LoneNats) -> None:
    with pytest.raises(CommandError, match="go together"):
        call_command("configure_bus", listen="127.0.0.1", stdout=StringIO())


# --- Refused ----------------------------------------------------------------------------------------------------------


def test_a_bus_of_somebody_elses_is_left_alone(bus: LoneNats, admin: Person, settings: Settings) -> None:
    settings.BUS_CONFIG_DIR = None
    arm = node("arm-7")
    response = admin.caller.post(url(arm.pk))
    assert (response.status_code, response.json()["code"]) == (409, "bus_not_ours")
    assert "NATS_URL" in response.json()["detail"]
    assert not BusNode.objects.exclude(credential_hash="").exists()
    bus_users.look()


def test_a_node_of_a_socket_has_none(bus: LoneNats, admin: Person) -> None:
    other, _ = nodes.create(actor=admin.actor, name="Edge", at=timezone.now())
    response = admin.caller.post(url(other.pk))
    assert (response.status_code, response.json()["code"]) == (404, "not_of_the_bus")
    assert admin.caller.delete(url(other.pk)).status_code == 404
    assert admin.caller.post(url(uuid4())).status_code == 404


def test_a_node_that_calls_itself_like_the_hub_gets_none(bus: LoneNats, admin: Person) -> None:
    response = admin.caller.post(url(node("hub").pk))
    assert (response.status_code, response.json()["code"]) == (409, "no_user_of_the_bus")
    assert is_let_in(bus.server, the_hub(bus.server))


def test_a_key_that_is_no_part_of_a_subject_stays_out_of_the_file(bus: LoneNats, admin: Person) -> None:
    """However it came into the table: the others keep their credentials."""
    for key in ("a.b", "*", ">", "a b", 'a", permissions: {}', "a}"):
        BusNode.objects.filter(node=node(key)).update(credential_hash="$2a$04$" + "x" * 53)
    login = issued(admin, node("arm-7"))
    assert is_let_in(bus.server, login)
    assert users(bus).count("$2a$") == 1


def test_a_password_is_shown_though_the_bus_cannot_know_it_yet(
    bus: LoneNats, admin: Person, settings: Settings
) -> None:
    """It is shown this once: whatever keeps the file from being written must not swallow it."""
    arm = node("arm-7")
    settings.BUS_CONFIG_DIR = bus.server.directory / "nowhere"
    answer = admin.caller.post(url(arm.pk)).json()
    login = answer["username"], answer["password"]
    assert answer["in_force"] is False and not is_let_in(bus.server, login)
    settings.BUS_CONFIG_DIR = bus.server.directory
    bus_users.look()
    assert is_let_in(bus.server, login)


def test_a_withdrawal_that_the_bus_cannot_know_yet_is_said(bus: LoneNats, admin: Person, settings: Settings) -> None:
    arm = node("arm-7")
    login = issued(admin, arm)
    settings.BUS_CONFIG_DIR = bus.server.directory / "nowhere"
    response = admin.caller.delete(url(arm.pk))
    assert (response.status_code, response.json()["code"]) == (503, "bus_not_written")
    settings.BUS_CONFIG_DIR = bus.server.directory
    bus_users.look()
    assert not is_let_in(bus.server, login)


def test_operators_give_no_credentials(bus: LoneNats, operator: Person) -> None:
    assert operator.caller.post(url(node("arm-7").pk)).status_code == 403


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_the_password_is_kept_nowhere_and_the_journal_tells_of_it(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")
    _, password = issued(admin, arm)
    admin.caller.delete(url(arm.pk))
    told = list(JournalEntry.objects.filter(object_id=str(arm.pk)).order_by("id"))
    assert [entry.action for entry in told] == ["node.bus_credential", "node.bus_credential_withdrawn"]
    assert told[0].after["made_at"]
    assert password not in str([(entry.before, entry.after, entry.details) for entry in told])
    assert password not in users(bus)
    assert not (bus.server.directory / USERS).stat().st_mode & 0o077


def test_the_row_tells_when(bus: LoneNats, admin: Person) -> None:
    arm = node("arm-7")
    issued(admin, arm)
    made = BusNode.objects.get(pk=arm.pk).credential_made_at
    assert made is not None
    assert timezone.now() - made < timedelta(minutes=1)
    assert BusNode.objects.get(pk=arm.pk).credential_hash.startswith("$2a$04$")
