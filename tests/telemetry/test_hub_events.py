"""What the hub itself notices: read from the journal, told as events."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from devices.models import Node
from rdos.kernel.journal import Row, Who, record
from telemetry.models import Event
from tests.people import Person
from tests.telemetry.telling import EVENTS, events, node, note, says, see_only, tell

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def told(person: Person) -> list[tuple[str, str, str, int]]:
    """Oldest first."""
    return [(one["severity"], one["category"], one["message"], one["times"]) for one in reversed(events(person))]


def test_a_connection_is_told_when_it_begins_and_ends(viewer: Person) -> None:
    arm = node()
    note("node.connect", arm, at=NOON, version="1.0", maintenance=False)
    note("node.disconnect", arm, at=NOON + timedelta(seconds=9), code=1006, reason="silence", maintenance=False)
    tell()
    assert told(viewer) == [
        ("info", "connection", "Node connected", 1),
        ("critical", "connection", "Node disconnected", 1),
    ]
    newest = events(viewer)[0]
    assert (newest["node_id"], newest["details"]) == (str(arm.pk), {"code": 1006, "reason": "silence"})
    assert newest["created_at"] == "2026-03-01T12:00:09Z"


def test_nothing_is_told_twice(viewer: Person) -> None:
    arm = node()
    for _ in range(3):
        tell()
        note("node.connect", arm)
    tell()
    tell()
    assert len(events(viewer)) == 3


def test_a_node_in_maintenance_may_go_without_alarm(viewer: Person) -> None:
    note("node.disconnect", node(), code=1000, reason="", maintenance=True)
    tell()
    assert told(viewer) == [("info", "connection", "Node disconnected", 1)]


@pytest.mark.parametrize(
    ("action", "details", "severity", "category"),
    [
        ("node.incompatible", {"reason": "It speaks protocol 9."}, "warning", "compatibility"),
        ("node.drifted", {"paths": ["/a"]}, "warning", "config"),
        ("node.converged", {}, "info", "config"),
    ],
)
def test_other_things_of_note_are_told(
    viewer: Person, action: str, details: dict[str, Any], severity: str, category: str
) -> None:
    note(action, node(), **details)
    tell()
    assert [one[:2] for one in told(viewer)] == [(severity, category)]


def test_what_is_about_a_node_that_is_gone_is_passed_over(viewer: Person) -> None:
    arm = node()
    note("node.connect", uuid4())
    note("node.connect", "not an id")
    note("lamp.lit", arm)
    note("node.connect", arm)
    tell()
    assert len(events(viewer)) == 1


def refuse(address: str, times: int, about: Any = "", at: datetime = NOON) -> None:
    note("node.refused", about, at=at, address=address, reason="Unknown node or wrong secret", times=times)


def test_refusals_are_one_row_for_each_place_and_hour(viewer: Person) -> None:
    for times in (3, 4):
        refuse("192.0.2.7", times)
        tell()
    refuse("192.0.2.8", 1)
    refuse("192.0.2.7", 1, at=NOON + timedelta(hours=1))
    tell()
    assert sorted(told(viewer)) == [
        ("warning", "auth", "Connections refused from 192.0.2.7: 1", 1),
        ("warning", "auth", "Connections refused from 192.0.2.7: 7", 7),
        ("warning", "auth", "Connections refused from 192.0.2.8: 1", 1),
    ]


def test_whoever_has_a_whole_network_is_one_place(viewer: Person) -> None:
    refuse("2001:db8::1", 1)
    refuse("2001:db8::2", 1)
    tell()
    assert [one[3] for one in told(viewer)] == [2]


def test_a_refusal_is_shown_to_those_who_see_its_node_or_everything(viewer: Person, stranger: Person) -> None:
    arm = node()
    refuse("192.0.2.7", 1, about=arm)
    refuse("192.0.2.7", 1, about=uuid4())
    tell()
    see_only(viewer, arm)
    assert [one["node_id"] for one in events(viewer)] == [str(arm.pk)]
    stranger.user.denied_node_ids = [str(arm.pk)]
    stranger.user.save()
    assert events(stranger) == []


def come_and_go(arm: Node, times: int, start: datetime = NOON, apart: float = 1.0) -> datetime:
    for number in range(times):
        start += timedelta(minutes=apart)
        note("node.disconnect", arm, at=start, code=1006, reason=str(number), maintenance=False)
        note("node.connect", arm, at=start + timedelta(seconds=1))
    return start


SINGLES = [("critical", "connection", "Node disconnected", 1), ("info", "connection", "Node connected", 1)] * 3


def flapping(times: int) -> tuple[str, str, str, int]:
    return ("critical", "connection", f"The connection is flapping: it came or went {times} times more", times)


def test_three_disconnects_are_told_and_the_fourth_begins_a_row_that_counts(viewer: Person) -> None:
    come_and_go(node(), 6)
    tell()
    assert told(viewer) == [*SINGLES, flapping(6)]


def test_it_is_the_same_when_every_entry_is_told_by_itself(viewer: Person) -> None:
    arm, at = node(), NOON
    for _ in range(6):
        at = come_and_go(arm, 1, at)
        tell()
    assert told(viewer) == [*SINGLES, flapping(6)]


def test_a_flapping_node_goes_on_in_its_row_until_it_was_calm(viewer: Person) -> None:
    arm = node()
    at = come_and_go(arm, 15)
    tell()
    assert told(viewer) == [*SINGLES, flapping(24)]
    come_and_go(arm, 1, at + timedelta(minutes=11))
    tell()
    assert told(viewer) == [*SINGLES, flapping(24), *SINGLES[:2]]


def test_a_new_unrest_is_a_new_row(viewer: Person) -> None:
    arm = node()
    at = come_and_go(arm, 4)
    come_and_go(arm, 4, at + timedelta(minutes=20))
    tell()
    assert told(viewer) == [*SINGLES, flapping(2), *SINGLES, flapping(2)]


def test_slow_coming_and_going_is_told_each_time(viewer: Person) -> None:
    come_and_go(node(), 6, apart=5)
    tell()
    assert told(viewer) == SINGLES * 2


def test_a_flapping_node_damps_no_other(viewer: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    come_and_go(arm, 6)
    come_and_go(lamp, 1, NOON + timedelta(minutes=6))
    tell()
    assert len([one for one in events(viewer) if one["node_id"] == str(lamp.pk)]) == 2


def test_what_a_node_says_of_its_connection_is_not_counted(viewer: Person) -> None:
    arm = node()
    for _ in range(5):
        says(arm, "Node disconnected", category="connection", severity="critical", at=NOON)
    come_and_go(arm, 3)
    tell()
    assert not Event.objects.filter(group_key__gt="").exists()


def test_many_entries_are_told_in_one_turn(viewer: Person) -> None:
    for number in range(12):
        note("node.connect", node(f"n{number}"))
    tell()
    assert viewer.caller.get(f"{EVENTS}/count").json() == {"count": 0}
    assert len(events(viewer)) == 12


@pytest.mark.parametrize(
    ("action", "details", "severity", "message"),
    [
        ("bus.lost", {}, "major", "The hub lost the bus: what lives there is neither heard nor told"),
        ("bus.reached", {}, "info", "The hub hears the bus"),
        ("motion.stop", {"everyone": True, "error": ""}, "warning", "Viola stopped all robots"),
        ("motion.stop", {"keys": ["r1"], "error": "away"}, "critical", "Viola could not stop r1: away"),
        ("backup.failed", {}, "major", "A backup failed"),
    ],
)
def test_what_happens_to_the_hub_itself_is_told(
    viewer: Person, action: str, details: dict[str, Any], severity: str, message: str
) -> None:
    record(who=Who("user", label="Viola"), action=action, about=Row("hub"), details=details)
    tell()
    ((found, _, said, _),) = told(viewer)
    assert (found, said) == (severity, message)


def test_nobody_is_alarmed_by_a_device_that_nobody_claimed(viewer: Person) -> None:
    note("node.disconnect", node(), reason="it was not heard", maintenance=False, claimed=False)
    tell()
    assert told(viewer) == [("info", "connection", "Node disconnected", 1)]
