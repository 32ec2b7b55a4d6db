"""Groups: of named nodes, and of whatever fits a query."""

from typing import Any
from uuid import uuid4

import pytest

from devices.models import Node, NodeGroup
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
GROUPS = "/api/v1/node-groups"


@pytest.fixture
def cam(db: None) -> Node:
    return told.node("cam", labels={"site": "north"})


@pytest.fixture
def arm(db: None) -> Node:
    return told.node("arm", "robot", labels={"site": "north"}, connected=False)


def made(person: Person, **fields: Any) -> str:
    response = person.caller.post(GROUPS, {"name": "Hall", **fields})
    assert response.status_code == 201, response.content
    return f"{GROUPS}/{response.json()['id']}"


def members(person: Person, address: str) -> list[str]:
    return [row["key"] for row in person.caller.get(address + "/nodes").json()]


def test_a_static_group_holds_the_nodes_it_was_given(admin: Person, viewer: Person, cam: Node, arm: Node) -> None:
    address = made(admin, node_ids=[str(cam.pk)])
    assert members(viewer, address) == ["cam"]
    rows = admin.caller.put(address + "/nodes", {"node_ids": [str(arm.pk)]}).json()
    assert [row["key"] for row in rows] == members(viewer, address) == ["arm"]
    assert JournalEntry.objects.get(action="group.nodes").details == {"added": [str(arm.pk)], "removed": [str(cam.pk)]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["arm", "cam"]),
        ({"labels": {"site": "north"}}, ["arm", "cam"]),
        ({"device_type": "robot"}, ["arm"]),
        ({"status": "online"}, ["cam"]),
        ({"search": "AR", "labels": {"site": "north"}}, ["arm"]),
        ({"labels": {"site": "south"}}, []),
    ],
)
def test_a_query_group_holds_whatever_fits(
    admin: Person, cam: Node, arm: Node, query: dict[str, Any], expected: list[str]
) -> None:
    assert members(admin, made(admin, kind="query", query=query)) == expected


def test_a_query_group_follows_the_fleet(admin: Person, arm: Node) -> None:
    address = made(admin, kind="query", query={"status": "online"})
    assert members(admin, address) == []
    told.come(arm)
    assert members(admin, address) == ["arm"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 129}, "name"),
        ({"kind": "moon"}, "kind"),
        ({"query": {"status": "online"}}, "query"),
        ({"kind": "query", "query": {"colour": "red"}}, "query.colour"),
        ({"kind": "query", "query": {"status": "moon"}}, "query.status"),
        ({"kind": "query", "query": {"status": ["online"]}}, "query.status"),
        ({"kind": "query", "query": {"device_type": 7}}, "query.device_type"),
        ({"kind": "query", "query": {"labels": {"site": 7}}}, "query.labels"),
        ({"kind": "query", "query": {"labels": "site"}}, "query.labels"),
        ({"kind": "query", "query": {"search": {}}}, "query.search"),
        ({"kind": "query", "query": {}, "node_ids": [str(uuid4())]}, "node_ids"),
        ({"node_ids": [str(uuid4())]}, "node_ids"),
    ],
)
def test_what_cannot_be_is_refused_by_name(admin: Person, body: dict[str, Any], field: str) -> None:
    response = admin.caller.post(GROUPS, {"name": "Hall"} | body)
    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert not NodeGroup.objects.exists()


def test_a_name_is_taken_once_in_any_case(admin: Person) -> None:
    made(admin)
    other = made(admin, name="Stage")
    assert admin.caller.post(GROUPS, {"name": "HALL"}).json()["code"] == "name_taken"
    assert admin.caller.put(other, {"name": "hall"}).json()["code"] == "name_taken"


def test_a_group_is_changed_and_removed_and_its_nodes_stay(admin: Person, cam: Node) -> None:
    address = made(admin, node_ids=[str(cam.pk)])
    assert admin.caller.patch(address, {"description": "North wing"}).json()["name"] == "Hall"
    assert admin.caller.delete(address).status_code == 204
    assert admin.caller.get(address).status_code == 404
    assert Node.objects.filter(pk=cam.pk).exists()
    told_of = JournalEntry.objects.filter(object_kind="nodegroup").order_by("pk").values_list("action", flat=True)
    assert list(told_of) == ["group.create", "group.update", "group.delete"]


def test_groups_are_listed_newest_first_for_everybody(admin: Person, viewer: Person) -> None:
    for name in ("A", "B"):
        made(admin, name=name)
    assert [row["name"] for row in viewer.caller.get(GROUPS).json()] == ["B", "A"]


@pytest.fixture
def fenced(make_person: MakePerson, cam: Node) -> Person:
    return make_person("fay", "admin", allowed_node_ids=[str(cam.pk)])


def test_a_group_shows_nobody_a_node_they_do_not_see(admin: Person, fenced: Person, cam: Node, arm: Node) -> None:
    static = made(admin, node_ids=[str(cam.pk), str(arm.pk)])
    query = made(admin, name="All", kind="query")
    assert members(fenced, static) == members(fenced, query) == ["cam"]


def test_nobody_puts_in_or_takes_out_a_node_they_do_not_see(
    admin: Person, fenced: Person, cam: Node, arm: Node
) -> None:
    address = made(admin, node_ids=[str(arm.pk)])
    refused = fenced.caller.put(address + "/nodes", {"node_ids": [str(arm.pk)]})
    assert refused.json()["code"] == "outside_your_nodes"
    assert fenced.caller.put(address + "/nodes", {"node_ids": [str(cam.pk)]}).status_code == 200
    assert members(admin, address) == ["arm", "cam"]
    fenced.caller.put(address + "/nodes", {"node_ids": []})
    assert members(admin, address) == ["arm"]
    assert fenced.caller.delete(address).json()["code"] == "outside_your_nodes"


def test_nobody_bends_or_removes_a_query_that_holds_nodes_they_do_not_see(
    admin: Person, fenced: Person, cam: Node, arm: Node
) -> None:
    wide = made(admin, name="All", kind="query")
    narrow = made(admin, name="Cameras", kind="query", query={"device_type": "edge"})
    for address, query in ((wide, {"device_type": "edge"}), (narrow, {})):
        refused = fenced.caller.put(address, {"query": query})
        assert (refused.status_code, refused.json()["code"]) == (403, "outside_your_nodes")
    assert fenced.caller.delete(wide).json()["code"] == "outside_your_nodes"
    assert fenced.caller.put(wide, {"description": "Everything"}).status_code == 200
    assert fenced.caller.put(narrow, {"query": {"search": "cam"}}).status_code == 200
    assert fenced.caller.delete(narrow).status_code == 204
