"""The list of nodes: by name, only what one sees, quick however many."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from devices.models import Node, NodeGroup
from tests.devices import told
from tests.people import Caller, MakePerson, Person

pytestmark = pytest.mark.django_db
NODES = "/api/v1/nodes"


@pytest.fixture
def fleet(db: None) -> list[Node]:
    return [
        told.node("cam-1", "edge", labels={"site": "north", "a__b": "1"}),
        told.node("arm", "robot", connected=False, labels={"site": "south", "7": "x"}),
        told.node("bridge", "relay", labels={"site": "north"}, description="by the river"),
    ]


def keys(caller: Caller, query: str = "") -> list[str]:
    response = caller.get(NODES + query)
    assert response.status_code == 200, response.content
    return [row["key"] for row in response.json()]


def test_it_is_a_bare_array_by_name(viewer: Person, fleet: list[Node]) -> None:
    for prefix in ("", "/bilbycast"):
        rows = viewer.caller.get(prefix + NODES).json()
        assert [row["name"] for row in rows] == ["Arm", "Bridge", "Cam-1"]


def test_a_row_is_what_the_node_itself_answers(viewer: Person, fleet: list[Node]) -> None:
    row = viewer.caller.get(NODES + "?search=cam").json()[0]
    assert row == viewer.caller.get(f"{NODES}/{row['id']}").json()
    assert "digest" not in str(row) and "session" not in str(row)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?device_type=edge", ["cam-1"]),
        ("?device_type=unheard", []),
        ("?status=offline", ["arm"]),
        ("?label=site:north", ["bridge", "cam-1"]),
        ("?label=site:north&label=a__b:1", ["cam-1"]),
        ("?label=7:x", ["arm"]),
        ('?label=7":x', []),
        ("?label=%24.a\\:x", []),
        ("?label=site:nor", []),
        ("?label=site:north%20", []),
        ("?search=RIVER", ["bridge"]),
        ("?search=%25", []),
        ("?status=online&search=cam&label=site:north", ["cam-1"]),
    ],
)
def test_filters_narrow_it(viewer: Person, fleet: list[Node], query: str, expected: list[str]) -> None:
    assert keys(viewer.caller, query) == expected


@pytest.mark.parametrize(
    "query",
    ["?status=moon", "?label=site", "?label=a:1&label=a:2", "?group=x", "?limit=10001", "?limit=0", "?cursor=x"],
)
def test_a_filter_that_cannot_be_is_refused(viewer: Person, query: str) -> None:
    for prefix in ("", "/bilbycast"):
        assert viewer.caller.get(prefix + NODES + query).status_code == 400


def test_a_group_narrows_it(viewer: Person, fleet: list[Node]) -> None:
    group = NodeGroup.objects.create(name="North", kind="query", query={"labels": {"site": "north"}})
    assert keys(viewer.caller, f"?group={group.pk}&device_type=relay") == ["bridge"]
    assert viewer.caller.get(f"{NODES}?group={fleet[0].pk}").status_code == 404


@pytest.mark.parametrize(
    ("allowed", "denied", "expected"),
    [
        (None, [], ["arm", "bridge", "cam-1"]),
        ([0, 1], [], ["arm", "cam-1"]),
        ([], [], []),
        (None, [1], ["bridge", "cam-1"]),
        ([0, 1], [1, 2], ["cam-1"]),
    ],
)
def test_everybody_sees_their_nodes_and_the_deny_list_wins(
    make_person: MakePerson, fleet: list[Node], allowed: Any, denied: list[int], expected: list[str]
) -> None:
    allowed_ids = None if allowed is None else [str(fleet[place].pk) for place in allowed]
    denied_ids = [str(fleet[place].pk) for place in denied]
    for role in ("viewer", "super_admin"):
        person = make_person(f"l-{role}", role, allowed_node_ids=allowed_ids, denied_node_ids=denied_ids)
        assert keys(person.caller) == expected


def test_following_the_links_meets_every_node_once(viewer: Person) -> None:
    # Among them many of one name: the id decides then.
    Node.objects.bulk_create(Node(key=f"k{number}", name=f"N{number // 5}") for number in range(23))
    address, seen = NODES + "?limit=4", list[str]()
    while address:
        response = viewer.caller.get(address)
        seen += [row["key"] for row in response.json()]
        address = response.headers.get("Link", "").partition(">")[0].removeprefix("<http://testserver")
    assert seen == list(Node.objects.order_by("name", "id").values_list("key", flat=True))


def test_where_pages_are_numbered_it_has_pages(viewer: Person, fleet: list[Node]) -> None:
    body = viewer.caller.get("/bloxserver" + NODES + "?page=2&page_size=2").json()
    assert (body["total"], body["hasMore"], body["items"][0]["deviceType"]) == (3, False, "edge")


def test_a_longer_list_asks_no_more_questions(
    viewer: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = viewer.caller
    Node.objects.bulk_create(Node(key=f"k{number}", name=f"N{number}") for number in range(50))
    for limit in (1, 50):
        with django_assert_num_queries(2):
            assert len(caller.get(f"{NODES}?limit={limit}").json()) == limit


def test_it_shows_the_whole_fleet_to_clients_that_know_no_pages(viewer: Person) -> None:
    Node.objects.bulk_create(Node(key=f"k{number}", name=f"N{number}") for number in range(1500))
    response = viewer.caller.get(NODES)
    assert len(response.json()) == 1500 and "Link" not in response


def test_kinds_of_node_and_their_commands_are_listed(viewer: Person) -> None:
    types = viewer.caller.get("/api/v1/device-types").json()["device_types"]
    by_type = {kind["device_type"]: kind for kind in types}
    assert list(by_type)[:3] == ["edge", "relay", "gateway"]
    assert by_type["edge"]["display_name"] == "Edge Transport Node"
    roles = {command["name"]: command["requires_role"] for command in by_type["relay"]["supported_commands"]}
    assert (roles["list_tunnels"], roles["close_tunnel"]) == ("operator", "admin")


FLOW = {"id": "f1", "name": "Main", "input": {"type": "srt", "mode": "listener", "passphrase": "opensesame"}}


def test_the_flows_of_connected_nodes_are_found(viewer: Person, fleet: list[Node]) -> None:
    told.report(fleet[0], {"flows": [FLOW]})
    assert viewer.caller.get(NODES + "/endpoints").json() == [
        {
            "node_id": str(fleet[0].pk),
            "node_name": "Cam-1",
            "flows": [
                {
                    "flow_id": "f1",
                    "flow_name": "Main",
                    "enabled": True,
                    "input": {"type": "srt", "mode": "listener"},
                    "outputs": [],
                }
            ],
        }
    ]


def test_a_node_that_left_or_is_not_seen_offers_no_flows(
    viewer: Person, make_person: MakePerson, fleet: list[Node]
) -> None:
    told.report(fleet[0], {"flows": [FLOW]})
    stranger = make_person("stan", "viewer", denied_node_ids=[str(fleet[0].pk)])
    assert stranger.caller.get(NODES + "/endpoints").json() == []
    told.go(fleet[0])
    assert viewer.caller.get(NODES + "/endpoints").json() == []


@pytest.mark.parametrize("path", ["nodes/endpoints", "node-groups", "nodes/{}/connections", "nodes/{}/twin/versions"])
def test_no_list_asks_more_questions_when_it_grows(viewer: Person, path: str) -> None:
    caller, asked = viewer.caller, []
    node = told.node("first")
    for number in range(3):
        told.report(told.node(f"n{number}"), {"flows": [FLOW]})
        NodeGroup.objects.create(name=f"Hall {number}")
        told.go(node)
        told.report(told.come(node), {"number": number})
        with CaptureQueriesContext(connection) as questions:
            assert len(caller.get("/api/v1/" + path.format(node.pk)).json()) > number
        asked.append(len(questions))
    assert len(set(asked)) == 1
