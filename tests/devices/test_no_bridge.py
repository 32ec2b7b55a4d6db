"""No bridge takes what the hub would tell a node of the bus: whoever asked hears that, and it is never told later."""

import pytest
from django.utils import timezone

from devices.models import BusNode, Command, Node
from devices.services import bus_commands, replies
from rdos.kernel.bus import BusAway
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def command(operator: Person) -> Command:
    node = Node.objects.create(key="r1", name="r1", status="discovered", on_bus=True)
    BusNode.objects.create(node=node)
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
    replies.expire(command.expires_at)
    command.refresh_from_db()
    assert (command.error_code, command.error[:7]) == ("unconfirmed", "The hub")


def test_what_was_taken_and_not_confirmed_says_so(command: Command) -> None:
    (letter,) = bus_commands.claim(timezone.now())
    assert letter.text == '{"led":1}'
    bus_commands.unsent([letter.command_id])
    with pytest.raises(BusAway, match="did not confirm"):
        bus_commands.published(command.pk, over=False, at=timezone.now())
