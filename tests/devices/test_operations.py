"""One action for many nodes: who is told, who is passed by and why, and what each of them said."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from devices.models import Command, Node, NodeGroup
from devices.services import replies
from devices.services.commands import Letter
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
OPERATIONS = "/api/v1/operations"
START = {"type": "start_flow", "flow_id": "f1"}


def begin(who: Person, action: Any = START, **target: Any) -> Any:
    return who.caller.post(OPERATIONS, {"action": action, **target})


def ids(*nodes: Node) -> list[str]:
    return [str(node.pk) for node in nodes]


def letters_to(nodes: Sequence[Node]) -> list[Letter]:
    """In the order of the nodes; among different nodes the hub promises none."""
    waiting = {letter.node_id: letter for letter in told.receive()}
    return [waiting[node.pk] for node in nodes]


def reasons(body: dict[str, Any]) -> dict[str, str]:
    return {one["node_name"]: one["reason"] for one in body["skipped"]}


def test_every_named_node_is_told_once(operator: Person) -> None:
    here, away = told.node("here"), told.node("away", connected=False)
    response = begin(operator, node_ids=ids(here, away, here), title="Morning")
    body = response.json()
    assert (response.status_code, body["title"], body["total"], body["done"]) == (202, "Morning", 2, False)
    assert sum(body["counts"].values()) == body["counts"]["queued"] == 2
    assert [letter.node_id for letter in told.receive()] == [here.pk]


def test_progress_is_what_the_nodes_say(operator: Person) -> None:
    nodes = [told.node(f"n{number}") for number in range(3)]
    pk = begin(operator, node_ids=ids(*nodes)).json()["id"]
    letters = letters_to(nodes)
    told.settle(told.yes(letters[0]), told.no(letters[1]))
    body = operator.caller.get(f"{OPERATIONS}/{pk}").json()
    assert (body["counts"]["acked"], body["counts"]["rejected"], body["counts"]["sent"]) == (1, 1, 1)
    rows = operator.caller.get(f"{OPERATIONS}/{pk}/commands?status=rejected").json()
    assert [(row["node_name"], row["error"]) for row in rows] == [("N1", "port in use")]
    assert len(operator.caller.get(f"{OPERATIONS}/{pk}/commands").json()) == 3


def test_who_is_passed_by_is_named_with_the_reason(operator: Person) -> None:
    at = timezone.now()
    nodes = [
        told.node("fine"),
        told.node("mended", maintenance_until=at + timedelta(hours=1)),
        told.node("old", expires_at=at - timedelta(hours=1)),
        told.node("shy", denied_commands=["start_flow"]),
        told.node("middle", "relay"),
    ]
    body = begin(operator, node_ids=[*ids(*nodes), str(uuid4())]).json()
    assert body["total"] == 1
    assert reasons(body) == {
        "Mended": "The node is in maintenance.",
        "Old": "The node has expired.",
        "Shy": "This command is denied for this node.",
        "Middle": "A node of type relay does not know this command.",
        "": "There is no such node.",
    }


def test_motion_passes_by_whoever_is_away(operator: Person) -> None:
    nodes = told.node("here", "esp32"), told.node("away", "esp32", connected=False)
    body = begin(operator, {"type": "stop"}, node_ids=ids(*nodes)).json()
    assert (body["total"], reasons(body)) == (1, {"Away": "The node is offline, and this command cannot wait."})


def test_a_role_that_is_too_low_is_a_reason(operator: Person, admin: Person) -> None:
    relay = told.node("middle", "relay")
    action = {"type": "disconnect_edge", "edge_id": "e1"}
    assert reasons(begin(operator, action, node_ids=ids(relay)).json()) == {
        "Middle": "This command needs the role admin."
    }
    assert begin(admin, action, node_ids=ids(relay)).json()["total"] == 1


def test_nodes_one_does_not_see_are_not_told_and_not_betrayed(operator: Person, make_person: MakePerson) -> None:
    mine, other = told.node("mine"), told.node("other")
    bob = make_person("bob", "operator", allowed_node_ids=ids(mine))
    body = begin(bob, node_ids=[*ids(mine, other), str(uuid4())]).json()
    assert body["total"] == 1
    assert {one["reason"] for one in Command.objects.get().operation.skipped} == {"You do not see this node."}
    theirs = begin(operator, node_ids=ids(mine, other)).json()
    assert theirs["total"] == 2
    assert bob.caller.get(f"{OPERATIONS}/{theirs['id']}").json()["total"] == 1
    only_other = begin(operator, node_ids=ids(other)).json()["id"]
    for rest in ("", "/commands"):
        assert bob.caller.get(f"{OPERATIONS}/{only_other}{rest}").status_code == 404
    assert bob.caller.post(f"{OPERATIONS}/{only_other}/cancel").status_code == 404
    assert len(bob.caller.get(OPERATIONS).json()) == 2


def test_a_group_or_labels_choose_the_nodes(operator: Person) -> None:
    one, two = told.node("one", labels={"site": "north"}), told.node("two")
    group = NodeGroup.objects.create(name="twos")
    group.nodes.set([two.pk])
    begin(operator, group_id=str(group.pk))
    begin(operator, labels={"site": "north"})
    assert list(Command.objects.order_by("number").values_list("node_id", flat=True)) == [two.pk, one.pk]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"node_ids": []},
        {"node_ids": ["x"]},
        {"node_ids": [str(uuid4())], "labels": {"a": "b"}},
        {"labels": {}},
        {"labels": {"!": "b"}},
        {"node_ids": [str(uuid4())], "action": {"type": ""}},
        {"node_ids": [str(uuid4())], "action": {"type": "rotate_secret"}},
        {"node_ids": [str(uuid4())], "ttl": 0},
    ],
)
def test_an_operation_that_cannot_be_is_refused(operator: Person, body: dict[str, Any]) -> None:
    assert operator.caller.post(OPERATIONS, {"action": START} | body).status_code == 400


def test_secrets_travel_sealed_and_are_nowhere_shown(operator: Person) -> None:
    node = told.node("g", "generic")
    action = {"type": "join", "password": "opensesame-7"}
    body = begin(operator, action, node_ids=ids(node)).json()
    assert body["action"]["password"] == "(hidden)"
    assert told.receive()[0].action == action
    assert "opensesame-7" not in str(list(Command.objects.values())) + str(list(JournalEntry.objects.values()))


def test_only_what_failed_is_retried_and_only_once(operator: Person) -> None:
    nodes = [told.node(f"g{number}", "generic") for number in range(4)]
    action = {"type": "join", "password": "opensesame-7"}
    pk = begin(operator, action, node_ids=ids(*nodes)).json()["id"]
    letters = letters_to(nodes)
    told.settle(told.yes(letters[0]), told.no(letters[1]))
    operator.caller.post(f"/api/v1/commands/{letters[2].command_id}/cancel")
    replies.expire(timezone.now() + timedelta(days=2))
    response = operator.caller.post(f"{OPERATIONS}/{pk}/retry", {})
    assert (response.status_code, response.json()["total"], response.json()["retry_of"]) == (202, 3, pk)
    again = told.receive()
    assert {letter.node_id for letter in again} == {node.pk for node in nodes[1:]}
    assert all(letter.action == action for letter in again)
    assert operator.caller.post(f"{OPERATIONS}/{pk}/retry", {}).status_code == 409
    told.settle(*[told.yes(letter) for letter in again])
    assert not Command.objects.exclude(sealed="").exists()


def test_what_went_well_cannot_be_retried(operator: Person) -> None:
    pk = begin(operator, node_ids=ids(told.node())).json()["id"]
    told.settle(told.yes(told.receive()[0]))
    assert operator.caller.post(f"{OPERATIONS}/{pk}/retry", {}).status_code == 409


def test_cancelling_ends_what_is_still_open(operator: Person) -> None:
    nodes = [told.node("a"), told.node("b", connected=False)]
    pk = begin(operator, node_ids=ids(*nodes)).json()["id"]
    told.settle(told.yes(told.receive()[0]))
    body = operator.caller.post(f"{OPERATIONS}/{pk}/cancel").json()
    assert (body["counts"]["acked"], body["counts"]["cancelled"], body["done"]) == (1, 1, True)
    told.come(nodes[1])
    assert told.receive() == []


def test_one_operation_is_one_entry_of_the_journal(operator: Person) -> None:
    begin(operator, node_ids=ids(told.node("a"), told.node("b")))
    entry = JournalEntry.objects.get(object_kind__in=("operation", "command", "node"))
    assert (entry.action, entry.details["nodes"]) == ("operation.create", 2)


def test_a_longer_list_asks_no_more_questions(
    operator: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    node = told.node()
    for _ in range(4):
        begin(operator, node_ids=ids(node))
    caller = operator.caller
    for limit in (1, 4):
        with django_assert_num_queries(3):
            assert len(caller.get(f"{OPERATIONS}?limit={limit}").json()) == limit


def test_a_thousand_nodes_are_told_quickly(operator: Person) -> None:
    nodes = [
        Node(key=f"n{number}", name=f"N{number}", device_type="edge", status="offline", labels={"all": "yes"})
        for number in range(1000)
    ]
    Node.objects.bulk_create(nodes)
    caller = operator.caller
    began = time.perf_counter()
    assert caller.post(OPERATIONS, {"action": START, "labels": {"all": "yes"}}).json()["total"] == 1000
    took = time.perf_counter() - began
    print(f"1,000 nodes in {took:.2f} s")
    # A second on an idle machine; the suite shares its cores.
    assert took < 3


def test_its_maker_sees_an_operation_that_told_nobody(make_person: MakePerson, operator: Person) -> None:
    mine = told.node("mine", maintenance_until=timezone.now() + timedelta(hours=1))
    bob, eve = (make_person(name, "operator", allowed_node_ids=ids(mine)) for name in ("bob", "eve"))
    pk = begin(bob, node_ids=ids(mine)).json()["id"]
    body = bob.caller.get(f"{OPERATIONS}/{pk}").json()
    assert (body["total"], body["skipped_count"]) == (0, 1)
    assert [row["id"] for row in bob.caller.get(OPERATIONS).json()] == [pk]
    assert eve.caller.get(f"{OPERATIONS}/{pk}").status_code == 404
    assert operator.caller.get(f"{OPERATIONS}/{pk}").status_code == 200


def test_who_sees_some_nodes_retries_those_and_leaves_the_others_theirs(
    operator: Person, make_person: MakePerson
) -> None:
    mine, other = told.node("mine", "generic"), told.node("other", "generic")
    bob = make_person("bob", "operator", allowed_node_ids=ids(mine))
    action = {"type": "join", "password": "opensesame-7"}
    pk = begin(operator, action, node_ids=ids(mine, other)).json()["id"]
    told.settle(*[told.no(letter) for letter in told.receive()])
    for person, node in ((bob, mine), (operator, other)):
        assert person.caller.post(f"{OPERATIONS}/{pk}/retry", {}).json()["total"] == 1
        (letter,) = told.receive()
        assert (letter.node_id, letter.action) == (node.pk, action)
        assert person.caller.post(f"{OPERATIONS}/{pk}/retry", {}).status_code == 409


def test_who_was_passed_by_in_a_retry_may_still_have_their_turn(operator: Person) -> None:
    node = told.node("g", "generic")
    action = {"type": "join", "password": "opensesame-7"}
    pk = begin(operator, action, node_ids=ids(node)).json()["id"]
    told.settle(told.no(told.receive()[0]))
    Node.objects.filter(pk=node.pk).update(maintenance_until=timezone.now() + timedelta(hours=1))
    assert operator.caller.post(f"{OPERATIONS}/{pk}/retry", {}).json()["skipped_count"] == 1
    Node.objects.filter(pk=node.pk).update(maintenance_until=None)
    assert operator.caller.post(f"{OPERATIONS}/{pk}/retry", {}).json()["total"] == 1
    assert told.receive()[0].action == action


@pytest.mark.parametrize("value", ["", " north "])
def test_labels_are_taken_to_the_letter(operator: Person, value: str) -> None:
    told.node(labels={"site": value})
    told.node("other", labels={"site": "north"})
    assert begin(operator, labels={"site": value}).json()["total"] == 1


def test_a_group_that_is_not_there_is_named(operator: Person) -> None:
    response = begin(operator, group_id=str(uuid4()))
    assert (response.status_code, list(response.json()["errors"])) == (400, ["group_id"])
