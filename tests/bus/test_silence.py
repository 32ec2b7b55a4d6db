"""Thirty seconds of silence are offline, unless it is the hub that does not hear."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from devices.bus_words import Sighting
from devices.choices import NodeStatus
from devices.models import Bridge, BusNode, Node
from devices.services import bus_meeting, bus_presence
from devices.services.bus_changes import CALM, PAUSE, TOLERATED
from devices.services.bus_presence import CAMERA_SILENT_AFTER, Sign
from rdos.kernel.models import JournalEntry

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def robot() -> Node:
    node = Node.objects.create(key="r1", name="r1", status="discovered", on_bus=True)
    BusNode.objects.create(node=node)
    bus_presence.note({node.pk: Sign(NOW, NodeStatus.ONLINE)})
    return node


def swept(at: datetime, *, hearing_since: datetime | None) -> int:
    """With one bridge, which is there."""
    Bridge.objects.all().delete()
    Bridge.objects.create(host="here", pid=1, seen_at=at, reached_at=hearing_since)
    return bus_presence.sweep(at)


def entries(action: str) -> int:
    return JournalEntry.objects.filter(action=action).count()


def test_three_missed_heartbeats_are_offline_and_claimed_stays(robot: Node) -> None:
    Node.objects.filter(pk=robot.pk).update(claimed=True)
    assert swept(after(29), hearing_since=after(-600)) == 0
    assert swept(after(31), hearing_since=after(-600)) == 1
    robot.refresh_from_db()
    assert (robot.status, robot.claimed) == ("offline", True)
    assert robot.status_reason == "it was not heard for 30 seconds"
    assert entries("node.disconnect") == 1


def test_and_online_again_with_the_next(robot: Node) -> None:
    swept(after(31), hearing_since=after(-600))
    bus_presence.note({robot.pk: Sign(after(32), NodeStatus.ONLINE)})
    robot.refresh_from_db()
    assert (robot.status, robot.last_seen_at) == ("online", after(32))
    assert entries("node.connect") == 2


def test_a_deaf_hub_alarms_nobody(robot: Node) -> None:
    assert swept(after(31), hearing_since=None) == 1
    robot.refresh_from_db()
    assert (robot.status, robot.status_reason) == ("offline", "the hub does not hear the bus")
    assert entries("node.disconnect") == 0


def test_a_hub_that_just_began_to_hear_judges_nobody_yet(robot: Node) -> None:
    assert swept(after(31), hearing_since=after(2)) == 0
    assert swept(after(33), hearing_since=after(2)) == 1


def test_a_dead_bridge_hears_nothing(robot: Node) -> None:
    Bridge.objects.create(host="here", pid=1, seen_at=after(0), reached_at=after(-600))
    assert bus_presence.sweep(after(31)) == 1
    assert entries("node.disconnect") == 0


def test_a_camera_has_three_of_its_own_announcements(robot: Node) -> None:
    bus_presence.note({robot.pk: Sign(NOW, NodeStatus.ONLINE, lasts=CAMERA_SILENT_AFTER)})
    assert swept(after(89), hearing_since=after(-600)) == 0
    assert swept(after(91), hearing_since=after(-600)) == 1


def flap(robot: Node, times: int, *, since: float = 0) -> None:
    """One change every two seconds, beginning with offline."""
    for place in range(times):
        status = NodeStatus.ONLINE if place % 2 else NodeStatus.OFFLINE
        bus_presence.note({robot.pk: Sign(after(since + place * 2), status)})


def last() -> str:
    return JournalEntry.objects.latest("id").action


def test_whoever_comes_and_goes_fills_no_journal_and_its_row_follows(robot: Node) -> None:
    flap(robot, 101)
    robot.refresh_from_db()
    assert robot.status == "offline"
    told = entries("node.connect") + entries("node.disconnect")
    assert TOLERATED <= told <= TOLERATED + 202 / PAUSE.total_seconds() + 1


def test_nobody_is_left_with_what_was_told_last(robot: Node) -> None:
    flap(robot, TOLERATED)
    robot.refresh_from_db()
    assert (robot.status, last()) == ("online", "node.disconnect")
    said = [(at, swept(after(at), hearing_since=after(-600)), last()) for at in (45, 47, 49, 76, 78, 300)]
    assert said == [
        (45, 0, "node.disconnect"),
        (47, 0, "node.connect"),
        (49, 1, "node.connect"),
        (76, 0, "node.connect"),
        (78, 0, "node.disconnect"),
        (300, 0, "node.disconnect"),
    ]
    assert entries("node.disconnect") == TOLERATED // 2 + 1


def test_whoever_says_new_things_of_itself_for_ever_holds_up_no_alarm(robot: Node) -> None:
    for place in range(3 * TOLERATED):
        bus_presence.note({robot.pk: Sign(after(place * 5), address=f"10.0.0.{place}")})
        bus_meeting.meet([Sighting(robot.key, metadata={"turn": str(place)})])
        swept(after(place * 5 + 1), hearing_since=after(-600))
    robot.refresh_from_db()
    assert (robot.address, robot.metadata["turn"]) == ("10.0.0.29", "29")
    bus_presence.note({robot.pk: Sign(after(150), address="10.0.0.1", latched=True)})
    assert entries("node.emergency_stop") == 1


def test_an_emergency_stop_among_too_many_changes_is_told_as_well(robot: Node) -> None:
    flap(robot, TOLERATED)
    bus_presence.note({robot.pk: Sign(after(20), latched=True)})
    assert BusNode.objects.get(node=robot).latched_at == after(20)
    assert entries("node.emergency_stop") == 0
    bus_presence.note({robot.pk: Sign(after(45))})
    swept(after(50), hearing_since=after(-600))
    assert entries("node.emergency_stop") == 1
    facts = JournalEntry.objects.filter(action="node.health").latest("id").details
    assert (facts["status"], facts["reason"]) == ("error", bus_presence.LATCHED)


def test_after_ten_calm_minutes_every_change_is_told_again(robot: Node) -> None:
    flap(robot, TOLERATED + 2)
    swept(after(47), hearing_since=after(-600))
    before = entries("node.disconnect")
    flap(robot, 4, since=100 + CALM.total_seconds())
    assert entries("node.disconnect") == before + 2


def test_what_the_sign_before_said_is_not_forgotten_by_the_next() -> None:
    first = Sign(NOW, NodeStatus.ERROR, "hot", latched=True, health={"a": 1}, address="10.0.0.1")
    merged = Sign(after(1)).after(first)
    assert merged == Sign(after(1), NodeStatus.ERROR, "hot", latched=True, health={"a": 1}, address="10.0.0.1")


def test_many_signs_are_few_statements(robot: Node, django_assert_max_num_queries: object) -> None:
    nodes = [Node(key=f"m{n}", name=f"m{n}", status="online", on_bus=True) for n in range(100)]
    Node.objects.bulk_create(nodes)
    BusNode.objects.bulk_create([BusNode(node=node) for node in nodes])
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        bus_presence.note({node.pk: Sign(NOW, health={"uptime": 1}) for node in nodes})
