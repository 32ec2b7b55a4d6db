"""A flow on nodes: who is told what, what they answer, and the way back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import Command, Node, NodeGroup
from devices.services import replies
from flows.models import Deployment
from flows.services import deployment_answers, flows
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.flows.deploying import (
    NODERED,
    actions,
    add_version,
    balk,
    deploy,
    flow_of,
    now,
    obey,
    states,
    undeploy,
    url,
)
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db


def test_a_flow_reaches_the_nodes_that_are_named(developer: Person) -> None:
    arm, cart = told.node("arm", "robot"), told.node("cart", "robot")
    flow = flow_of()
    response = deploy(developer, flow, target_nodes=["arm", str(cart.pk)])
    body = response.json()
    assert (response.status_code, body["deployed"], states(body)) == (200, True, {"arm": "pending", "cart": "pending"})
    letters = obey()
    assert {letter.node_id for letter in letters} == {arm.pk, cart.pk}
    assert letters[0].action == {
        "type": "deploy_flow",
        "flow_id": str(flow.pk),
        "name": "Teleop",
        "version": 1,
        "kind": "nodered",
        "definition": NODERED,
    }
    rows = now(developer, flow)
    assert [(row["status"], row["present_version"], row["converged"]) for row in rows.values()] == [
        ("deployed", 1, True)
    ] * 2


def test_without_names_the_flow_goes_to_its_own_targets(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of(target_nodes=["arm"])
    assert states(deploy(developer, flow).json()) == {"arm": "pending"}
    assert states(developer.caller.post(url(flow, "deploy")).json()) == {"arm": "pending"}


def test_a_flow_with_no_targets_at_all_is_deployed_nowhere(developer: Person) -> None:
    flow = flow_of()
    assert deploy(developer, flow).status_code == 404
    assert deploy(developer, flow, target_nodes=[]).status_code == 404
    assert undeploy(developer, flow).status_code == 404


def test_a_group_or_labels_choose_the_nodes(developer: Person) -> None:
    one, two = told.node("one", "robot", labels={"site": "north"}), told.node("two", "robot")
    group = NodeGroup.objects.create(name="twos")
    group.nodes.set([two.pk])
    flow = flow_of()
    assert states(deploy(developer, flow, group_id=str(group.pk)).json()) == {"two": "pending"}
    assert states(deploy(developer, flow, labels={"site": "north"}).json()) == {"one": "pending"}
    assert states(deploy(developer, flow, node_ids=[str(one.pk)]).json()) == {"one": "pending"}


def test_what_a_node_refuses_is_shown_with_its_words(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    balk("token=abc123456 has no room")
    row = now(developer, flow)["arm"]
    assert (row["status"], row["error_code"], row["present_version"]) == ("failed", "no_room", None)
    assert "abc123456" not in row["error"]


def test_an_offline_node_is_told_when_it_returns(developer: Person) -> None:
    arm = told.node("arm", "robot", connected=False)
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    assert told.receive() == []
    row = now(developer, flow)["arm"]
    assert (row["status"], row["node_connected"], row["silent_seconds"] is not None) == ("pending", False, True)
    told.come(arm)
    obey()
    assert now(developer, flow)["arm"]["status"] == "deployed"


def test_one_that_was_away_for_longer_than_its_letter_lived_is_told_again(developer: Person) -> None:
    arm = told.node("arm", "robot", connected=False)
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"], ttl=60)
    later = timezone.now() + timedelta(hours=1)
    replies.expire(later)
    assert now(developer, flow)["arm"]["error_code"] == "expired"
    assert deployment_answers.tell_again(later) == 0
    told.come(arm)
    assert deployment_answers.tell_again(later) == 1
    assert deployment_answers.tell_again(later) == 0
    obey()
    assert now(developer, flow)["arm"]["status"] == "deployed"


def test_a_node_that_refused_is_not_pestered(developer: Person) -> None:
    told.node("arm", "robot")
    deploy(developer, flow_of(), target_nodes=["arm"])
    balk()
    assert deployment_answers.tell_again(timezone.now() + timedelta(hours=1)) == 0


def test_deploying_again_is_always_allowed_and_tells_again(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    first = deploy(developer, flow, target_nodes=["arm"]).json()
    obey()
    second = deploy(developer, flow, target_nodes=["arm"]).json()
    assert second["deployed_at"] > first["deployed_at"]
    assert actions(obey()) == ["deploy_flow"]
    assert Deployment.objects.count() == 1


def test_a_newer_wish_takes_the_place_of_a_letter_that_has_not_left(developer: Person) -> None:
    arm = told.node("arm", "robot", connected=False)
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    add_version(flow, {"flows": []})
    deploy(developer, flow, target_nodes=["arm"])
    told.come(arm)
    assert [letter.action["version"] for letter in obey()] == [2]


def test_the_answer_to_an_older_letter_changes_nothing(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    old = told.receive()
    add_version(flow, {"flows": []})
    deploy(developer, flow, target_nodes=["arm"])
    told.settle(told.yes(old[0]))
    row = now(developer, flow)["arm"]
    assert (row["status"], row["wanted_version"], row["present_version"]) == ("pending", 2, None)
    obey()
    assert now(developer, flow)["arm"]["present_version"] == 2


def test_targets_of_one_call_are_undeployed_too(developer: Person) -> None:
    told.node("own", "robot"), told.node("other", "robot")
    flow = flow_of(target_nodes=["own"])
    deploy(developer, flow)
    deploy(developer, flow, target_nodes=["other"])
    obey()
    response = undeploy(developer, flow)
    assert (response.json()["deployed"], states(response.json())) == (False, {"own": "removing", "other": "removing"})
    assert actions(obey()) == ["undeploy_flow"] * 2
    assert {row["status"] for row in now(developer, flow).values()} == {"removed"}
    assert undeploy(developer, flow).status_code == 404


def test_only_the_named_nodes_lose_it_when_some_are_named(developer: Person) -> None:
    told.node("one", "robot"), told.node("two", "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["one", "two"])
    obey()
    body = undeploy(developer, flow, target_nodes=["one"]).json()
    assert (body["deployed"], states(body)) == (True, {"one": "removing"})


def test_what_never_left_need_not_be_taken_away(developer: Person) -> None:
    told.node("arm", "robot", connected=False)
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    assert states(undeploy(developer, flow).json()) == {"arm": "removed"}
    assert not Command.objects.filter(status="queued").exists()


def test_a_node_that_does_not_have_it_any_more_counts_as_rid_of_it(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    obey()
    undeploy(developer, flow)
    balk("no such flow", "unknown_flow")
    assert now(developer, flow)["arm"]["status"] == "removed"


def test_one_call_goes_back_to_the_former_version_everywhere(developer: Person) -> None:
    for key in ("one", "two", "new"):
        told.node(key, "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["one", "two"])
    obey()
    add_version(flow, {"flows": []})
    deploy(developer, flow, target_nodes=["one", "two", "new"])
    obey()
    assert {row["former_version"] for row in now(developer, flow).values()} == {1, None}
    body = developer.caller.post(url(flow, "rollback"), {}).json()
    assert states(body) == {"one": "pending", "two": "pending"}
    assert [one["node_name"] for one in body["skipped"]] == ["New"]
    assert {letter.action["version"] for letter in obey()} == {1}
    assert {key: row["present_version"] for key, row in now(developer, flow).items()} == {"one": 1, "two": 1, "new": 2}


def test_after_a_failure_the_way_back_is_what_is_there(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    obey()
    for _ in range(2):
        add_version(flow, {"flows": []})
        deploy(developer, flow, target_nodes=["arm"])
        balk()
    assert developer.caller.post(url(flow, "rollback"), {}).status_code == 200
    assert [letter.action["version"] for letter in obey()] == [1]


def test_without_a_former_version_there_is_no_way_back(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    obey()
    assert developer.caller.post(url(flow, "rollback"), {}).status_code == 409


def test_an_older_version_can_be_wanted_by_its_number(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of("nodered", NODERED, {"flows": []})
    assert deploy(developer, flow, target_nodes=["arm"], version=1).json()["deployments"][0]["wanted_version"] == 1
    assert deploy(developer, flow, target_nodes=["arm"], version=7).status_code == 404


def test_who_is_passed_by_is_named_with_the_reason(developer: Person) -> None:
    at = timezone.now()
    told.node("fine", "robot")
    told.node("mended", "robot", maintenance_until=at + timedelta(hours=1))
    told.node("old", "robot", expires_at=at - timedelta(hours=1))
    told.node("shy", "robot", denied_commands=["deploy_flow"])
    told.node("middle", "relay")
    names = ["fine", "mended", "old", "shy", "middle", "nobody"]
    flow = flow_of()
    body = deploy(developer, flow, target_nodes=names).json()
    assert states(body) == {"fine": "pending", "nobody": "waiting"}
    assert {one["node_name"]: one["reason"] for one in body["skipped"]} == {
        "Mended": "The node is in maintenance.",
        "Old": "The node has expired.",
        "Shy": "This command is denied for this node.",
        "Middle": "A node of type relay does not know this command.",
    }
    assert "mended" in states(deploy(developer, flow, target_nodes=["mended"], force=True).json())


def test_nobody_deploys_to_a_node_they_do_not_see(developer: Person, make_person: MakePerson) -> None:
    mine, other = told.node("mine", "robot"), told.node("other", "robot")
    bob = make_person("bob", "developer", allowed_node_ids=[str(mine.pk)])
    flow = flow_of()
    assert states(deploy(bob, flow, target_nodes=["mine", "other"]).json()) == {
        "mine": "pending", "other": "waiting",
    }  # fmt: skip
    deploy(developer, flow, node_ids=[str(mine.pk), str(other.pk)])
    assert list(now(bob, flow)) == ["mine"]
    hidden = Deployment.objects.get(node=other)
    assert bob.caller.get(f"/api/v1/deployments/{hidden.pk}").status_code == 404
    assert bob.caller.post(f"/api/v1/deployments/{hidden.pk}/retry", {}).status_code == 404
    body = undeploy(bob, flow).json()
    assert states(body) == {"mine": "removing"} or states(body) == {"mine": "removed"}
    assert "other" not in str(body["skipped"]).lower()
    assert Deployment.objects.get(node=other).status == "pending"


def test_one_node_is_told_once_more(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    balk()
    pk = now(developer, flow)["arm"]["id"]
    assert states(developer.caller.post(f"/api/v1/deployments/{pk}/retry", {}).json()) == {"arm": "pending"}
    obey()
    assert developer.caller.get(f"/api/v1/deployments/{pk}").json()["status"] == "deployed"


def test_deleting_a_flow_takes_it_off_its_nodes(admin: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    deploy(admin, flow, target_nodes=["arm"])
    obey()
    flows.delete(actor=admin.actor, pk=flow.pk, at=timezone.now())
    assert actions(obey()) == ["undeploy_flow"]
    assert not Deployment.objects.exists()


def test_who_has_the_wanted_version_and_who_keeps_silent(developer: Person) -> None:
    told.node("one", "robot"), told.node("two", "robot"), told.node("three", "robot", connected=False)
    flow = flow_of()
    deploy(developer, flow, target_nodes=["one", "two"])
    obey()
    add_version(flow, {"flows": []})
    deploy(developer, flow, target_nodes=["one", "three"])
    obey()
    body = developer.caller.get(url(flow, "convergence")).json()
    assert (body["version"], body["total"], body["converged"]) == (2, 3, 2)
    assert body["by_version"] == {"1": 1, "2": 1, "none": 1}
    assert [(one["node_name"], one["node_connected"]) for one in body["silent"]] == [("Three", False)]
    Deployment.objects.filter(status="pending").update(wanted_at=timezone.now() - timedelta(hours=2))
    rows = developer.caller.get("/api/v1/deployments?silent_for=3600").json()
    assert [row["node_key"] for row in rows] == ["three"]
    assert rows[0]["silent_seconds"] >= 7200


def test_the_journal_tells_who_deployed_what_and_what_the_nodes_said(developer: Person) -> None:
    told.node("arm", "robot")
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    obey()
    undeploy(developer, flow)
    balk()
    words = list(
        JournalEntry.objects.filter(object_id=str(flow.pk)).order_by("id").values_list("action", "actor_label")
    )
    assert words == [
        ("flow.deploy", "dana"),
        ("flow.deployed", "Arm"),
        ("flow.undeploy", "dana"),
        ("flow.deploy_failed", "Arm"),
    ]


def test_a_cancelled_letter_is_a_failed_deployment(developer: Person) -> None:
    told.node("arm", "robot", connected=False)
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    command = Command.objects.get()
    assert developer.caller.post(f"/api/v1/commands/{command.pk}/cancel").status_code == 200
    assert now(developer, flow)["arm"]["status"] == "failed"


@pytest.mark.parametrize(
    "body",
    [
        {"target_nodes": "arm"},
        {"target_nodes": [""]},
        {"target_nodes": ["arm"], "version": 0},
        {"target_nodes": ["arm"], "version": "x"},
        {"target_nodes": ["arm"], "ttl": 0},
        {"target_nodes": ["arm"], "group_id": str(uuid4())},
        {"node_ids": []},
        {"node_ids": ["x"]},
        {"group_id": str(uuid4())},
        {"labels": {"!": "b"}},
        {"target_nodes": ["arm"], "force": "perhaps"},
    ],
)
def test_a_deployment_that_cannot_be_is_refused(developer: Person, body: dict[str, Any]) -> None:
    told.node("arm", "robot")
    assert deploy(developer, flow_of(), **body).status_code == 400


def test_a_longer_list_asks_no_more_questions(developer: Person, django_assert_num_queries: Any) -> None:
    nodes = [told.node(f"n{number}", "robot") for number in range(4)]
    flow = flow_of()
    deploy(developer, flow, node_ids=[str(node.pk) for node in nodes])
    caller = developer.caller
    for limit in (1, 4):
        # Who asks, the deployments, and those that are awaited. SQLite is not asked for the time.
        with django_assert_num_queries(3 if connection.vendor == "sqlite" else 4):
            assert len(caller.get(f"/api/v1/deployments?limit={limit}").json()) == limit


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite takes fewer rows in one statement")
def test_a_thousand_nodes_are_told_in_a_few_statements(developer: Person, django_assert_max_num_queries: Any) -> None:
    rows = [
        Node(key=f"n{n}", name=f"N{n}", device_type="robot", status="offline", labels={"all": "y"}) for n in range(300)
    ]
    Node.objects.bulk_create(rows)
    flow = flow_of()
    with django_assert_max_num_queries(25):
        assert len(deploy(developer, flow, labels={"all": "y"}).json()["deployments"]) == 300
