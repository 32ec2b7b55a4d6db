"""What nodes say of the flows they have, held against what is wanted of them."""

from typing import Any

import pytest

from devices.models import Node
from flows.models import Deployment
from flows.services import reporting
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.devices.conftest import MakeNode, hub, new_node, online, until
from tests.flows.deploying import actions, add_version, deploy, flow_of, media, now, obey, undeploy
from tests.people import Person

__all__ = ["hub", "new_node", "online"]


def configured(*flows: dict[str, Any]) -> dict[str, Any]:
    return {"version": 2, "flows": list(flows), "inputs": [], "outputs": []}


def on_an_edge(who: Person, content: Any = None) -> tuple[Any, Node]:
    edge = told.node("venue")
    flow = flow_of("media", content or media())
    deploy(who, flow, target_nodes=["venue"])
    obey()
    told.receive()
    return flow, edge


def drift(who: Person, flow: Any) -> str | None:
    (row,) = now(who, flow).values()
    return row["drift"]


@pytest.mark.django_db
def test_an_edge_that_has_what_is_wanted_has_converged(developer: Person) -> None:
    flow, edge = on_an_edge(developer)
    told.report(edge, configured(media()))
    row = now(developer, flow)["venue"]
    assert (row["drift"], row["converged"], row["reported_at"] is not None) == (None, True, True)


@pytest.mark.django_db
def test_a_media_flow_that_is_gone_or_switched_off_is_drift_until_it_is_back(developer: Person) -> None:
    flow, edge = on_an_edge(developer)
    told.report(edge, configured())
    assert drift(developer, flow) == "missing"
    told.report(edge, configured(media(enabled=False)))
    assert drift(developer, flow) == "different"
    assert [row["node_key"] for row in developer.caller.get("/api/v1/deployments?drifted=true").json()] == ["venue"]
    told.report(edge, configured(media()))
    assert drift(developer, flow) is None
    words = list(JournalEntry.objects.filter(action__startswith="flow.").values_list("action", flat=True))
    assert words.count("flow.drifted") == 2 and words.count("flow.converged") == 1


@pytest.mark.django_db
def test_a_media_flow_that_went_missing_is_made_anew(developer: Person) -> None:
    flow, edge = on_an_edge(developer)
    told.report(edge, configured())
    deploy(developer, flow, target_nodes=["venue"])
    assert actions(obey()) == ["create_flow"]


@pytest.mark.django_db
def test_a_flow_that_should_be_gone_and_is_there_is_extra(developer: Person) -> None:
    flow, edge = on_an_edge(developer)
    undeploy(developer, flow)
    obey()
    told.report(edge, configured(media()))
    assert drift(developer, flow) == "extra"
    told.report(edge, configured())
    assert drift(developer, flow) is None


@pytest.mark.django_db
def test_a_removal_that_failed_is_done_once_the_node_does_not_have_it(developer: Person) -> None:
    flow, edge = on_an_edge(developer)
    undeploy(developer, flow)
    letters = told.receive()
    told.settle(told.no(letters[0]))
    assert now(developer, flow)["venue"]["status"] == "failed"
    told.report(edge, configured())
    assert now(developer, flow)["venue"]["status"] == "removed"


@pytest.mark.django_db
def test_flows_that_the_hub_did_not_put_there_are_shown_beside(developer: Person) -> None:
    _, edge = on_an_edge(developer)
    told.report(edge, configured(media(), {"id": "own", "name": "Local", "enabled": True}))
    body = developer.caller.get(f"/api/v1/nodes/{edge.pk}/deployments").json()
    assert body["others"] == [{"flow_id": "own", "version": None, "enabled": True}]
    assert [row["flow_name"] for row in body["deployments"]] == ["Teleop"]


@pytest.mark.parametrize(
    "payload",
    [None, 7, [], {}, {"flows": 7}, {"flows": {"a": 1}}],
)
def test_junk_is_no_report(payload: Any) -> None:
    assert reporting.said_in(payload) is None


def test_of_a_report_only_what_is_sound_is_read() -> None:
    rows = [7, None, {}, {"flow_id": 7}, {"flow_id": ""}, {"flow_id": "a\x00"}, {"flow_id": "a", "version": True}]
    assert reporting.said_in(
        {"flows": [*rows, {"flow_id": "b", "version": 10**30, "enabled": False, "edited": 1}]}
    ) == {
        "a": {"version": None, "enabled": True, "edited": False},
        "b": {"version": None, "enabled": False, "edited": False},
    }


@pytest.mark.django_db(transaction=True)
def test_a_robot_on_a_real_socket_takes_a_flow_and_tells_which_one_it_runs(developer: Person, online: MakeNode) -> None:
    robot = online("Arm", device_type="robot")
    flow = flow_of()
    deploy(developer, flow, node_ids=[robot.node_id])
    command = robot.command()
    assert (command["action"]["type"], command["action"]["version"]) == ("deploy_flow", 1)
    robot.ack(command)
    until(lambda: Deployment.objects.filter(status="deployed").exists())
    robot.vanish()
    until(lambda: Node.objects.filter(pk=robot.node_id, session_id=None).exists())
    add_version(flow, {"flows": []})
    deploy(developer, flow, node_ids=[robot.node_id])
    robot.come_back()
    command = robot.command()
    assert command["action"]["version"] == 2
    robot.ack(command)
    until(lambda: Deployment.objects.filter(present__number=2).exists())
    robot.send("flow_report", {"flows": [{"flow_id": str(flow.pk), "version": 1}]})
    until(lambda: Deployment.objects.filter(drift="different", reported_number=1).exists())
    robot.send("flow_report", {"flows": [{"flow_id": str(flow.pk), "version": 2}]})
    until(lambda: Deployment.objects.filter(drift="", reported_number=2).exists())
