"""What nodes of the bus are told: published once, byte for byte, at once; and what is known of it afterwards."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from devices.errors import ActionTooLarge
from devices.models import Bridge, BusNode, Command, Node
from devices.services import bus_commands, replies
from tests.bus import payloads
from tests.bus.conftest import BridgeChild, start_bridge
from tests.bus.device import Device
from tests.bus.payloads import ROBOT
from tests.devices.conftest import until
from tests.people import Person
from tests.servers import LoneNats

pytestmark = pytest.mark.django_db(transaction=True)

BODY = '{"type": "move",  "data": {"linear": 0.50, "angular": 0.0}, "type2":1.0}'

Tell = Callable[..., Command]


def bus_node(key: str = ROBOT, kind: str = "esp32", **fields: Any) -> Node:
    """Never heard by anybody, unless the bridge still has a word of the test before."""
    driver = "esp32" if kind == "esp32" else "generic"
    about = {"name": key, "device_type": driver, "status": "discovered", "on_bus": True, **fields}
    node, _ = Node.objects.update_or_create(key=key, defaults=about)
    BusNode.objects.update_or_create(node=node, defaults={"kind": kind})
    return node


@pytest.fixture
def tell(operator: Person) -> Tell:
    def told(node: Node, text: str = BODY) -> Command:
        at = timezone.now()
        return bus_commands.tell(actor=operator.actor, node=node, body=json.loads(text), text=text, at=at)

    return told


def became(command: Command, status: str, seconds: float = 10.0) -> Command:
    rows = Command.objects.filter(pk=command.pk, status=status, sent_at__isnull=False)
    return until(rows.first, seconds)


def test_a_command_is_published_byte_for_byte_though_nobody_was_ever_heard(
    bridge: BridgeChild, device: Device, tell: Tell
) -> None:
    device.listen(f"device.{ROBOT}.command")
    command = tell(bus_node())
    ((_, data, reply),) = device.hears(1)
    assert data.decode() == BODY
    assert reply == f"hub.acks.{command.pk}"
    sent = became(command, "sent")
    assert (sent.attempts, sent.name) == (1, "move")
    assert len(device.heard) == 1


def test_motion_goes_out_as_a_hal_message_as_well(bridge: BridgeChild, device: Device, tell: Tell) -> None:
    device.listen("hal.v1.motor.cmd")
    tell(bus_node())
    ((_, data, _),) = device.hears(1)
    said = json.loads(data)
    assert list(said) == ["hal_major", "hal_minor", "schema", "device_id", "caps", "ts", "payload"]
    assert said["device_id"] == ROBOT and said["ts"].endswith("Z")
    assert said["payload"] == {"linear_meters_per_sec": 0.5, "angular_rad_per_sec": 0.0}


@pytest.mark.parametrize("text", ["{}", '{"led":"on"}', '{"type":"move","data":{"linear":"fast"}}', '{"type":7}'])
def test_any_object_is_published_and_what_is_no_motion_moves_nothing(
    bridge: BridgeChild, device: Device, tell: Tell, text: str
) -> None:
    device.listen("hal.v1.motor.cmd")
    device.listen(f"device.{ROBOT}.command")
    tell(bus_node(), text)
    tell(Node.objects.get(key=ROBOT), '{"last":1}')
    assert [data.decode() for _, data, _ in device.hears(2)] == [text, '{"last":1}']


def test_commands_go_out_in_their_order(bridge: BridgeChild, device: Device, tell: Tell) -> None:
    device.listen(f"device.{ROBOT}.command")
    node = bus_node()
    for number in range(100):
        tell(node, json.dumps({"number": number}))
    assert [json.loads(data)["number"] for _, data, _ in device.hears(100)] == list(range(100))


def test_motor_telemetry_that_shows_the_effect_is_the_answer(bridge: BridgeChild, device: Device, tell: Tell) -> None:
    device.listen("hal.v1.motor.cmd")
    command = tell(bus_node())
    device.hears(1)
    device.say(f"hal.v1.motor.telemetry.{ROBOT}", payloads.p8(linear=0.1))
    device.say(f"hal.v1.motor.telemetry.{ROBOT}", payloads.p8(linear=0.5))
    assert became(command, "acked").data == {"evidence": "the motors report it"}


def test_a_robot_in_emergency_stop_refuses_motion(bridge: BridgeChild, device: Device, tell: Tell) -> None:
    command = tell(bus_node())
    became(command, "sent")
    still = payloads.p8(linear=0.0, status="emergency_stop")
    until(lambda: device.say(f"hal.v1.motor.telemetry.{ROBOT}", still) or rejected(command))
    assert Command.objects.get(pk=command.pk).error_code == "emergency_stop"
    node = until(lambda: Node.objects.filter(key=ROBOT, status="error").first())
    assert "serial line" in node.status_reason
    assert node.bus.latched_at is not None


def rejected(command: Command) -> bool:
    return Command.objects.filter(pk=command.pk, status="rejected").exists()


def test_whoever_can_answers_the_message_itself(bridge: BridgeChild, device: Device, tell: Tell) -> None:
    device.listen(f"device.{ROBOT}.command")
    good, bad = tell(bus_node(), '{"type":"a"}'), tell(Node.objects.get(key=ROBOT), '{"type":"b"}')
    for (_, _, reply), said in zip(device.hears(2), [{"data": {"n": 1}}, {"error": "no such led"}], strict=True):
        device.say(reply, said)
    assert became(good, "acked").data == {"n": 1}
    assert became(bad, "rejected").error == "no such led"


def test_silence_is_said_to_be_silence(bridge: BridgeChild, tell: Tell) -> None:
    command = became(tell(bus_node(), '{"type":"blink"}'), "sent")
    replies.expire(command.expires_at)
    command.refresh_from_db()
    assert (command.status, command.error_code) == ("expired", "unconfirmed")
    assert command.error == "It was published, and the node never said what became of it"


def test_a_node_that_cannot_answer_does_not_keep_a_caller_waiting(bridge: BridgeChild, operator: Person) -> None:
    node = bus_node()
    answer = operator.caller.post(f"/api/v1/nodes/{node.pk}/command?wait=0.3", {"action": {"type": "blink"}})
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["confirmed"]) == ("sent", False)


def test_motion_beyond_the_limits_is_refused_by_name(bridge: BridgeChild, operator: Person) -> None:
    node = bus_node()
    action = {"type": "move", "linear": 11, "angular": 0}
    answer = operator.caller.post(f"/api/v1/nodes/{node.pk}/command", {"action": action})
    assert answer.status_code == 400
    assert not Command.objects.exists()


def test_two_bridges_publish_each_command_once_and_in_order(
    bridge: BridgeChild, own_bus: LoneNats, device: Device, tell: Tell
) -> None:
    second = start_bridge(own_bus)
    try:
        until(lambda: bridges_there() == 2, seconds=30)
        device.listen(f"device.{ROBOT}.command")
        node = bus_node()
        for number in range(200):
            tell(node, json.dumps({"number": number}))
        assert [json.loads(data)["number"] for _, data, _ in device.hears(200, 20)] == list(range(200))
        assert len(device.heard) == 200
        assert set(Command.objects.values_list("status", "attempts")) == {("sent", 1)}
    finally:
        second.stop()


def bridges_there() -> int:
    return Bridge.objects.filter(reached_at__isnull=False).count()


def test_a_command_too_large_for_the_bus_says_so(bridge: BridgeChild, tell: Tell) -> None:
    node = bus_node()
    with pytest.raises(ActionTooLarge):
        tell(node, json.dumps({"much": "x" * 60_000}))
