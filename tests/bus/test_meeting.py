"""Who may become a node by a word on the bus, how many, and for how long."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.bus_words import Sighting, announced, capabilities_of, status_of
from devices.models import BusNode, Node
from devices.services import bus_meeting
from tests.bus import payloads
from tests.bus.payloads import ROBOT
from tests.devices.tafy import made, one
from tests.people import Person

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def met(*sightings: Sighting) -> int:
    return bus_meeting.meet(sightings)


def stranger(key: str, *, heard: timedelta | None, **fields: Any) -> Node:
    node = Node.objects.create(key=key, name=key, on_bus=True, **{"claimed": False, "status": "offline"} | fields)
    BusNode.objects.create(node=node, heard_until=None if heard is None else NOW - heard)
    return node


def test_the_same_again_is_nothing_new() -> None:
    agent = announced(payloads.p1())
    assert agent is not None
    assert (met(agent, agent), met(agent)) == (1, 0)


def test_what_it_says_of_itself_follows_it_and_its_name_is_peoples() -> None:
    met(Sighting("r1", name="r1"))
    met(Sighting("r1", name="pi4.local.", kind="esp32", address="10.0.0.9", metadata={"version": "1"}))
    node = Node.objects.select_related("bus").get(key="r1")
    assert (node.name, node.bus.kind, node.device_type, node.address) == ("pi4.local.", "esp32", "esp32", "10.0.0.9")
    Node.objects.update(name="Lawn mower", claimed=True)
    met(Sighting("r1", name="other.local.", metadata={"version": "2"}))
    node.refresh_from_db()
    assert (node.name, node.metadata) == ("Lawn mower", {"version": "2"})


def test_what_people_changed_of_its_capabilities_stays_until_it_says_other_ones(operator: Person) -> None:
    sightings = [Sighting(ROBOT, said_capabilities=(f"motor.differential:v{number}.0",)) for number in (1, 2)]
    met(sightings[0])
    operator.caller.patch(one(ROBOT), {"capabilities": {"motor.differential": "repaired"}})
    met(sightings[0])
    assert capabilities(operator) == {"motor.differential": "repaired"}
    met(sightings[1])
    assert capabilities(operator) == {"motor.differential": "v2.0"}
    made(operator, id=ROBOT, capabilities={})
    met(sightings[1])
    assert capabilities(operator) == {"motor.differential": "v2.0"}


def capabilities(who: Person) -> Any:
    return who.caller.get(one(ROBOT)).json()["capabilities"]


def test_nobody_else_speaks_of_a_node_with_a_credential() -> None:
    met(Sighting("r1", name="r1"))
    BusNode.objects.update(credential_hash="$2b$04$x")
    met(Sighting("r1", address="6.6.6.6", metadata={"evil": "yes"}))
    node = Node.objects.get(key="r1")
    assert (node.address, node.metadata) == ("", {})


def test_made_up_ids_are_bounded_and_known_ones_are_not_kept_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_meeting, "MOST_UNCLAIMED", 3)
    assert met(*(Sighting(f"r{n}", name="x") for n in range(5))) == 3
    assert met(Sighting("r9", name="x")) == 0
    Node.objects.filter(key="r0").update(claimed=True)
    assert met(Sighting("r9", name="x")) == 1


def test_announcements_do_not_pile_up_without_end() -> None:
    met(Sighting("r1", name="r1"))
    for number in range(100):
        met(Sighting("r1", metadata={f"k{number}": "x" * 1000}))
    assert len(str(Node.objects.get(key="r1").metadata)) < 70_000


def test_strangers_that_are_gone_are_forgotten_after_a_week() -> None:
    week = timedelta(days=7, minutes=1)
    stranger("gone", heard=week)
    stranger("recent", heard=timedelta(days=6))
    stranger("claimed", heard=week, claimed=True)
    stranger("there", heard=week, status="online")
    stranger("posted", heard=None, status="discovered")
    assert bus_meeting.forget(NOW) == 1
    assert set(Node.objects.values_list("key", flat=True)) == {"recent", "claimed", "there", "posted"}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            ("motor.differential:v1.0", "sensor.range.tof:v1.0"),
            {"motor.differential": "v1.0", "sensor.range.tof": "v1.0"},
        ),
        (("camera",), {"camera": ""}),
        ((" x : 2 ", ":", ""), {"x": "2"}),
    ],
)
def test_capabilities_are_an_object(said: tuple[str, ...], found: dict[str, str]) -> None:
    assert capabilities_of(said) == found


@pytest.mark.parametrize("word", ["Online", "IDLE", None, 7, "never heard of"])
def test_whoever_speaks_is_there(word: object) -> None:
    assert status_of({"status": word}) == "online"


def test_a_strange_capability_costs_no_time() -> None:
    # Of the processor, since by the wall's clock it would also count who else is busy here.
    began = time.thread_time()
    sighting = announced(payloads.p1(Text=["caps=a" + " " * 600 + "b," + "x" * 300 + ",ok:v1"]))
    assert sighting is not None
    assert capabilities_of(sighting.said_capabilities) == {"ok": "v1"}
    assert time.thread_time() - began < 0.1
