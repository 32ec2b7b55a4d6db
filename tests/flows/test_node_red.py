"""Flows on the Node-RED of a node: only ours are touched, what is there is what was pushed, and every trouble has a
name."""

from typing import Any

import pytest

from devices.models import Command, Node, NodeRedFlow
from devices.services.node_red import pushing
from tests.devices.fake_node_red import FOREIGN, FakeNodeRed
from tests.flows.deploying import add_version, deploy, flow_of, undeploy
from tests.flows.on_node_red import a_flow, carry, claim, sent, state, url
from tests.people import Person

pytestmark = pytest.mark.django_db


# --- There and away


def test_a_flow_is_pushed_beside_what_is_there_and_its_revision_read_back(
    developer: Person, red: FakeNodeRed, pi: Node
) -> None:
    row = sent(developer, flow_of("nodered", a_flow()), pi)
    assert (row["status"], row["present_version"], row["converged"]) == ("deployed", 1, True)
    assert red.ids == ["f1", "f2", "t1", "n1", "n2"]
    assert red.flows[:2] == FOREIGN and red.flows[2:] == a_flow()["flows"]
    assert Command.objects.get().data == {"revision": red.revision}
    (pushed,) = developer.caller.get(url(pi)).json()["flows"]
    assert (pushed["version"], pushed["revision"], pushed["drift"]) == (1, red.revision, None)


