"""Nodes as people make, change and remove them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from devices import signatures
from devices.models import Node
from devices.services import nodes
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
NODES = "/api/v1/nodes"


def of(node: Node) -> str:
    return f"{NODES}/{node.pk}"


def made(person: Person, **fields: Any) -> dict[str, Any]:
    response = person.caller.post(NODES, {"name": "Venue", **fields})
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def test_a_new_node_waits_for_its_registration(admin: Person) -> None:
    body = made(admin, description="Hall 3")
    assert {name: body[name] for name in ("name", "description", "device_type", "status", "key", "connected")} == {
        "name": "Venue",
        "description": "Hall 3",
        "device_type": "edge",
        "status": "pending",
        "key": "venue",
        "connected": False,
    }
    for name in ("last_seen_at", "last_health", "software_version", "metadata", "expires_at", "maintenance"):
        assert body[name] is None
    assert parse_datetime(body["created_at"]) and body["created_at"].endswith("Z")


def test_its_token_is_shown_once_and_kept_as_a_digest(admin: Person) -> None:
    body = made(admin)
    token = body["registration_token"]
    assert UUID(token).version == 4
    assert Node.objects.get().token_digest == signatures.digest(token)
    assert token not in admin.caller.get(f"{NODES}/{body['id']}").content.decode()
    assert token not in str([vars(entry) for entry in JournalEntry.objects.all()])


def test_the_line_to_install_it_is_ready_to_be_typed(admin: Person) -> None:
    body = admin.caller.post("/bilbycast" + NODES, {"name": "Venue"}).json()
    assert body["install"] == (
        "curl -fsSLo agent.pyz http://testserver/agent.pyz && "
        f"python3 agent.pyz --hub http://testserver --token {body['registration_token']}"
    )


@pytest.mark.parametrize(
    ("name", "key"),
    [("Große Halle 3!", "groe-halle-3"), ("Ärmel_1", "armel_1"), ("会場", "node"), ("x" * 128, "x" * 55)],
)
def test_a_node_gets_a_key_from_its_name(admin: Person, name: str, key: str) -> None:
    assert made(admin, name=name)["key"] == key


def test_nodes_may_share_a_name_and_never_a_key(admin: Person) -> None:
    keys = {made(admin)["key"] for _ in range(3)}
    assert len(keys) == 3 and all(key.startswith("venue") for key in keys)
    response = admin.caller.post(NODES, {"name": "Other", "key": "venue"})
    assert (response.status_code, response.json()["code"]) == (409, "key_taken")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "n" * 129}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"description": "d" * 513}, "description"),
        ({"device_type": "toaster"}, "device_type"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"key": "no spaces"}, "key"),
        ({"key": ""}, "key"),
        ({"labels": {"-x": "1"}}, "labels"),
        ({"labels": {"x": "1" * 129}}, "labels"),
        ({"labels": {f"l{number}": "" for number in range(65)}}, "labels"),
        ({"metadata": {"x": "y" * 65536}}, "metadata"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(admin: Person, change: dict[str, Any], field: str) -> None:
    for prefix in ("", "/bilbycast"):
        response = admin.caller.post(prefix + NODES, {"name": "Venue"} | change)
        assert response.status_code == 400
    assert field in admin.caller.post(NODES, {"name": "Venue"} | change).json()["errors"]
    assert not Node.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"name": None}, {"name": ["n"]}, {"name": "n", "labels": []}, {"name": "n", "expires_at": "soon"}]
)
def test_what_has_another_shape_is_told_apart_where_the_contract_does(admin: Person, body: dict[str, Any]) -> None:
    assert admin.caller.post(NODES, body).status_code == 400
    assert admin.caller.post("/bilbycast" + NODES, body).status_code == 422


def test_a_change_touches_what_is_sent_and_leaves_the_rest(admin: Person) -> None:
    node = told.node(description="Hall", labels={"site": "north"})
    for send in (admin.caller.put, admin.caller.patch):
        body = send(of(node), {"name": "Stage"}).json()
        assert (body["name"], body["description"], body["labels"]) == ("Stage", "Hall", {"site": "north"})
    entry = JournalEntry.objects.get(action="node.update")
    assert (entry.before, entry.after) == ({"name": "Venue"}, {"name": "Stage"})


def test_null_clears_what_may_be_empty(admin: Person) -> None:
    node = told.node(
        description="Hall",
        labels={"a": "b"},
        metadata={"network_type": "nat"},
        denied_commands=["restart"],
        expires_at=timezone.now() + timedelta(days=1),
    )
    names = ("description", "labels", "metadata", "denied_commands", "expires_at")
    body = admin.caller.put(of(node), dict.fromkeys(names)).json()
    assert [body[name] for name in names] == [None, {}, None, [], None]
    assert admin.caller.put(of(node), {"name": None}).status_code == 400


def test_labels_metadata_and_denied_commands_are_kept_as_given(admin: Person) -> None:
    node = told.node()
    given = {"labels": {"site/floor": "3 "}, "metadata": {"rack": [1, 2.5, None]}, "denied_commands": ["delete_flow"]}
    admin.caller.put(of(node), given)
    body = admin.caller.get(of(node)).json()
    assert {name: body[name] for name in given} == given


def test_an_expiry_lies_ahead(admin: Person) -> None:
    node, later = told.node(), timezone.now() + timedelta(days=2)
    assert admin.caller.put(of(node), {"expires_at": "2001-01-01T00:00:00Z"}).status_code == 400
    body = admin.caller.put(of(node), {"expires_at": later.isoformat()}).json()
    assert body["expires_at"] == later.isoformat().replace("+00:00", "Z")


def test_a_key_stays_unique_when_it_changes(admin: Person) -> None:
    told.node("stage")
    node = told.node("venue")
    assert admin.caller.put(of(node), {"key": "stage"}).json()["code"] == "key_taken"
    assert admin.caller.put(of(node), {"key": "venue-2"}).json()["key"] == "venue-2"


def test_the_type_of_a_node_is_settled_by_its_first_connection(admin: Person) -> None:
    body = made(admin)
    address = f"{NODES}/{body['id']}"
    assert admin.caller.put(address, {"device_type": "relay"}).json()["device_type"] == "relay"
    node = told.come(Node.objects.get(pk=body["id"]))
    told.go(node)
    refused = admin.caller.put(address, {"device_type": "edge"})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert admin.caller.put(address, {"device_type": "relay", "name": "Same"}).status_code == 200


def test_a_change_leaves_alone_what_the_connection_writes(admin: Person) -> None:
    node = told.node()
    stale = Node.objects.get(pk=node.pk)
    Node.objects.filter(pk=node.pk).update(last_health={"status": "ok"}, software_version="1.2")
    nodes.update(actor=admin.actor, pk=stale.pk, at=timezone.now(), name="Stage")
    body = admin.caller.get(of(node)).json()
    assert (body["last_health"], body["software_version"], body["connected"]) == ({"status": "ok"}, "1.2", True)


def test_a_removed_node_is_gone_with_what_hung_on_it(admin: Person) -> None:
    node = told.node()
    response = admin.caller.delete(of(node))
    assert (response.status_code, response.content) == (204, b"")
    assert admin.caller.get(of(node)).status_code == 404
    assert admin.caller.delete(of(node)).status_code == 404
    entry = JournalEntry.objects.get(action="node.delete")
    assert (entry.object_label, entry.object_id) == ("Venue", str(node.pk))


def test_a_new_token_makes_everything_before_worthless(admin: Person) -> None:
    node = told.node(secret_digest="s" * 64, next_secret_digest="n" * 64, spent_token_digest="t" * 64)
    body = admin.caller.post(f"{of(node)}/token").json()
    node.refresh_from_db()
    assert node.token_digest == signatures.digest(body["registration_token"])
    assert (node.status, node.session_id, node.gateway_id) == ("pending", None, None)
    assert {node.secret_digest, node.next_secret_digest, node.spent_token_digest} == {""}
    assert body["registration_token"] in body["install"]
    entry = JournalEntry.objects.get(action="node.token")
    assert body["registration_token"] not in str(vars(entry))


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_node_that_is_not_there_is_404(admin: Person, method: str) -> None:
    response = getattr(admin.caller, method)(f"{NODES}/{uuid4()}", {})
    assert (response.status_code, response.json()["code"]) == (404, "node_not_found")


def test_a_token_for_a_node_that_is_not_there_is_404(admin: Person) -> None:
    assert admin.caller.post(f"{NODES}/{uuid4()}/token").status_code == 404


def test_maintenance_begins_and_ends(operator: Person) -> None:
    node, at = told.node(), timezone.now()
    body = operator.caller.post(f"{of(node)}/maintenance", {"minutes": 30, "reason": "New fan"}).json()
    until = datetime.fromisoformat(body["maintenance"]["until"])
    assert timedelta(minutes=29) < until - at < timedelta(minutes=31)
    assert body["maintenance"]["reason"] == "New fan"
    for _ in range(2):
        assert operator.caller.delete(f"{of(node)}/maintenance").status_code == 204
    assert operator.caller.get(of(node)).json()["maintenance"] is None
    assert JournalEntry.objects.filter(action="node.maintenance").count() == 2


def test_maintenance_that_is_over_is_not_shown(viewer: Person) -> None:
    node = told.node(maintenance_until=timezone.now() - timedelta(seconds=1), maintenance_reason="New fan")
    assert viewer.caller.get(of(node)).json()["maintenance"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"minutes": 5, "until": "2999-01-01T00:00:00Z"},
        {"minutes": 0},
        {"until": "2001-01-01T00:00:00Z"},
        {"until": "2999-01-01T00:00:00Z"},
        {"minutes": 5, "reason": "r" * 257},
    ],
)
def test_maintenance_needs_one_end_that_makes_sense(operator: Person, body: dict[str, Any]) -> None:
    assert operator.caller.post(f"{of(told.node())}/maintenance", body).status_code == 400


def test_the_connections_of_a_node_are_listed_latest_first(viewer: Person) -> None:
    node = told.node()
    first = node.session_id
    told.go(node)
    told.come(node)
    rows = viewer.caller.get(f"{of(node)}/connections").json()
    assert [row["id"] for row in rows] == [str(node.session_id), str(first)]
    assert (rows[0]["closed_at"], rows[1]["close_code"], rows[1]["close_reason"]) == (None, 1006, "gone")
    page = viewer.caller.get(f"{of(node)}/connections?limit=1")
    address = page["Link"].partition(">")[0].removeprefix("<http://testserver")
    assert [row["id"] for row in viewer.caller.get(address).json()] == [str(first)]


@pytest.mark.parametrize("who", ["viewer", "operator", "developer"])
def test_below_admin_one_looks_and_does_not_touch(who: str, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    node = told.node()
    assert person.caller.get(of(node)).status_code == 200
    for method, address in (("post", NODES), ("put", of(node)), ("delete", of(node)), ("post", f"{of(node)}/token")):
        assert getattr(person.caller, method)(address, {"name": "Mine"}).status_code == 403


@pytest.fixture
def limited(make_person: MakePerson) -> Person:
    """An admin of one node, who is denied another."""
    node, other = told.node("mine"), told.node("other")
    return make_person("fay", "admin", allowed_node_ids=[str(node.pk), str(other.pk)], denied_node_ids=[str(other.pk)])


def test_nobody_reaches_a_node_they_do_not_see(limited: Person) -> None:
    other = Node.objects.get(key="other")
    knocks = [
        ("get", ""),
        ("put", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "/token"),
        ("post", "/maintenance"),
        ("delete", "/maintenance"),
        ("get", "/connections"),
    ]
    for address in (of(other), f"{NODES}/{uuid4()}"):
        for method, rest in knocks:
            sent = {"minutes": 5} if method != "get" else {}
            response = getattr(limited.caller, method)(address + rest, sent)
            assert (response.status_code, response.json()["code"]) == (403, "outside_your_nodes"), (method, rest)
    assert limited.caller.put(of(Node.objects.get(key="mine")), {"name": "Still mine"}).status_code == 200


def test_who_sees_only_some_nodes_makes_none(limited: Person, make_person: MakePerson) -> None:
    assert limited.caller.post(NODES, {"name": "New"}).json()["code"] == "outside_your_nodes"
    denied = make_person("dora", "admin", denied_node_ids=[str(Node.objects.get(key="other").pk)])
    assert made(denied)["name"] == "Venue"
