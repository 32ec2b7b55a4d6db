"""What becomes of devices is told on the bus, as the contract has it (P4)."""

import json
from typing import Any

import pytest

from devices.models import Node
from rdos import ticks
from tests.bus import payloads
from tests.bus.conftest import BridgeChild
from tests.bus.device import Device
from tests.devices.conftest import until
from tests.devices.tafy import DEVICES, KEYS, made, one
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)
SUBJECT = "hub.events.devices"


def told(device: Device, number: int) -> Any:
    subject, data, _ = device.hears(number)[number - 1]
    event = json.loads(data)
    assert subject == SUBJECT and list(event) == ["type", "device_id", "timestamp", "data"]
    assert event["device_id"] == "test-device-001" and event["timestamp"].endswith("Z")
    assert list(event["data"]) == KEYS
    return event["type"], event["data"]


def test_each_change_is_told_with_the_device_after_it(device: Device, operator: Person) -> None:
    device.listen(SUBJECT)
    new = made(operator)
    assert told(device, 1) == ("device.discovered", new)
    changed = operator.caller.patch(one(), {"status": "online"}).json()
    assert told(device, 2) == ("device.updated", changed)
    claimed = operator.caller.post(one(verb="claim")).json()
    assert told(device, 3) == ("device.claimed", claimed)
    assert (claimed["status"], operator.caller.get(one()).json()["status"]) == ("claimed", "online")
    again = made(operator)
    assert told(device, 4) == ("device.discovered", again)


def test_what_is_refused_is_not_told(device: Device, operator: Person, viewer: Person) -> None:
    device.listen(SUBJECT)
    operator.caller.post(DEVICES, {"id": "a.b", "name": "x", "type": "y"})
    new = made(operator)
    operator.caller.patch(one(), {"name": None})
    viewer.caller.patch(one(), {"name": "x"})
    changed = operator.caller.patch(one(), {"name": "y"}).json()
    assert told(device, 1) == ("device.discovered", new)
    assert told(device, 2) == ("device.updated", changed)
    assert len(device.heard) == 2


def news(device: Device, number: int) -> tuple[str, str, str]:
    event = json.loads(device.hears(number)[number - 1][1])
    return event["type"], event["data"]["status"], event["data"]["ip_address"]


def has_address(address: str) -> bool:
    return Node.objects.filter(key=payloads.ROBOT, address=address).exists()


def test_what_a_device_says_anew_of_itself_is_told_by_the_next_sweep(bridge: BridgeChild, device: Device) -> None:
    device.listen(SUBJECT)
    robot = payloads.p1_of_a_robot()
    device.say("device.discovered", robot)
    assert news(device, 1) == ("device.discovered", "discovered", "10.0.0.21")
    device.say("device.discovered", robot)
    device.say("device.discovered", robot | {"AddrIPv4": ["10.0.0.22"]})
    until(lambda: has_address("10.0.0.22"))
    ticks.sweep_bus()
    assert news(device, 2) == ("device.updated", "discovered", "10.0.0.22")
    for number, address in ((3, "10.0.0.22"), (4, "10.0.0.23"), (5, "10.0.0.24")):
        device.say(f"node.{payloads.ROBOT}.heartbeat", payloads.p3(ip_address=address))
        until(lambda address=address: has_address(address))
        ticks.sweep_bus()
        assert news(device, number) == ("device.updated", "online", address)
    assert len(device.heard) == 5
