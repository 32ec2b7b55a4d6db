"""The list of events, as clients of the contract read it."""

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.people import Person
from tests.telemetry.telling import EVENTS, events, messages, node, says, see_only

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SHAPE = {
    "id": int,
    "node_id": str,
    "node_name": str,
    "severity": str,
    "category": str,
    "message": str,
    "details": dict,
    "flow_id": str,
    "created_at": str,
    "last_at": str,
    "times": int,
    "acknowledged": bool,
    "acknowledged_at": type(None),
    "acknowledged_by": type(None),
}


def test_an_event_of_a_node_is_listed_in_the_shape_of_the_contract(viewer: Person) -> None:
    arm = node()
    says(arm, severity="minor", category="srt", details={"error_code": "lost"}, flow_id="f1", at=NOW)
    (event,) = events(viewer)
    assert {name: type(value) for name, value in event.items()} == SHAPE
    assert (event["node_id"], event["details"], event["flow_id"]) == (str(arm.pk), {"error_code": "lost"}, "f1")
    assert event["created_at"].endswith("Z")


@pytest.mark.parametrize("prefix", ["/casare", "/bilbycast", "/tafy", "/nodetool"])
def test_every_accent_gets_a_bare_array(viewer: Person, prefix: str) -> None:
    says(node())
    assert [event["severity"] for event in viewer.caller.get(prefix + EVENTS).json()] == ["warning"]


def test_bloxserver_reads_its_own_case(viewer: Person) -> None:
    says(node(), details={"error_code": 1})
    (event,) = viewer.caller.get("/bloxserver" + EVENTS).json()
    assert event["nodeId"]
    assert event["details"] == {"error_code": 1}


def test_the_newest_come_first_page_by_page(viewer: Person) -> None:
    arm = node()
    for number in range(5):
        says(arm, f"number {number}", at=NOW + timedelta(seconds=number))
    assert messages(viewer, "per_page=2") == ["number 4", "number 3"]
    assert messages(viewer, "per_page=2&page=3") == ["number 0"]
    assert messages(viewer, "page=4") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("severity=critical", ["on fire"]),
        ("category=srt", ["link lost"]),
        ("flow_id=f9", ["link lost"]),
        ("search=FIRE", ["on fire"]),
        ("search=srt", ["link lost"]),
        ("search=critic", ["on fire"]),
        ("search=lamp", ["link lost"]),
        ("search=50%25", []),
        ("search=_", []),
        ("search=", ["link lost", "on fire"]),
    ],
)
def test_each_filter_finds_what_it_says(viewer: Person, query: str, found: list[str]) -> None:
    says(node("arm-7"), "on fire", severity="critical", at=NOW)
    says(node("lamp-1"), "link lost", category="srt", flow_id="f9", at=NOW + timedelta(seconds=1))
    assert messages(viewer, query) == found


def test_a_node_is_found_by_its_id(viewer: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    says(arm, "from the arm")
    says(lamp, "from the lamp")
    assert messages(viewer, f"node_id={arm.pk}") == ["from the arm"]
    assert messages(viewer, f"search={str(lamp.pk)[:13]}") == ["from the lamp"]
    assert messages(viewer, f"node_id={uuid4()}") == []


def test_a_period_is_cut_out(viewer: Person) -> None:
    arm = node()
    for hours in (3, 2, 1):
        says(arm, f"{hours} hours ago", at=NOW - timedelta(hours=hours))
    since, until = (quote((NOW - timedelta(hours=hours)).isoformat()) for hours in (2.5, 1.5))
    assert messages(viewer, f"from={since}&to={until}") == ["2 hours ago"]
    assert messages(viewer, f"from={since}") == ["1 hours ago", "2 hours ago"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("search=" + "x" * 257, "search"),
        ("search=%00", "search"),
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("per_page=201", "per_page"),
        ("per_page=0", "per_page"),
        ("page=0", "page"),
        ("node_id=x", "node_id"),
        ("severity=terrible", "severity"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/bilbycast"])
def test_a_bad_parameter_is_refused_by_its_name(viewer: Person, prefix: str, query: str, name: str) -> None:
    response = viewer.caller.get(f"{prefix}{EVENTS}?{query}")
    assert response.status_code == 400
    body = response.json()
    assert name in (body["error"] if prefix else body["errors"])


def test_people_see_events_of_their_nodes_only(viewer: Person, stranger: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    says(arm, "from the arm")
    says(lamp, "from the lamp")
    see_only(viewer, arm)
    assert messages(viewer) == ["from the arm"]
    stranger.user.denied_node_ids = [str(arm.pk)]
    stranger.user.save()
    assert messages(stranger) == ["from the lamp"]


def test_the_count_is_of_open_alarms_within_sight(viewer: Person, operator: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    for severity in ("info", "minor", "warning", "major", "critical"):
        says(arm, severity=severity)
        says(lamp, severity=severity)
    see_only(viewer, arm)
    assert viewer.caller.get(f"{EVENTS}/count").json() == {"count": 4}
    assert operator.caller.get(f"{EVENTS}/count").json() == {"count": 8}


def test_a_long_list_asks_as_few_questions_as_a_short_one(viewer: Person) -> None:
    arm = node()
    for _ in range(30):
        says(arm)
    caller = viewer.caller
    with CaptureQueriesContext(connection) as asked:
        assert len(caller.get(f"{EVENTS}?search=warm").json()) == 30
    assert len(asked) <= 3, [query["sql"] for query in asked]
