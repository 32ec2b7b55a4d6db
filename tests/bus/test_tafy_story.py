"""What Tafy's own tests ask of its hub, by a client that only changed its base URL: no login, fixed ids, and a database
that is still the same the second time. Beside it a robot that knows nothing of the hub."""

from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django import Settings

from rdos.kernel.models import JournalEntry
from tests.bus import payloads
from tests.bus.conftest import BridgeChild
from tests.bus.device import Device
from tests.devices.conftest import until
from tests.people import Caller

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/tafy"
DEVICES, FLOWS, SYSTEM = (f"{BASE}/api/v1/{noun}" for noun in ("devices/", "flows/", "system/"))


@pytest.fixture
def client(settings: Settings) -> Caller:
    settings.OPEN_LAN = [ip_network("192.168.0.0/16")]
    return Caller(REMOTE_ADDR="192.168.7.7")


def ok(response: Any) -> Any:
    assert response.status_code == 200, response.content
    return response.json()


def new(key: str, **fields: Any) -> dict[str, Any]:
    return {"id": key, "name": f"Device {key}", "type": "esp32", "capabilities": {"motor": ["left"]}} | fields


def the_hub(client: Caller) -> None:
    assert ok(client.get(f"{BASE}/"))["message"] == "Tafy Studio Hub API"
    health = ok(client.get(f"{BASE}/health"))
    assert (health["status"], health["nats_connected"]) == ("healthy", True)


def devices(client: Caller) -> None:
    created = ok(client.post(DEVICES, new("test-device-001")))
    assert (created["id"], created["status"]) == ("test-device-001", "discovered")
    for key in ("list-device-1", "list-device-2"):
        ok(client.post(DEVICES, new(key)))
    listed = ok(client.get(DEVICES))
    assert listed["total"] == len(listed["devices"]) >= 3
    assert {"list-device-1", "list-device-2"} <= {device["id"] for device in listed["devices"]}
    assert ok(client.get(f"{DEVICES}test-device-001"))["name"] == "Device test-device-001"
    missing = client.get(f"{DEVICES}nonexistent")
    assert (missing.status_code, missing.json()["error"]) == (404, "Device not found")
    patched = ok(client.patch(f"{DEVICES}test-device-001", {"name": "Updated", "status": "online"}))
    assert (patched["name"], patched["status"]) == ("Updated", "online")
    online = ok(client.get(f"{DEVICES}?status=online"))["devices"]
    assert "test-device-001" in [device["id"] for device in online]
    claimed = ok(client.post(f"{DEVICES}list-device-1/claim"))
    assert (claimed["claimed"], claimed["status"]) == (True, "claimed")
    command = {"type": "move", "data": {"linear": 0.5, "angular": 0.0}}
    sent = ok(client.post(f"{DEVICES}list-device-1/command", command))
    assert sent == {"status": "sent", "device_id": "list-device-1", "command": command}
    refused = client.post(DEVICES, {"name": "No id"})
    assert (refused.status_code, refused.json()["error"]) == (422, "Validation failed")


def flows(client: Caller) -> None:
    body = {"name": "Test Flow", "config": {"nodes": []}, "target_nodes": ["pi-1"], "metadata": {"ignored": True}}
    flow = ok(client.post(FLOWS, body))
    path = f"{FLOWS}{flow['id']}"
    assert (flow["version"], flow["deployed"]) == (1, False)
    assert flow["id"] in [one["id"] for one in ok(client.get(FLOWS))]
    assert ok(client.patch(path, {"name": "Updated"}))["version"] == 2
    assert ok(client.post(f"{path}/deploy", {"target_nodes": ["pi-1", "pi-2"]}))["deployed"] is True
    assert flow["id"] in [one["id"] for one in ok(client.get(f"{FLOWS}?deployed_only=true"))]
    assert ok(client.patch(path, {"config": {"nodes": [1]}}))["deployed"] is False
    assert ok(client.post(f"{path}/deploy"))["deployed"] is True
    assert ok(client.delete(f"{path}/undeploy"))["deployed"] is False
    again = client.delete(f"{path}/undeploy")
    assert (again.status_code, again.json()["error"]) == (404, "Flow not found or not deployed")


def test_the_same_story_twice(bridge: BridgeChild, client: Caller) -> None:
    for _ in range(2):
        the_hub(client)
        devices(client)
        flows(client)
    # Whom the bridge still met by a word of the test before, nobody registered here.
    assert JournalEntry.objects.filter(action="node.register").values("object_id").distinct().count() == 3


def test_a_robot_is_found_claimed_and_moved(bridge: BridgeChild, device: Device, client: Caller) -> None:
    """It is announced by an agent beside it, and speaks only on the bus."""
    key = payloads.ROBOT
    device.listen(f"device.{key}.command")
    device.say("device.discovered", payloads.p1_of_a_robot())
    found = until(lambda: [one for one in ok(client.get(DEVICES))["devices"] if one["id"] == key])[0]
    assert (found["status"], found["claimed"], found["type"]) == ("discovered", False, "esp32")
    device.say(f"node.{key}.heartbeat", payloads.p3())
    until(lambda: ok(client.get(f"{DEVICES}{key}"))["status"] == "online")
    assert ok(client.post(f"{DEVICES}{key}/claim"))["status"] == "claimed"
    assert ok(client.get(f"{DEVICES}{key}"))["status"] == "online"
    text = '{"type": "move", "data": {"linear": 0.5, "angular": 0.0}}'
    assert ok(client.post(f"{DEVICES}{key}/command", text))["status"] == "sent"
    assert device.hears(1)[0][1] == text.encode()
