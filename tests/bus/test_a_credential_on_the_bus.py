"""A node with a credential of its own, seen through the bridge: only what it says itself is its word."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from pytest_django import Settings

from devices.models import BusNode, Command, HalState, Node
from devices.services import bus_commands, bus_users, standstill
from tests.bus import payloads
from tests.bus.conftest import BridgeChild
from tests.bus.device import Device
from tests.bus.payloads import ROBOT
from tests.devices.conftest import until
from tests.people import Person
from tests.servers import LoneNats

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "esp32-other"


@pytest.fixture
def robot(bridge: BridgeChild, own_bus: LoneNats, admin: Person, settings: Settings) -> Iterator[Device]:
    """Known to the hub, and on the bus under its own name."""
    settings.BUS_CONFIG_DIR = own_bus.server.directory
    node = Node.objects.create(key=ROBOT, name=ROBOT, device_type="esp32", status="discovered", on_bus=True)
    BusNode.objects.create(node=node, kind="esp32")
    login = admin.caller.post(f"/api/v1/nodes/{node.pk}/bus-credential").json()
    found = Device(own_bus.server.port, user=login["username"], password=login["password"])
    yield found
    found.close()
    BusNode.objects.update(credential_hash="")
    bus_users.apply()


def known(key: str) -> Node:
    return until(lambda: Node.objects.filter(key=key, status="online").first())


def test_it_reports_as_the_others_do(robot: Device) -> None:
    robot.say(f"node.{ROBOT}.heartbeat", payloads.p3())
    robot.say(f"hal.v1.motor.telemetry.{ROBOT}", payloads.p8())
    robot.say(f"hal.v1.sensor.range.event.{ROBOT}", payloads.p10())
    known(ROBOT)
    until(lambda: HalState.objects.filter(node__key=ROBOT).count() == 2)
    assert robot.refused == []


@pytest.mark.parametrize(
    "subject",
    [f"node.{ROBOT}.heartbeat", f"device.{ROBOT}.status", f"device.{ROBOT}.telemetry",
     f"hal.v1.motor.telemetry.{ROBOT}", f"hal.v1.sensor.range.telemetry.{ROBOT}", f"hal.v1.a.b.c.telemetry.{ROBOT}",
     f"hal.v1.telemetry.{ROBOT}", f"hal.v1.sensor.range.event.{ROBOT}",
     f"hal.v1.camera.discovery.{ROBOT}", f"hal.v1.camera.discovery.announce.more.{ROBOT}", "hal.v1.sensor.range.event",
     "hal.v1.motor.data", "hal.v1.system.heartbeat", "device.discovered"],
)  # fmt: skip
def test_nobody_else_speaks_for_it(robot: Device, device: Device, subject: str) -> None:
    said = payloads.p1_of_a_robot() if subject == "device.discovered" else {**payloads.p8(), **payloads.p3()}
    device.say(subject, said)
    device.say(f"node.{OTHER}.heartbeat", payloads.p3(OTHER))
    device.say(f"hal.v1.motor.telemetry.{OTHER}", payloads.p8(OTHER))
    known(OTHER)
    until(lambda: HalState.objects.filter(node__key=OTHER).exists())
    node = Node.objects.select_related("bus").get(key=ROBOT)
    assert (node.status, node.address, node.metadata, node.bus.heard_until) == ("discovered", "", None, None)
    assert not HalState.objects.filter(node=node).exists()


def test_it_is_told_to_move_where_nobody_else_speaks_or_listens(
    robot: Device, device: Device, operator: Person
) -> None:
    robot.listen(f"device.{ROBOT}.command")
    robot.listen(f"hal.v1.motor.cmd.{ROBOT}")
    robot.listen("hal.v1.motor.cmd")
    device.listen("device.*.command")
    device.listen("hal.v1.>")
    body = {"type": "move", "data": {"linear": 0.5, "angular": 0.0}}
    node = Node.objects.get(key=ROBOT)
    text = json.dumps(body)
    told = bus_commands.tell(actor=operator.actor, node=node, body=body, text=text, at=timezone.now())
    heard = {subject: json.loads(data) for subject, data, _ in robot.hears(2)}
    assert heard[f"device.{ROBOT}.command"] == body
    assert heard[f"hal.v1.motor.cmd.{ROBOT}"]["payload"]["linear_meters_per_sec"] == 0.5
    device.say("hal.v1.motor.cmd", {"last": True})
    assert [subject for subject, _, _ in device.hears(1)] == ["hal.v1.motor.cmd"]
    reply = next(reply for _, _, reply in robot.heard if reply)
    robot.say(reply, {"success": True})
    until(became(told, "acked"))


def became(command: Command, status: str) -> Callable[[], bool]:
    return lambda: Command.objects.filter(pk=command.pk, status=status).exists()


def test_a_stop_reaches_it_by_name_and_with_everyone(robot: Device, operator: Person) -> None:
    robot.listen(f"hal.v1.motor.cmd.{ROBOT}")
    robot.listen("hal.v1.motor.cmd")
    standstill.say([ROBOT])
    standstill.say([standstill.EVERYONE])
    said = {subject: json.loads(data)["device_id"] for subject, data, _ in robot.hears(2)}
    assert said == {f"hal.v1.motor.cmd.{ROBOT}": ROBOT, "hal.v1.motor.cmd": "*"}
