"""What is deployed to a node that the hub does not know yet is remembered, and brought there when the node comes."""

from typing import Any

import pytest
from django.utils import timezone

from devices.models import Command
from flows.models import AwaitedDeployment, Deployment
from rdos import ticks
from tests.devices import told
from tests.flows.deploying import actions, add_version, deploy, flow_of, now, obey, states, undeploy
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
TAFY = "/tafy/api/v1/flows/"
LIST = "/api/v1/deployments"


def look() -> None:
    ticks.look_at_deployments()


def comes(key: str, device_type: str = "robot", **fields: Any) -> Any:
    node = told.node(key, device_type, **fields)
    look()
    return node


def test_tafy_deploys_to_a_node_that_comes_later(developer: Person) -> None:
    body = {"name": "Teleop", "config": {"flows": []}, "target_nodes": ["esp32-1"]}
    flow = developer.caller.post(TAFY, body).json()
    assert developer.caller.post(f"{TAFY}{flow['id']}/deploy").json()["deployed"] is True
    (waiting,) = developer.caller.get(LIST).json()
    assert (waiting["node_key"], waiting["node_id"], waiting["status"]) == ("esp32-1", None, "waiting")
    assert (waiting["wanted_version"], waiting["wanted_by"]["name"]) == (1, developer.user.username)
    look()
    assert not Command.objects.exists()
    node = comes("esp32-1")
    (there,) = developer.caller.get(LIST).json()
    assert (there["node_id"], there["status"]) == (str(node.pk), "pending")
    assert actions(obey()) == ["deploy_flow"]
    assert developer.caller.get(LIST).json()[0]["status"] == "deployed"
    look()
    assert Command.objects.count() == 1


def test_every_key_is_answered_as_the_list_shows_it(developer: Person) -> None:
    told.node("here", "robot")
    flow = flow_of()
    answer = deploy(developer, flow, target_nodes=["here", "to-come", "no key at all"]).json()
    assert states(answer) == {"here": "pending", "to-come": "waiting"}
    assert [one["node_name"] for one in answer["skipped"]] == ["no key at all"]
    listed = now(developer, flow)
    assert list(listed["here"]) == list(listed["to-come"]) and listed["to-come"] in answer["deployments"]
    assert developer.caller.get(f"{LIST}/{listed['to-come']['id']}").json()["node_key"] == "to-come"
    counts = developer.caller.get(f"/api/v1/flows/{flow.pk}/convergence").json()["counts"]
    assert (counts["waiting"], counts["pending"]) == (1, 1)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"here", "to-come"}),
        ("?status=waiting", {"to-come"}),
        ("?status=pending", {"here"}),
        ("?drifted=true", set()),
        ("?silent_for=0", {"here", "to-come"}),
        ("?silent_for=3600", set()),
        ("?flow_id=5f0c0a3e-0000-4000-8000-000000000000", set()),
    ],
)
def test_the_list_is_narrowed_for_both_alike(developer: Person, query: str, shown: set[str]) -> None:
    told.node("here", "robot")
    deploy(developer, flow_of(), target_nodes=["here", "to-come"])
    assert {row["node_key"] for row in developer.caller.get(LIST + query).json()} == shown


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_list_is_paged_across_both(developer: Person, limit: int) -> None:
    told.node("a", "robot"), told.node("c", "robot")
    flow = flow_of()
    for key in "abcd":
        deploy(developer, flow, target_nodes=[key])
    seen, address = list[str](), f"{LIST}?limit={limit}"
    while address:
        page = developer.caller.get(address)
        seen += [row["node_key"] for row in page.json()]
        address = page.headers.get("Link", "").partition(">")[0].removeprefix("<http://testserver")
    assert seen == ["d", "c", "b", "a"]
    page = developer.caller.get(f"/bloxserver{LIST}?page=2&page_size=3").json()
    assert ([row["nodeKey"] for row in page["items"]], page["total"]) == (["a"], 4)


def test_the_newest_wish_counts(developer: Person) -> None:
    flow = flow_of()
    deploy(developer, flow, target_nodes=["to-come"])
    add_version(flow, {"flows": [{"id": "n2"}]})
    deploy(developer, flow, target_nodes=["to-come"])
    assert now(developer, flow)["to-come"]["wanted_version"] == 2
    assert AwaitedDeployment.objects.count() == 1
    comes("to-come")
    assert [letter.action["version"] for letter in obey()] == [2]


