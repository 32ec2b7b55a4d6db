"""Commands of Tafy's clients: any object, on the bus byte for byte, and `sent` once it is there."""

from typing import Any

import pytest
from pytest_django import Settings

from devices.choices import CommandStatus
from devices.models import Bridge, Command
from rdos.kernel.models import JournalEntry
from tests.bus.conftest import BridgeChild, start_bridge
from tests.bus.device import Device
from tests.devices.conftest import until
from tests.devices.tafy import DEVICES, made, one, problem
from tests.people import Person
from tests.servers import LoneNats

MOVE = '{"type": "move", "data": {"linear": 0.5, "angular": 0.0}}'


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "text",
    [
        MOVE,
        "{}",
        '{"type":7,"b":1.0,"a":-0.0,"b":{"ä":"\\u00e4"}}',
        ' {"x" : [1, 2,\n3]} ',
        '{"password": "not-hidden-on-the-bus"}',
    ],
)
def test_any_object_is_published_as_it_was_sent(
    bridge: BridgeChild, device: Device, operator: Person, text: str
) -> None:
    made(operator)
    device.listen("device.*.command")
    response = operator.caller.post(one(verb="command"), text)
    assert response.status_code == 200, response.content
    assert device.hears(1)[0][:2] == ("device.test-device-001.command", text.encode())
    body = response.json()
    assert list(body) == ["status", "device_id", "command"]
    assert (body["status"], body["device_id"]) == ("sent", "test-device-001")
    assert Command.objects.get().status == CommandStatus.SENT
    assert JournalEntry.objects.filter(action="command.create").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_command_is_echoed_and_both_forms_of_the_path_are_answered(bridge: BridgeChild, operator: Person) -> None:
    made(operator)
    for path in (one(verb="command"), one(verb="command") + "/"):
        answer = operator.caller.post(path, MOVE).json()
        assert answer["command"] == {"type": "move", "data": {"linear": 0.5, "angular": 0.0}}
    root = operator.caller.post("/api/v1/devices/test-device-001/command", "{}")
    assert (root.status_code, root.json()["status"]) == (200, "sent")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "media_type", "kind"),
    [
        ("", "application/json", "missing"),
        ("[]", "application/json", "dict_type"),
        ('"stop"', "application/json", "dict_type"),
        ("null", "application/json", "dict_type"),
        ("7", "application/json", "dict_type"),
        ("{", "application/json", "json_invalid"),
        ("type=move", "application/x-www-form-urlencoded", "model_attributes_type"),
        ("{}", "text/plain", "model_attributes_type"),
    ],
)
def test_what_is_no_object_is_refused_and_told_to_nobody(
    operator: Person, body: str, media_type: str, kind: str
) -> None:
    made(operator)
    assert problem(operator.caller.post(one(verb="command"), body, media_type)) == (kind, ["body"])
    assert not Command.objects.exists()


@pytest.mark.django_db
def test_nobody_is_told_anything_who_is_not_there_or_not_on_the_bus(operator: Person, viewer: Person) -> None:
    response = operator.caller.post(one("nobody", "command"), "{}")
    assert (response.status_code, response.json()) == (404, {"error": "Device not found", "status_code": 404})
    made(operator)
    assert viewer.caller.post(one(verb="command"), "{}").status_code == 403
    assert operator.caller.generic("PUT", one(verb="command"), "{}", "application/json").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_without_a_bridge_it_is_a_503_and_is_never_sent_later(
    own_bus: LoneNats, shared_bridge: list[BridgeChild], device: Device, operator: Person
) -> None:
    for child in shared_bridge:
        child.stop()
    made(operator)
    device.listen("device.*.command")
    response = operator.caller.post(one(verb="command"), MOVE)
    assert response.status_code == 503
    body = response.json()
    assert (body["details"], body["type"], list(body)) == (
        {"service": "nats"},
        "NATSConnectionError",
        ["error", "details", "type"],
    )
    assert Command.objects.get().status == CommandStatus.CANCELLED
    root = operator.caller.post("/api/v1/devices/test-device-001/command", "{}")
    assert (root.status_code, root.json()["code"]) == (503, "bus_away")
    child = start_bridge(own_bus)
    shared_bridge.append(child)
    until(lambda: Bridge.objects.filter(reached_at__isnull=False).exists(), seconds=30)
    assert operator.caller.post(one(verb="command"), '{"after": 1}').status_code == 200
    assert [data for _, data, _ in device.hears(1)] == [b'{"after": 1}']


@pytest.mark.django_db
def test_changes_do_not_need_the_bus(operator: Person, settings: Settings) -> None:
    settings.NATS_URL = ""
    made(operator)
    assert operator.caller.patch(one(), {"name": "Still here"}).status_code == 200
    assert operator.caller.post(one(verb="claim")).status_code == 200
    listed: Any = operator.caller.get(DEVICES).json()
    assert listed["total"] == 1
