"""Devices that know nothing of the hub publish on the bus, and become nodes."""

from typing import Any

import pytest

from devices.models import HalState, Node
from tests.bus import payloads
from tests.bus.conftest import BridgeChild
from tests.bus.device import Device
from tests.bus.payloads import AGENT, CAMERA, ROBOT
from tests.devices.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)


def node(key: str, **such: Any) -> Node:
    return until(lambda: Node.objects.select_related("bus").filter(key=key, **such).first())


def test_a_node_agent_is_found_by_its_announcement(bridge: BridgeChild, device: Device) -> None:
    device.say("device.discovered", payloads.p1())
    found = node(AGENT)
    assert (found.name, found.status, found.claimed, found.on_bus) == ("pi4.local.", "discovered", False, True)
    assert (found.address, found.device_type, found.bus.kind) == ("10.0.0.5", "generic", "unknown")
    assert found.metadata == {"role": "agent", "version": "0.0.1", "platform": "go"}


def test_a_robot_is_known_by_its_id_and_not_by_its_instance(bridge: BridgeChild, device: Device) -> None:
    device.say("device.discovered", payloads.p1_of_a_robot())
    found = node(ROBOT)
    assert (found.device_type, found.bus.kind) == ("esp32", "esp32")
    assert found.bus.capabilities == {"motor.differential": "v1.0", "sensor.range.tof": "v1.0"}
    assert found.bus.said_capabilities == ["motor.differential:v1.0", "sensor.range.tof:v1.0"]
    assert not Node.objects.filter(key=f"tafy-{ROBOT}").exists()


def test_a_heartbeat_alone_makes_a_node_and_it_is_there(bridge: BridgeChild, device: Device) -> None:
    device.say(f"node.{ROBOT}.heartbeat", payloads.p3())
    found = node(ROBOT, status="online")
    assert (found.claimed, found.device_type, found.address) == (False, "esp32", "10.0.0.21")
    assert found.last_health["free_heap"] == 201344
    assert found.last_seen_at is not None


def test_telemetry_alone_makes_a_node_with_its_state(bridge: BridgeChild, device: Device) -> None:
    device.say(f"hal.v1.motor.telemetry.{ROBOT}", payloads.p8())
    found = node(ROBOT, status="online")
    state = until(lambda: HalState.objects.filter(node=found).first())
    assert state.topic == "motor/differential-telemetry"
    assert state.payload["odometry"]["x_meters"] == 1.2


def test_a_camera_computer_is_found_with_its_cameras(bridge: BridgeChild, device: Device) -> None:
    device.say(f"hal.v1.camera.discovery.announce.{CAMERA}", payloads.p11())
    found = node(CAMERA, status="online")
    assert found.bus.kind == "camera"
    assert found.metadata["cameras"][0]["device"] == "/dev/video0"
    device.say(f"hal.v1.camera.discovery.announce.{CAMERA}-2", payloads.p11(f"{CAMERA}-2", cameras=False))
    assert node(f"{CAMERA}-2").metadata == {"cameras": [], "camera_count": 0}