def test_only_flows_that_changed_are_started_anew(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    sent(developer, flow_of("nodered", a_flow()), pi)
    _, _, heads = next(one for one in red.asked if one[0] == "POST")
    assert (heads["node-red-deployment-type"], heads["node-red-api-version"]) == ("flows", "v2")


def test_the_next_version_replaces_the_former_where_it_stood(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow("n1", "n2"))
    sent(developer, flow, pi)
    red.flows.append({"id": "f3", "type": "tab", "label": "Made since"})
    add_version(flow, a_flow("n2", "n3"))
    assert sent(developer, flow, pi)["present_version"] == 2
    assert red.ids == ["f1", "f2", "t1", "n2", "n3", "f3"]


def test_a_bare_list_is_what_node_red_itself_exports(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    assert sent(developer, flow_of("nodered", a_flow()["flows"]), pi)["status"] == "deployed"
    assert red.ids[2:] == ["t1", "n1", "n2"]


def test_taking_it_away_takes_ours_only(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    undeploy(developer, flow)
    carry()
    assert (state(developer, flow)["status"], red.flows) == ("removed", FOREIGN)
    assert not NodeRedFlow.objects.exists()


def test_what_somebody_took_away_by_hand_is_gone_all_the_same(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    red.flows, posted = [dict(one) for one in FOREIGN], len(red.posted)
    undeploy(developer, flow)
    carry()
    assert (state(developer, flow)["status"], len(red.posted)) == ("removed", posted)


def test_two_flows_live_side_by_side(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    one, other = flow_of("nodered", a_flow()), flow_of("nodered", a_flow("m1", tab="t2"))
    sent(developer, one, pi), sent(developer, other, pi)
    undeploy(developer, one)
    carry()
    assert red.ids == ["f1", "f2", "t2", "m1"]


# --- Somebody else is there, too


def test_an_id_of_another_flow_of_the_hub_is_refused_by_name(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    sent(developer, flow_of("nodered", a_flow()), pi)
    before = list(red.flows)
    row = sent(developer, flow_of("nodered", a_flow("n2", tab="t2")), pi)
    assert (row["status"], row["error_code"]) == ("failed", "node_id_taken")
    assert row["error"] == "The id n2 is used by the flow Teleop on this Node-RED."
    assert red.flows == before


def test_an_id_that_the_hub_did_not_put_there_is_refused(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    row = sent(developer, flow_of("nodered", a_flow("f2")), pi)
    assert row["error"] == "The id f2 is used by something that this hub did not put there on this Node-RED."
    assert red.flows == FOREIGN


def test_whoever_deploys_meanwhile_loses_nothing(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    red.meddlers = 3
    assert sent(developer, flow_of("nodered", a_flow()), pi)["status"] == "deployed"
    assert red.ids == ["f1", "f2", "m2", "m1", "m0", "t1", "n1", "n2"]


def test_it_is_not_tried_for_ever(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    red.meddlers = 100
    flow = flow_of("nodered", a_flow())
    row = sent(developer, flow, pi)
    assert (row["status"], row["error_code"], len(red.posted)) == ("failed", "node_red_busy", 5)
    red.meddlers = 0
    again = developer.caller.post(f"/api/v1/deployments/{row['id']}/retry", {})
    assert again.status_code == 200
    carry()
    assert state(developer, flow)["status"] == "deployed"


def test_a_type_that_it_lacks_would_stop_everything_there_and_is_refused(
    developer: Person, red: FakeNodeRed, pi: Node
) -> None:
    flows = [*a_flow()["flows"], {"id": "j", "type": "tafy-joystick", "z": "t1"}, {"id": "s", "type": "subflow:x"}]
    row = sent(developer, flow_of("nodered", {"flows": flows}), pi)
    assert row["error_code"] == "missing_node_types"
    assert row["error"] == "This Node-RED lacks: tafy-joystick. It would stop all its flows."
    assert red.posted == []


def test_what_was_taken_away_meanwhile_does_not_come_late(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    deploy(developer, flow, target_nodes=[pi.key])
    (arrival,) = claim()
    undeploy(developer, flow)
    carry()
    reply = pushing.carry(arrival.command_id)
    assert reply is not None and (reply.success, reply.error_code) == (False, "overtaken")
    assert red.flows == FOREIGN and state(developer, flow)["status"] == "removed"


def test_an_older_version_does_not_come_late(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    deploy(developer, flow, target_nodes=[pi.key])
    (former,) = claim()
    add_version(flow, a_flow(words="new"))
    sent(developer, flow, pi)
    reply = pushing.carry(former.command_id)
    assert reply is not None and reply.error_code == "overtaken"
    assert red.one("n1")["payload"] == "new"


# --- Named troubles


@pytest.mark.parametrize(
    ("place", "status", "body", "code"),
    [
        ("GET /flows", 401, b"Unauthorized", "node_red_unauthorized"),
        ("POST /flows", 403, b"{}", "node_red_unauthorized"),
        ("GET /nodes", 401, b"", "node_red_unauthorized"),
        ("GET /flows", 404, b"<html>", "node_red_refused"),
        ("POST /flows", 400, b'{"code":"unexpected_error","message":"no forEach"}', "node_red_refused"),
        ("POST /flows", 500, b"[]", "node_red_refused"),
        ("GET /flows", 302, b"", "node_red_refused"),
        ("GET /flows", 200, b"this is no JSON", "node_red_malformed"),
        ("GET /flows", 200, b"", "node_red_malformed"),
        ("GET /flows", 200, b"[]", "node_red_malformed"),
        ("GET /flows", 200, b'{"flows":{},"rev":"x"}', "node_red_malformed"),
        ("GET /flows", 200, b'{"flows":[{"type":"tab"}],"rev":"x"}', "node_red_malformed"),
        ("GET /flows", 200, b'{"flows":[]}', "node_red_malformed"),
        ("GET /nodes", 200, b'{"nodes":[]}', "node_red_malformed"),
    ],
)
def test_what_node_red_answers_amiss_has_a_name(
    developer: Person, red: FakeNodeRed, pi: Node, place: str, status: int, body: bytes, code: str
) -> None:
    red.instead[place] = (status, body)
    row = sent(developer, flow_of("nodered", a_flow()), pi)
    assert (row["status"], row["error_code"]) == ("failed", code)
    assert red.flows == FOREIGN


def test_what_it_complains_of_is_said(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    red.instead["POST /flows"] = (400, b'{"message":"no forEach"}')
    assert sent(developer, flow_of("nodered", a_flow()), pi)["error"] == "Node-RED answered 400: no forEach"


def test_a_node_red_that_is_down_is_told_again_by_hand(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    pi.bus.admin_url = "http://127.0.0.1:9"
    pi.bus.save()
    row = sent(developer, flow, pi)
    assert (row["status"], row["error_code"]) == ("failed", "node_red_unreachable")
    assert row["error"] == "Node-RED at http://127.0.0.1:9: 127.0.0.1 could not be reached."
    pi.bus.admin_url = red.url
    pi.bus.save()
    assert sent(developer, flow, pi)["status"] == "deployed"


def test_a_private_address_is_called_only_where_it_is_allowed(
    developer: Person, red: FakeNodeRed, pi: Node, settings: Any
) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = []
    row = sent(developer, flow_of("nodered", a_flow()), pi)
    assert row["error_code"] == "outgoing_refused"
    assert "RDOS_OUTGOING_ALLOWED" in row["error"]
    assert red.asked == []


def test_what_node_red_makes_something_else_of_is_no_success(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    red.habit = {"payload": "other"}
    row = sent(developer, flow_of("nodered", a_flow()), pi)
    assert (row["status"], row["error_code"]) == ("failed", "node_red_read_back_differs")
    assert "n2" in row["error"]
    # Nobody confirmed it, but its ids are known to be ours: the next push replaces them.
    red.habit = {}
    again = developer.caller.post(f"/api/v1/deployments/{row['id']}/retry", {})
    assert again.status_code == 200
    carry()
    assert red.ids == ["f1", "f2", "t1", "n1", "n2"]


@pytest.mark.parametrize(
    "definition", [{"nodes": [{"id": "a", "type": "debug"}]}, {"flows": None}, {"flows": [], "more": 1}, {}]
)
def test_only_a_list_called_flows_is_taken(
    developer: Person, red: FakeNodeRed, pi: Node, definition: dict[str, Any]
) -> None:
    row = sent(developer, flow_of("nodered", definition), pi)
    is_good = definition == {} or isinstance(definition.get("flows"), list)
    assert (row["status"], row["error_code"]) == (("deployed", None) if is_good else ("failed", "not_a_node_red_flow"))


def test_a_flow_of_another_kind_is_refused(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    row = sent(developer, flow_of("organism", "name: x"), pi)
    assert row["error_code"] == "not_a_node_red_flow"


def test_what_is_never_read_back_and_what_numbers_become_is_no_difference(
    developer: Person, red: FakeNodeRed, pi: Node
) -> None:
    flow = a_flow()
    flow["flows"][1] |= {"credentials": {"user": "u", "password": "p"}, "repeat": 1.0}
    assert sent(developer, flow_of("nodered", flow), pi)["status"] == "deployed"
    assert red.posted[0]["flows"][3]["credentials"] == {"user": "u", "password": "p"}


# --- The token


def test_the_token_is_sent_and_never_shown(admin: Person, developer: Person, red: FakeNodeRed, pi: Node) -> None:
    red.token = "kitchen-secret"
    flow = flow_of("nodered", a_flow())
    assert sent(developer, flow, pi)["error_code"] == "node_red_unauthorized"
    shown = admin.caller.patch(url(pi), {"admin_token": red.token})
    assert (shown.status_code, shown.json()["has_token"]) == (200, True)
    assert sent(developer, flow, pi)["status"] == "deployed"
    assert red.token not in shown.content.decode() + admin.caller.get(url(pi)).content.decode()