def test_what_is_deployed_to_a_node_that_has_come_is_awaited_no_more(developer: Person) -> None:
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    told.node("arm", "robot")
    assert states(deploy(developer, flow, target_nodes=["arm"]).json()) == {"arm": "pending"}
    look()
    assert (AwaitedDeployment.objects.count(), Command.objects.count()) == (0, 1)


def test_undeploying_takes_the_wish_back(developer: Person) -> None:
    flow = flow_of()
    deploy(developer, flow, target_nodes=["one", "two", "three"])
    assert undeploy(developer, flow, target_nodes=["two"]).json()["skipped"] == []
    assert set(now(developer, flow)) == {"one", "three"}
    assert undeploy(developer, flow).json()["deployed"] is False
    comes("one")
    assert not Command.objects.exists()
    assert undeploy(developer, flow).status_code == 404


def test_an_edit_takes_nothing_back(developer: Person) -> None:
    """Tafy's rule: another configuration is deployed nowhere, and what was deployed stays."""
    flow = developer.caller.post(TAFY, {"name": "a", "config": {}, "target_nodes": ["arm"]}).json()
    developer.caller.post(f"{TAFY}{flow['id']}/deploy")
    assert developer.caller.patch(f"{TAFY}{flow['id']}", {"config": {"flows": []}}).json()["deployed"] is False
    assert developer.caller.delete(f"{TAFY}{flow['id']}/undeploy").status_code == 200
    assert not AwaitedDeployment.objects.exists()


def test_a_node_that_cannot_be_told_is_still_awaited_and_the_reason_shown(developer: Person) -> None:
    flow = flow_of()
    deploy(developer, flow, target_nodes=["middle"])
    node = comes("middle", "relay")
    waiting = now(developer, flow)["middle"]
    assert (waiting["status"], waiting["error"]) == ("waiting", "A node of type relay does not know this command.")
    type(node).objects.filter(pk=node.pk).update(device_type="robot")
    look()
    assert now(developer, flow)["middle"]["status"] == "pending"


# --- Whose


def test_nobody_reaches_a_node_that_they_do_not_see_by_waiting_for_it(
    developer: Person, make_person: MakePerson
) -> None:
    mine, hidden = told.node("mine", "robot"), told.node("hidden", "robot")
    bob = make_person("bob", "developer", allowed_node_ids=[str(mine.pk)])
    flow = flow_of()
    answer = deploy(bob, flow, target_nodes=["hidden", "absent"]).json()
    assert states(answer) == {"hidden": "waiting", "absent": "waiting"}
    look()
    rows = now(bob, flow)
    for name in ("wanted_version", "status", "error", "node_id", "attempts", "node_connected"):
        assert rows["hidden"][name] == rows["absent"][name]
    assert not Deployment.objects.filter(node=hidden).exists()
    bob.user.allowed_node_ids = [str(mine.pk), str(hidden.pk)]
    bob.user.save()
    look()
    assert Deployment.objects.get().node_id == hidden.pk


def test_who_may_not_deploy_any_more_has_nothing_brought(developer: Person) -> None:
    flow = flow_of()
    deploy(developer, flow, target_nodes=["arm"])
    developer.user.role = "viewer"
    developer.user.save()
    comes("arm")
    assert not Command.objects.exists()
    assert AwaitedDeployment.objects.get().error == "Whoever wanted it may not deploy this flow any more."


def test_a_private_flow_is_awaited_where_strangers_do_not_look(developer: Person, make_person: MakePerson) -> None:
    bob = make_person("bob", "developer")
    flow = flow_of(access="private", owner=developer.user)
    deploy(developer, flow, target_nodes=["arm"])
    (row,) = developer.caller.get(LIST).json()
    assert bob.caller.get(LIST).json() == []
    assert bob.caller.get(f"{LIST}/{row['id']}").status_code == 404


def test_what_was_tried_last_comes_last(developer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.services.awaiting.MOST_AT_ONCE", 1)
    flow = flow_of()
    deploy(developer, flow, target_nodes=["middle"])
    deploy(developer, flow, target_nodes=["arm"])
    told.node("middle", "relay"), told.node("arm", "robot")
    look()
    look()
    assert {key: row["status"] for key, row in now(developer, flow).items()} == {"middle": "waiting", "arm": "pending"}
    assert AwaitedDeployment.objects.get().tried_at <= timezone.now()
