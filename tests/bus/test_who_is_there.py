"""Who is there on the bus: online when heard, offline after thirty seconds of silence, and claimed all the while."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Bridge, BusNode, Node
from devices.services import bridges
from rdos.kernel.models import JournalEntry
from telemetry.models import Event, LastValue
from tests.bus import payloads
from tests.bus.conftest import BridgeChild
from tests.bus.device import Device
from tests.bus.payloads import CAMERA, ROBOT
from tests.devices.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)


def became(key: str, status: str) -> Node:
    return until(lambda: Node.objects.select_related("bus").filter(key=key, status=status).first())


@pytest.fixture
def robot(bridge: BridgeChild, device: Device) -> Node:
    device.say(f"node.{ROBOT}.heartbeat", payloads.p3())
    return became(ROBOT, "online")


def entries(action: str) -> int:
    return JournalEntry.objects.filter(action=action).count()


@pytest.mark.parametrize(
    ("word", "status"),
    [("online", "online"), ("maintenance", "degraded"), ("error", "error"), ("offline", "offline"), ("odd", "online")],
)
def test_a_status_is_a_nodes_own_word(bridge: BridgeChild, device: Device, word: str, status: str) -> None:
    device.say(f"device.{ROBOT}.status", {"status": word})
    became(ROBOT, status)


def test_an_emergency_stop_is_an_error_until_it_is_released(robot: Node, device: Device) -> None:
    device.say(f"hal.v1.motor.telemetry.{ROBOT}", payloads.p8(linear=0, status="emergency_stop"))
    assert became(ROBOT, "error").bus.latched_at is not None
    device.say(f"node.{ROBOT}.heartbeat", payloads.p3())
    device.say(f"hal.v1.motor.telemetry.{ROBOT}", payloads.p8(linear=0, status="idle"))
    assert became(ROBOT, "online").bus.latched_at is None
    assert (entries("node.emergency_stop"), entries("node.released")) == (1, 1)


def test_an_obstacle_is_one_event_and_not_ten_a_second(robot: Node, device: Device) -> None:
    for place in range(10):
        device.say("hal.v1.sensor.range.event", payloads.p10(metres=0.05 + place / 1000))
    event = until(lambda: Event.objects.filter(node=robot, category="hal.alert").first())
    assert event.message == "Obstacle detected at 0.05 m (tof-front)"
    assert event.severity == "warning"
    assert Event.objects.filter(category="hal.alert").count() == 1


def test_what_sensors_say_can_be_charted(robot: Node, device: Device) -> None:
    device.say(f"hal.v1.sensor.range.telemetry.{ROBOT}", payloads.p9(metres=0.3))
    device.say(f"hal.v1.sensor.range.telemetry.{ROBOT}", payloads.p9(metres=0.243))
    name = "range.tof-front.range_meters"
    until(lambda: LastValue.objects.filter(series__node=robot, series__name=name, value=0.243).exists())


Say = Callable[[Device], Any]
NONSENSE: dict[str, Say] = {
    "no JSON": lambda device: device.say(f"node.{ROBOT}.heartbeat", b"\x00\xff{"),
    "no object": lambda device: device.say(f"node.{ROBOT}.heartbeat", [1, 2]),
    "too large": lambda device: device.say(f"device.{ROBOT}.telemetry", {"x": "y" * 100_000}),
    "too deep": lambda device: device.say(f"device.{ROBOT}.telemetry", b'{"a":' * 500 + b"1" + b"}" * 500),
    "no payload": lambda device: device.say(f"hal.v1.motor.telemetry.{ROBOT}", {"device_id": ROBOT}),
    "odd types": lambda device: device.say("device.discovered", {"Instance": 7, "Text": "x", "AddrIPv4": {}}),
    "odd cameras": lambda device: device.say(f"hal.v1.camera.discovery.announce.{CAMERA}", {"cameras": "all"}),
    "nothing": lambda device: device.say(f"node.{ROBOT}.heartbeat", b""),
    "a giant number": lambda device: device.say(f"device.{ROBOT}.telemetry", b'{"x": 1e999, "y": 9e400}'),
    "zero bytes in words": lambda device: device.say(f"node.{ROBOT}.heartbeat", {"type": "a\x00b", "status": "x\x00"}),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_hurts_nobody(bridge: BridgeChild, device: Device, what: str) -> None:
    NONSENSE[what](device)
    device.say("node.afterwards.heartbeat", payloads.p2("afterwards"))
    became("afterwards", "online")
    assert bridge.process.poll() is None


@pytest.mark.parametrize("key", ["a.b", "a*", "a>", "a b", "ä", "x" * 65])
def test_an_id_that_cannot_be_a_subject_makes_no_node(bridge: BridgeChild, device: Device, key: str) -> None:
    device.say("device.discovered", payloads.p1(key))
    device.say("hal.v1.sensor.range.event", payloads.p10(key))
    device.say("device.discovered", payloads.p1("afterwards"))
    became("afterwards", "discovered")
    known = {"afterwards", payloads.AGENT, payloads.ROBOT, payloads.CAMERA}
    assert set(Node.objects.values_list("key", flat=True)) <= known


def test_the_key_of_another_kind_of_node_is_not_taken(bridge: BridgeChild, device: Device) -> None:
    edge = Node.objects.create(key="edge-1", name="Edge", status="offline")
    device.say("node.edge-1.heartbeat", payloads.p2("edge-1"))
    device.say("node.afterwards.heartbeat", payloads.p2("afterwards"))
    became("afterwards", "online")
    edge.refresh_from_db()
    assert (edge.status, edge.on_bus, BusNode.objects.filter(node=edge).exists()) == ("offline", False, False)


def test_the_hub_says_when_it_loses_the_bus_and_has_it_again(transactional_db: None) -> None:
    at = timezone.now()
    one, other = Bridge.objects.create(host="a", pid=1), Bridge.objects.create(host="b", pid=2)
    for bridge, reached in ((one, True), (other, True), (one, False), (other, False), (one, True)):
        bridges.renew(bridge.pk, at, reached=reached)
    assert list(JournalEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "bus.reached", "bus.lost", "bus.reached",
    ]  # fmt: skip
