"""Flows told to nodes that speak on the bus, most of which can never answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.choices import CommandStatus
from devices.models import Command, Node
from devices.services import replies
from devices.services.bus_commands import Letter
from devices.services.commands import Reply
from flows.models import Deployment
from rdos import ticks
from rdos.kernel.models import JournalEntry
from tests.flows.deploying import add_version, deploy, flow_of, media, undeploy
from tests.flows.on_node_red import claim, on_the_bus, state
from tests.people import Person

pytestmark = pytest.mark.django_db
TAFY = "/tafy/api/v1/flows/"


def names(letters: list[Letter]) -> list[str]:
    return [letter.name for letter in letters]


def answer(letter: Letter, success: bool = True, **said: Any) -> None:
    replies.take([Reply(letter.command_id, letter.node_id, success, **said)], timezone.now())


def run_out() -> None:
    """The time of every letter is over."""
    late = timezone.now() - timedelta(hours=1)
    Command.objects.update(expires_at=late)
    Deployment.objects.filter(deadline_at__isnull=False).update(deadline_at=late)
    ticks.expire_commands()
    ticks.look_at_deployments()


@pytest.mark.parametrize(("kind", "device_type"), [("unknown", "generic"), ("esp32", "esp32")])
def test_a_node_that_was_never_heard_is_told_and_what_answers_is_deployed(
    developer: Person, kind: str, device_type: str
) -> None:
    node = on_the_bus("esp32-a1", kind, device_type)
    flow = flow_of()
    body = deploy(developer, flow, target_nodes=["esp32-a1"]).json()
    assert (body["skipped"], body["deployments"][0]["status"]) == ([], "pending")
    (letter,) = claim()
    assert (letter.name, letter.purpose, letter.key) == ("deploy_flow", "deploy", "esp32-a1")
    assert letter.action["flow_id"] == str(flow.pk) and letter.action["version"] == 1
    answer(letter, data={"revision": "r1"})
    assert (state(developer, flow)["status"], state(developer, flow)["converged"]) == ("deployed", True)
    assert node.pk == letter.node_id


def test_what_refuses_says_why(developer: Person) -> None:
    on_the_bus()
    flow = flow_of()
    deploy(developer, flow, target_nodes=["pi-1"])
    answer(claim()[0], False, error="no room", error_code="no_room")
    row = state(developer, flow)
    assert (row["status"], row["error"], row["error_code"]) == ("failed", "no room", "no_room")


def test_what_cannot_answer_was_told_and_is_no_failure(developer: Person) -> None:
    on_the_bus()
    flow = flow_of()
    deploy(developer, flow, target_nodes=["pi-1"])
    claim()
    assert state(developer, flow)["status"] == "pending"
    run_out()
    row = state(developer, flow)
    assert (row["status"], row["error"], row["present_version"], row["converged"]) == ("told", None, None, False)
    assert developer.caller.get(f"/api/v1/flows/{flow.pk}").json()["deployed_at"] is not None
    assert JournalEntry.objects.filter(action="flow.unconfirmed").count() == 1
    assert not JournalEntry.objects.filter(action="flow.deploy_failed").exists()
    counts = developer.caller.get(f"/api/v1/flows/{flow.pk}/convergence").json()["counts"]
    assert (counts["told"], counts["failed"]) == (1, 0)
    # Nobody repeats it to somebody who never answers.
    ticks.look_at_deployments()
    assert claim() == []


def test_what_never_left_the_hub_is_a_failure(developer: Person) -> None:
    on_the_bus()
    flow = flow_of()
    deploy(developer, flow, target_nodes=["pi-1"])
    run_out()
    assert (state(developer, flow)["status"], state(developer, flow)["error_code"]) == ("failed", "expired")


def test_what_was_told_can_be_told_again_and_taken_away(developer: Person) -> None:
    on_the_bus()
    flow = flow_of()
    deploy(developer, flow, target_nodes=["pi-1"])
    claim(), run_out()
    add_version(flow, {"flows": []})
    assert deploy(developer, flow, target_nodes=["pi-1"]).status_code == 200
    assert [letter.action["version"] for letter in claim()] == [2]
    run_out()
    assert undeploy(developer, flow).status_code == 200
    assert names(claim()) == ["undeploy_flow"]
    run_out()
    row = state(developer, flow)
    assert (row["status"], row["wanted_version"]) == ("told", None)


def test_deployed_again_it_is_published_again(developer: Person) -> None:
    on_the_bus()
    flow = flow_of()
    for _ in range(3):
        assert deploy(developer, flow, target_nodes=["pi-1"]).status_code == 200
        assert names(claim()) == ["deploy_flow"]
    assert Command.objects.filter(status=CommandStatus.SENT).count() == 3


def test_an_answer_to_a_former_letter_changes_nothing(developer: Person) -> None:
    on_the_bus()
    flow = flow_of()
    deploy(developer, flow, target_nodes=["pi-1"])
    (former,) = claim()
    deploy(developer, flow, target_nodes=["pi-1"])
    (latter,) = claim()
    answer(former)
    assert state(developer, flow)["status"] == "pending"
    answer(latter)
    assert state(developer, flow)["status"] == "deployed"


@pytest.mark.parametrize(
    ("kind", "fields", "force", "reason"),
    [
        ("media", {}, False, "A media flow is for an edge, and this node speaks on the bus."),
        ("nodered", {"denied_commands": ["deploy_flow"]}, True, "This command is denied for this node."),
        ("nodered", {"maintenance": True}, False, "The node is in maintenance."),
        ("nodered", {"maintenance": True}, True, ""),
        ("nodered", {"expired": True}, True, "The node has expired."),
    ],
)
def test_who_is_not_told_is_named(
    developer: Person, kind: str, fields: dict[str, Any], force: bool, reason: str
) -> None:
    at = timezone.now()
    node = on_the_bus()
    told = {"maintenance_until": at + timedelta(hours=1)} if fields.pop("maintenance", False) else {}
    told |= {"expires_at": at - timedelta(hours=1)} if fields.pop("expired", False) else {}
    Node.objects.filter(pk=node.pk).update(**told, **fields)
    flow = flow_of(kind, media() if kind == "media" else {"flows": []})
    body = deploy(developer, flow, target_nodes=["pi-1"], force=force).json()
    assert [one["reason"] for one in body["skipped"]] == ([reason] if reason else [])


# --- As Tafy's clients see it


def made(who: Person, **fields: Any) -> str:
    body = {"name": "Teleop", "config": {"flows": []}, **fields}
    return f"{TAFY}{who.caller.post(TAFY, body).json()['id']}"


def test_tafys_own_flag_says_deployed_though_nobody_answers(developer: Person) -> None:
    on_the_bus("esp32-a1", "esp32", "esp32")
    place = made(developer, target_nodes=["esp32-a1"])
    assert developer.caller.post(f"{place}/deploy").json()["deployed"] is True
    claim(), run_out()
    assert developer.caller.get(place).json()["deployed"] is True


def test_undeploying_tells_the_real_deployment_set_and_then_it_is_not_deployed(developer: Person) -> None:
    on_the_bus("own"), on_the_bus("other"), on_the_bus("former")
    place = made(developer, target_nodes=["own"])
    developer.caller.post(f"{place}/deploy", {"target_nodes": ["former"]})
    developer.caller.post(f"{place}/deploy", {"target_nodes": ["other"]})
    claim()
    assert developer.caller.delete(f"{place}/undeploy").json()["deployed"] is False
    letters = claim()
    assert (names(letters), {letter.key for letter in letters}) == (["undeploy_flow"] * 2, {"former", "other"})
    response = developer.caller.delete(f"{place}/undeploy")
    assert (response.status_code, response.json()["error"]) == (404, "Flow not found or not deployed")


def test_another_configuration_sends_nothing(developer: Person) -> None:
    on_the_bus()
    place = made(developer, target_nodes=["pi-1"])
    developer.caller.post(f"{place}/deploy")
    claim()
    edited = developer.caller.patch(place, {"config": {"flows": []}}).json()
    assert (edited["deployed"], edited["deployed_at"], claim()) == (False, None, [])
    # What was told is still to be taken away.
    assert developer.caller.delete(f"{place}/undeploy").status_code == 200
    assert names(claim()) == ["undeploy_flow"]


def test_a_node_that_is_discovered_later_gets_what_waits_for_it(developer: Person) -> None:
    place = made(developer, target_nodes=["esp32-a1"])
    assert developer.caller.post(f"{place}/deploy").json()["deployed"] is True
    on_the_bus("esp32-a1", "esp32", "esp32")
    ticks.look_at_deployments()
    assert names(claim()) == ["deploy_flow"]


def test_while_the_bus_is_away_the_intention_is_kept(developer: Person, settings: Any) -> None:
    """A deployment is a row: it does not need the bus to be there at this moment."""
    settings.NATS_URL = "nats://127.0.0.1:9"
    on_the_bus()
    place = made(developer, target_nodes=["pi-1"])
    response = developer.caller.post(f"{place}/deploy")
    assert (response.status_code, response.json()["deployed"]) == (200, True)
    assert [row["status"] for row in now_all(developer)] == ["pending"]
    assert names(claim()) == ["deploy_flow"]


def now_all(who: Person) -> list[dict[str, Any]]:
    return list(who.caller.get("/api/v1/deployments").json())
