"""Commands that wait for their node, who may give which, and the history of them all."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from devices.models import Command, Node
from devices.services import replies
from rdos.kernel.models import JournalEntry
from rdos.ticks import expire_commands
from tests.devices import told
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
START = {"action": {"type": "start_flow", "flow_id": "f1"}}


def keep(who: Person, node: Node, action: dict[str, Any] | None = None, query: str = "?wait=0") -> Any:
    return who.caller.post(told.command_url(node) + query, {"action": action} if action else START)


def test_a_command_waits_for_its_node_in_its_turn(operator: Person) -> None:
    node = told.node(connected=False)
    answers = [keep(operator, node, {"type": "start_flow", "flow_id": f"f{number}"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert [(answer.json()["status"], answer.json()["position"]) for answer in answers] == [
        ("queued", 0),
        ("queued", 1),
        ("queued", 2),
    ]
    told.come(node)
    assert [letter.action["flow_id"] for letter in told.receive()] == ["f0", "f1", "f2"]


def test_a_command_is_sent_again_under_its_old_id_after_a_reconnect(operator: Person) -> None:
    node = told.node()
    keep(operator, node)
    first = told.receive()
    told.go(node)
    told.come(node)
    again = told.receive()
    assert [letter.command_id for letter in again] == [letter.command_id for letter in first]
    told.settle(told.yes(again[0]))
    assert operator.caller.get(f"/api/v1/commands/{again[0].command_id}").json()["attempts"] == 2
    assert told.receive() == []


def test_a_command_expires_when_its_time_to_live_is_over(operator: Person) -> None:
    node = told.node(connected=False)
    before = timezone.now()
    keep(operator, node, query="?wait=0&ttl=60")
    assert replies.expire(before + timedelta(seconds=59)) == 0
    assert replies.expire(timezone.now() + timedelta(seconds=61)) == 1
    command = operator.caller.get("/api/v1/commands").json()[0]
    assert (command["status"], command["error_code"]) == ("expired", "expired")
    told.come(node)
    assert told.receive() == []


def test_the_clock_ends_commands_by_itself(operator: Person) -> None:
    keep(operator, told.node(connected=False), query="?wait=0&ttl=60")
    expire_commands()
    assert Command.objects.get().status == "queued"
    Command.objects.update(expires_at=timezone.now())
    expire_commands()
    assert Command.objects.get().status == "expired"


def test_motion_never_waits_for_a_node_that_is_away(operator: Person) -> None:
    node = told.node(device_type="esp32", connected=False)
    move = {"type": "move", "linear": 0.5, "angular": 0}
    assert keep(operator, node, move).status_code == 502
    told.come(node)
    assert told.receive() == []


def test_motion_that_was_under_way_ends_with_the_session(operator: Person) -> None:
    node = told.node(device_type="esp32")
    assert keep(operator, node, {"type": "move", "linear": 0.5, "angular": 0}).status_code == 202
    assert len(told.receive()) == 1
    told.go(node)
    told.come(node)
    assert told.receive() == []


def test_a_node_that_never_registered_may_be_told_what_waits(operator: Person) -> None:
    node = told.node(connected=False)
    Node.objects.update(status="pending")
    assert keep(operator, node).status_code == 202


def test_an_expired_node_is_told_nothing(operator: Person) -> None:
    node = told.node(expires_at=timezone.now() - timedelta(hours=1))
    response = keep(operator, node)
    assert (response.status_code, response.json()["code"]) == (409, "node_expired")


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("stop", 400),
        ({}, 400),
        ({"type": 7}, 400),
        ({"type": ""}, 400),
        ({"type": "x" * 129}, 400),
        ({"type": "start_flow"}, 400),  # without its flow_id
        ({"type": "start_flow", "flow_id": "f" * 60_000}, 413),
        ({"type": "update_config", "config": {"text": "c" * 60_000}}, 202),
        ({"type": "update_config", "config": {"text": "c" * 110_000}}, 413),
        ({"type": "rotate_secret", "new_secret": "mine"}, 400),
        ({"type": "whatever_a_newer_node_knows", "x": 1}, 202),
    ],
)
def test_an_action_is_held_against_what_is_known_of_it(admin: Person, action: Any, status: int) -> None:
    node = told.node()
    response = admin.caller.post(told.command_url(node) + "?wait=0", {"action": action})
    assert response.status_code == status, response.content


def test_a_missing_argument_is_named(operator: Person) -> None:
    url, body = told.command_url(told.node()), {"action": {"type": "start_flow"}}
    assert "flow_id" in operator.caller.post(url, body).json()["errors"]
    in_bilbycasts_words = operator.caller.post(f"/bilbycast{url}", body)
    assert in_bilbycasts_words.status_code == 422 and "flow_id" in in_bilbycasts_words.json()["error"]


@pytest.mark.parametrize("query", ["?wait=-1", "?wait=61", "?wait=soon", "?wait=0&ttl=0", "?wait=0&ttl=604801"])
def test_a_patience_that_cannot_be_is_refused(operator: Person, query: str) -> None:
    assert keep(operator, told.node(), query=query).status_code == 400


def test_a_role_that_is_too_low_for_a_command_is_refused(operator: Person, admin: Person) -> None:
    relay = told.node("relay", "relay")
    action = {"type": "disconnect_edge", "edge_id": "e1"}
    refused = keep(operator, relay, action)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_low")
    assert keep(admin, relay, action).status_code == 202


def test_a_denied_command_is_refused_for_everybody(super_admin: Person) -> None:
    node = told.node(denied_commands=["start_flow"])
    refused = keep(super_admin, node)
    assert (refused.status_code, refused.json()["code"]) == (403, "command_denied")


def test_who_sees_a_node_sees_its_commands_and_nobody_else(operator: Person, make_person: MakePerson) -> None:
    mine, other = told.node("mine"), told.node("other")
    bob = make_person("bob", "operator", allowed_node_ids=[str(mine.pk)])
    ids = {node.key: keep(operator, node).json()["command_id"] for node in (mine, other)}
    assert [row["node_name"] for row in bob.caller.get("/api/v1/commands").json()] == ["Mine"]
    assert bob.caller.get(f"/api/v1/commands/{ids['mine']}").status_code == 200
    assert bob.caller.get(f"/api/v1/commands/{ids['other']}").status_code == 404
    assert bob.caller.post(f"/api/v1/commands/{ids['other']}/cancel").status_code == 404
    assert bob.caller.get(f"/api/v1/nodes/{other.pk}/commands").status_code == 403
    assert keep(bob, other).status_code == 403


def test_a_waiting_command_is_cancelled(operator: Person) -> None:
    node = told.node(connected=False)
    pk = keep(operator, node).json()["command_id"]
    response = operator.caller.post(f"/api/v1/commands/{pk}/cancel")
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert response.json()["details"] is None
    told.come(node)
    assert told.receive() == []
    assert JournalEntry.objects.filter(action="command.cancel").count() == 1
    assert operator.caller.post(f"/api/v1/commands/{pk}/cancel").status_code == 409


def test_what_was_sent_is_cancelled_too_and_says_so(operator: Person) -> None:
    node = told.node()
    pk = keep(operator, node).json()["command_id"]
    told.receive()
    body = operator.caller.post(f"/api/v1/commands/{pk}/cancel").json()
    assert body["status"] == "cancelled" and "sent already" in body["details"]["note"]
    told.come(node)
    assert told.receive() == []


def test_the_history_is_filtered(operator: Person) -> None:
    one, two = told.node("one"), told.node("two", connected=False)
    keep(operator, one)
    keep(operator, two, {"type": "stop_flow", "flow_id": "f1"})
    told.settle(told.no(told.receive()[0]))
    later = (timezone.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")

    def names(query: str) -> list[str]:
        return [row["node_name"] for row in operator.caller.get(f"/api/v1/commands{query}").json()]

    assert names("") == ["Two", "One"]
    assert names("?status=rejected") == ["One"]
    assert names("?name=stop_flow") == ["Two"]
    assert names(f"?node_id={one.pk}") == ["One"]
    assert names(f"?operation_id={uuid4()}") == []
    assert names(f"?since={later}") == []
    assert operator.caller.get("/api/v1/commands?status=lost").status_code == 400
    mine = operator.caller.get(f"/api/v1/nodes/{one.pk}/commands").json()
    assert [(row["error"], row["error_code"], row["created_by"]["name"]) for row in mine] == [
        ("port in use", "port_conflict", operator.user.username)
    ]


def test_a_longer_history_asks_no_more_questions(
    operator: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    node = told.node()
    for _ in range(5):
        keep(operator, node)
    caller = operator.caller
    for limit in (1, 5):
        with django_assert_num_queries(2):
            assert len(caller.get(f"/api/v1/commands?limit={limit}").json()) == limit


def test_a_rotation_is_begun_by_the_hub_and_for_admins_only(operator: Person, admin: Person) -> None:
    node = told.node()
    assert keep(operator, node, {"type": "rotate_secret"}).status_code == 403
    assert keep(admin, node, {"type": "rotate_secret"}).status_code == 202
    letter = told.receive()[0]
    assert len(letter.action["new_secret"]) == 64
    assert letter.action["new_secret"] not in str(Command.objects.values())


def test_a_flow_is_added_and_removed_by_command(operator: Person) -> None:
    node = told.node()
    base = f"/api/v1/nodes/{node.pk}/flows"
    assert operator.caller.post(base + "?wait=0", {"id": "f1", "name": "Main"}).status_code == 202
    assert operator.caller.delete(base + "/f1?wait=0").status_code == 202
    assert [letter.action for letter in told.receive()] == [
        {"type": "create_flow", "flow": {"id": "f1", "name": "Main"}},
        {"type": "delete_flow", "flow_id": "f1"},
    ]
    assert operator.caller.post(base, {"id": "f" * 60_000}).status_code == 413


def test_a_flow_named_by_a_nul_is_refused(operator: Person) -> None:
    response = operator.caller.delete(f"/api/v1/nodes/{told.node().pk}/flows/%00?wait=0")
    assert (response.status_code, list(response.json()["errors"])) == (400, ["flow_id"])
    assert not Command.objects.exists()


@pytest.mark.parametrize(("more", "status"), [(0, 202), (1, 413)])
def test_a_flow_may_fill_its_limit(operator: Person, more: int, status: int) -> None:
    flow = {"id": "f" * (50 * 1024 - len('{"id":""}') + more)}
    assert operator.caller.post(f"/api/v1/nodes/{told.node().pk}/flows?wait=0", flow).status_code == status


def test_a_node_that_repeats_a_secret_in_its_complaint_betrays_nothing(operator: Person) -> None:
    node = told.node()
    keep(operator, node)
    told.settle(told.no(told.receive()[0], "no such stream: token=opensesame-7"))
    shown = operator.caller.get("/api/v1/commands")
    assert shown.json()[0]["error"] == "no such stream: token=(hidden)"


@pytest.mark.parametrize(("method", "rest"), [("put", "config"), ("post", "flows")])
def test_a_body_that_is_left_out_is_told_to_nobody(operator: Person, method: str, rest: str) -> None:
    address = f"/api/v1/nodes/{told.node().pk}/{rest}?wait=0"
    for prefix in ("", "/bilbycast"):
        assert getattr(operator.caller, method)(prefix + address, b"").status_code == 400
    assert not Command.objects.exists()
