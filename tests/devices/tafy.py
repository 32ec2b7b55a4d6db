"""Devices as Tafy's clients send and read them, for the stories about them."""

from typing import Any

from tests.people import Person

DEVICES = "/tafy/api/v1/devices/"
# As Tafy's own tests have them, under ids that never change.
NEW = {
    "id": "test-device-001",
    "name": "Test Robot",
    "type": "esp32",
    "capabilities": {"motor": ["differential"], "sensor": ["range"]},
    "device_metadata": {"firmware": "1.0.0"},
    "ip_address": "192.168.1.100",
    "mac_address": "AA:BB:CC:DD:EE:FF",
}
KEYS = [
    *("id", "name", "type", "capabilities", "device_metadata", "ip_address", "mac_address", "status", "claimed"),
    *("last_seen", "created_at", "updated_at"),
]
STATUSES = ("discovered", "claimed", "online", "offline", "error")


def one(key: str = "test-device-001", verb: str = "") -> str:
    return f"{DEVICES}{key}" + (f"/{verb}" if verb else "")


def made(who: Person, **fields: Any) -> Any:
    response = who.caller.post(DEVICES, NEW | fields)
    assert response.status_code == 200, response.content
    return response.json()


def problem(response: Any) -> tuple[Any, Any]:
    assert (response.status_code, response.json()["error"]) == (422, "Validation failed"), response.content
    detail = response.json()["details"][0]
    assert set(detail) >= {"type", "loc", "msg", "input"}
    return detail["type"], detail["loc"]
