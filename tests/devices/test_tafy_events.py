"""What becomes of devices is told on the bus, as the contract has it (P4)."""

from typing import Any

import pytest

from tests.devices.bridging import Listening, listening
from tests.devices.tafy import DEVICES, KEYS, made, one
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)
SUBJECT = "hub.events.devices"


def heard(bus: Listening, word: str, device: Any) -> None:
    event = bus.event()
    assert list(event) == ["type", "device_id", "timestamp", "data"]
    assert (event["type"], event["device_id"]) == (word, "test-device-001")
    assert event["timestamp"].endswith("Z")
    assert event["data"] == device and list(device) == KEYS


def test_each_change_is_told_with_the_device_after_it(operator: Person) -> None:
    with listening(SUBJECT) as bus:
        device = made(operator)
        heard(bus, "device.discovered", device)
        heard(bus, "device.updated", operator.caller.patch(one(), {"status": "online"}).json())
        claimed = operator.caller.post(one(verb="claim")).json()
        heard(bus, "device.claimed", claimed)
        assert (claimed["status"], operator.caller.get(one()).json()["status"]) == ("claimed", "online")
        heard(bus, "device.discovered", made(operator))


def test_what_is_refused_is_not_told(operator: Person, viewer: Person) -> None:
    made(operator)
    with listening(SUBJECT) as bus:
        operator.caller.patch(one(), {"name": None})
        operator.caller.post(DEVICES, {"id": "a.b", "name": "x", "type": "y"})
        viewer.caller.patch(one(), {"name": "x"})
        assert bus.nothing()
