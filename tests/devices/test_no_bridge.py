"""No bridge takes what the hub would tell a node of the bus: whoever asked hears that, and it is never told later."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.errors import CommandDenied
from devices.hal import motion
from devices.models import BusNode, Command, Node
from devices.services import bus_commands, replies
from rdos.kernel.bus import BusAway
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def node() -> Node:
    node = Node.objects.create(key="r1", name="r1", status="discovered", on_bus=True, device_type="generic")
    BusNode.objects.create(node=node)
    return node


@pytest.fixture
def command(operator: Person, node: Node) -> Command:
    return bus_commands.tell(actor=operator.actor, node=node, body={"led": 1}, text='{"led":1}', at=timezone.now())


def test_whoever_waits_is_told_and_it_is_cancelled(command: Command) -> None:
    assert bus_commands.published(command.pk, over=False, at=timezone.now()) is None
    with pytest.raises(BusAway):
        bus_commands.published(command.pk, over=True, at=timezone.now())
    command.refresh_from_db()
    assert (command.status, command.error_code) == ("cancelled", "bus_away")
    assert bus_commands.claim(timezone.now()) == []


def test_what_is_on_its_way_is_not_called_sent(command: Command) -> None:
    at = timezone.now()
    bus_commands.claim(at)
    assert bus_commands.published(command.pk, over=False, at=at) is None
    bus_commands.went([command.pk], at)
    told = bus_commands.published(command.pk, over=False, at=at)
    assert told is not None and (told.status, told.sent_at) == ("sent", at)


def test_what_a_dead_bridge_took_with_it_says_that_nobody_knows(command: Command) -> None:
    bus_commands.claim(timezone.now())
    command.refresh_from_db()
    replies.expire(command.expires_at)
    command.refresh_from_db()
    assert (command.error_code, command.error[:7]) == ("unconfirmed", "The hub")


def test_what_was_taken_and_not_confirmed_says_so(command: Command) -> None:
    (letter,) = bus_commands.claim(timezone.now())
    assert letter.text == '{"led":1}'
    bus_commands.unsent([letter.command_id])
    with pytest.raises(BusAway, match="did not confirm"):
        bus_commands.published(command.pk, over=False, at=timezone.now())


def test_whoever_leaves_takes_it_along_unless_it_is_on_its_way(command: Command) -> None:
    at = timezone.now()
    bus_commands.abandon(command.pk, at=at)
    assert bus_commands.claim(at) == []
    command.refresh_from_db()
    assert command.status == "cancelled"


def test_nobodys_command_outlives_the_patience_of_whoever_waits(command: Command) -> None:
    """Not even when the process that was asked died."""
    late = command.created_at + timedelta(seconds=bus_commands.PATIENCE + 0.1)
    assert bus_commands.claim(late) == []
    replies.expire(late)
    with pytest.raises(BusAway):
        bus_commands.published(command.pk, over=True, at=late)


def test_what_went_out_is_believed_in_for_longer(command: Command) -> None:
    at = timezone.now()
    bus_commands.claim(at)
    command.refresh_from_db()
    assert command.expires_at == at + bus_commands.LIVES


MOVES = [
    {"type": "move", "linear": 1, "angular": 0},
    {"type": "move", "data": {"linear": 1, "angular": 0}},
    {"linear_meters_per_sec": 1, "angular_rad_per_sec": 0},
]


@pytest.mark.parametrize("body", MOVES)
def test_a_node_that_may_not_move_is_not_told_to_by_another_name(
    node: Node, operator: Person, body: dict[str, Any]
) -> None:
    node.denied_commands = ["move"]
    with pytest.raises(CommandDenied):
        bus_commands.tell(actor=operator.actor, node=node, body=body, text="{}", at=timezone.now())


def test_speeds_under_another_name_move_nothing() -> None:
    assert motion.speeds_of({"type": "ping", "linear_meters_per_sec": 1, "angular_rad_per_sec": 0}) is None


@pytest.mark.parametrize("device_type", ["generic", "esp32"])
def test_motion_never_waits_a_day_whatever_the_driver_knows(node: Node, operator: Person, device_type: str) -> None:
    Node.objects.update(device_type=device_type)
    answer = operator.caller.post(f"/api/v1/nodes/{node.pk}/command?wait=0", {"action": MOVES[0]})
    assert answer.status_code == 202, answer.json()
    command = Command.objects.get()
    assert command.expires_at - command.created_at < timedelta(seconds=11)


def test_a_flow_waits_for_the_bus_when_it_was_not_confirmed(command: Command) -> None:
    Command.objects.update(purpose="deploy", awaited=False, expires_at=command.created_at + timedelta(days=1))
    at = timezone.now()
    bus_commands.claim(at)
    bus_commands.unsent([command.pk])
    command.refresh_from_db()
    assert (command.status, command.sent_at) == ("queued", None)
    assert [letter.command_id for letter in bus_commands.claim(at)] == [command.pk]
