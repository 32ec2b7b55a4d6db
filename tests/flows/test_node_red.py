"""Flows on the Node-RED of a node: only ours are touched, what is there is what was pushed, and every trouble has a
name."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Command, Node, NodeRedFlow
from devices.services.node_red import looking, lost
from tests.devices.fake_node_red import FOREIGN, FakeNodeRed, a_node_red
from tests.flows.deploying import add_version, deploy, flow_of, undeploy
from tests.flows.on_node_red import a_flow, carry, claim, look, on_the_bus, state, url
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def red(settings: Any) -> Iterator[FakeNodeRed]:
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with a_node_red() as fake:
        yield fake


@pytest.fixture
def node(red: FakeNodeRed) -> Node:
    return on_the_bus(admin_url=red.url)


def sent(who: Person, flow: Any, node: Node) -> dict[str, Any]:
    """Deployed and carried there; what became of it."""
    assert deploy(who, flow, target_nodes=[node.key]).status_code == 200
    carry()
    return state(who, flow)


# --- There and away


def test_a_flow_is_pushed_beside_what_is_there_and_its_revision_read_back(
    developer: Person, red: FakeNodeRed, node: Node
) -> None:
    row = sent(developer, flow_of("nodered", a_flow()), node)
    assert (row["status"], row["present_version"], row["converged"]) == ("deployed", 1, True)
    assert red.ids == ["f1", "f2", "t1", "n1", "n2"]
    assert red.flows[:2] == FOREIGN and red.flows[2:] == a_flow()["flows"]
    assert Command.objects.get().data == {"revision": red.revision}
    (pushed,) = developer.caller.get(url(node)).json()["flows"]
    assert (pushed["version"], pushed["revision"], pushed["drift"]) == (1, red.revision, None)


def test_only_flows_that_changed_are_started_anew(developer: Person, red: FakeNodeRed, node: Node) -> None:
    sent(developer, flow_of("nodered", a_flow()), node)
    _, _, heads = next(one for one in red.asked if one[0] == "POST")
    assert (heads["node-red-deployment-type"], heads["node-red-api-version"]) == ("flows", "v2")


def test_the_next_version_replaces_the_former_where_it_stood(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow("n1", "n2"))
    sent(developer, flow, node)
    red.flows.append({"id": "f3", "type": "tab", "label": "Made since"})
    add_version(flow, a_flow("n2", "n3"))
    assert sent(developer, flow, node)["present_version"] == 2
    assert red.ids == ["f1", "f2", "t1", "n2", "n3", "f3"]


def test_a_bare_list_is_what_node_red_itself_exports(developer: Person, red: FakeNodeRed, node: Node) -> None:
    assert sent(developer, flow_of("nodered", a_flow()["flows"]), node)["status"] == "deployed"
    assert red.ids[2:] == ["t1", "n1", "n2"]


def test_taking_it_away_takes_ours_only(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    undeploy(developer, flow)
    carry()
    assert (state(developer, flow)["status"], red.flows) == ("removed", FOREIGN)
    assert not NodeRedFlow.objects.exists()


def test_what_somebody_took_away_by_hand_is_gone_all_the_same(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    red.flows, posted = [dict(one) for one in FOREIGN], len(red.posted)
    undeploy(developer, flow)
    carry()
    assert (state(developer, flow)["status"], len(red.posted)) == ("removed", posted)


def test_two_flows_live_side_by_side(developer: Person, red: FakeNodeRed, node: Node) -> None:
    one, other = flow_of("nodered", a_flow()), flow_of("nodered", a_flow("m1", tab="t2"))
    sent(developer, one, node), sent(developer, other, node)
    undeploy(developer, one)
    carry()
    assert red.ids == ["f1", "f2", "t2", "m1"]


# --- Somebody else is there, too


def test_an_id_of_another_flow_of_the_hub_is_refused_by_name(developer: Person, red: FakeNodeRed, node: Node) -> None:
    sent(developer, flow_of("nodered", a_flow()), node)
    before = list(red.flows)
    row = sent(developer, flow_of("nodered", a_flow("n2", tab="t2")), node)
    assert (row["status"], row["error_code"]) == ("failed", "node_id_taken")
    assert row["error"] == "The id n2 is used by the flow Teleop on this Node-RED."
    assert red.flows == before


def test_an_id_that_the_hub_did_not_put_there_is_refused(developer: Person, red: FakeNodeRed, node: Node) -> None:
    row = sent(developer, flow_of("nodered", a_flow("f2")), node)
    assert row["error"] == "The id f2 is used by something that this hub did not put there on this Node-RED."
    assert red.flows == FOREIGN


def test_whoever_deploys_meanwhile_loses_nothing(developer: Person, red: FakeNodeRed, node: Node) -> None:
    red.meddlers = 3
    assert sent(developer, flow_of("nodered", a_flow()), node)["status"] == "deployed"
    assert red.ids == ["f1", "f2", "m2", "m1", "m0", "t1", "n1", "n2"]


def test_it_is_not_tried_for_ever(developer: Person, red: FakeNodeRed, node: Node) -> None:
    red.meddlers = 100
    flow = flow_of("nodered", a_flow())
    row = sent(developer, flow, node)
    assert (row["status"], row["error_code"], len(red.posted)) == ("failed", "node_red_busy", 5)
    red.meddlers = 0
    again = developer.caller.post(f"/api/v1/deployments/{row['id']}/retry", {})
    assert again.status_code == 200
    carry()
    assert state(developer, flow)["status"] == "deployed"


def test_a_type_that_it_lacks_would_stop_everything_there_and_is_refused(
    developer: Person, red: FakeNodeRed, node: Node
) -> None:
    flows = [*a_flow()["flows"], {"id": "j", "type": "tafy-joystick", "z": "t1"}, {"id": "s", "type": "subflow:x"}]
    row = sent(developer, flow_of("nodered", {"flows": flows}), node)
    assert row["error_code"] == "missing_node_types"
    assert row["error"] == "This Node-RED lacks: tafy-joystick. It would stop all its flows."
    assert red.posted == []


def test_an_older_letter_that_comes_late_changes_nothing(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    NodeRedFlow.objects.update(number=Command.objects.get().number + 100)
    row = sent(developer, flow, node)
    assert (row["status"], row["error_code"], len(red.posted)) == ("failed", "overtaken", 1)


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
    developer: Person, red: FakeNodeRed, node: Node, place: str, status: int, body: bytes, code: str
) -> None:
    red.instead[place] = (status, body)
    row = sent(developer, flow_of("nodered", a_flow()), node)
    assert (row["status"], row["error_code"]) == ("failed", code)
    assert red.flows == FOREIGN


def test_what_it_complains_of_is_said(developer: Person, red: FakeNodeRed, node: Node) -> None:
    red.instead["POST /flows"] = (400, b'{"message":"no forEach"}')
    assert sent(developer, flow_of("nodered", a_flow()), node)["error"] == "Node-RED answered 400: no forEach"


def test_a_node_red_that_is_down_is_told_again_by_hand(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    node.bus.admin_url = "http://127.0.0.1:9"
    node.bus.save()
    row = sent(developer, flow, node)
    assert (row["status"], row["error_code"]) == ("failed", "node_red_unreachable")
    assert row["error"] == "Node-RED at http://127.0.0.1:9: 127.0.0.1 could not be reached."
    node.bus.admin_url = red.url
    node.bus.save()
    assert sent(developer, flow, node)["status"] == "deployed"


def test_a_private_address_is_called_only_where_it_is_allowed(
    developer: Person, red: FakeNodeRed, node: Node, settings: Any
) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = []
    row = sent(developer, flow_of("nodered", a_flow()), node)
    assert row["error_code"] == "outgoing_refused"
    assert "RDOS_OUTGOING_ALLOWED" in row["error"]
    assert red.asked == []


def test_what_node_red_makes_something_else_of_is_no_success(developer: Person, red: FakeNodeRed, node: Node) -> None:
    red.habit = {"payload": "other"}
    row = sent(developer, flow_of("nodered", a_flow()), node)
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
    developer: Person, red: FakeNodeRed, node: Node, definition: dict[str, Any]
) -> None:
    row = sent(developer, flow_of("nodered", definition), node)
    is_good = definition == {} or isinstance(definition.get("flows"), list)
    assert (row["status"], row["error_code"]) == (("deployed", None) if is_good else ("failed", "not_a_node_red_flow"))


def test_a_flow_of_another_kind_is_refused(developer: Person, red: FakeNodeRed, node: Node) -> None:
    row = sent(developer, flow_of("organism", "name: x"), node)
    assert row["error_code"] == "not_a_node_red_flow"


def test_what_is_never_read_back_and_what_numbers_become_is_no_difference(
    developer: Person, red: FakeNodeRed, node: Node
) -> None:
    flow = a_flow()
    flow["flows"][1] |= {"credentials": {"user": "u", "password": "p"}, "repeat": 1.0}
    assert sent(developer, flow_of("nodered", flow), node)["status"] == "deployed"
    assert red.posted[0]["flows"][3]["credentials"] == {"user": "u", "password": "p"}


# --- The token


def test_the_token_is_sent_and_never_shown(admin: Person, developer: Person, red: FakeNodeRed, node: Node) -> None:
    red.token = "kitchen-secret"
    flow = flow_of("nodered", a_flow())
    assert sent(developer, flow, node)["error_code"] == "node_red_unauthorized"
    shown = admin.caller.patch(url(node), {"admin_token": red.token})
    assert (shown.status_code, shown.json()["has_token"]) == (200, True)
    assert sent(developer, flow, node)["status"] == "deployed"
    assert red.token not in shown.content.decode() + admin.caller.get(url(node)).content.decode()


# --- Drift


def edit(red: FakeNodeRed, which: str, /, **facts: Any) -> None:
    red.one(which).update(facts)


def test_an_edit_by_hand_is_drift_and_the_next_push_heals_it(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    assert look(node) and state(developer, flow)["drift"] is None
    edit(red, "n1", payload="off")
    look(node)
    row = state(developer, flow)
    assert (row["drift"], row["converged"], row["status"]) == ("different", False, "deployed")
    assert developer.caller.get(url(node)).json()["flows"][0]["drift"] == "different"
    assert sent(developer, flow, node)["drift"] is None
    assert red.one("n1")["payload"] == "on"
    look(node)
    assert state(developer, flow)["drift"] is None


def test_what_is_put_back_by_hand_is_drift_no_more(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    edit(red, "n1", payload="off")
    look(node)
    edit(red, "n1", payload="on")
    look(node)
    assert state(developer, flow)["drift"] is None


@pytest.mark.parametrize(
    ("facts", "drift"),
    [
        ({"x": 400, "y": 7}, None),
        ({"name": "", "icon": "inject.svg"}, None),
        ({"d": True}, "different"),
        ({"payload": 1}, "different"),
        ({"z": "f1"}, "different"),
    ],
)
def test_what_an_editor_adds_or_moves_is_no_drift(
    developer: Person, red: FakeNodeRed, node: Node, facts: dict[str, Any], drift: str | None
) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    edit(red, "n1", **facts)
    look(node)
    assert state(developer, flow)["drift"] == drift


def test_a_node_that_was_deleted_is_a_difference_and_a_whole_flow_is_missing(
    developer: Person, red: FakeNodeRed, node: Node
) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    red.flows = red.flows[:-1]
    look(node)
    assert state(developer, flow)["drift"] == "different"
    red.flows = []
    look(node)
    assert state(developer, flow)["drift"] == "missing"


def test_what_others_do_there_is_no_drift(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    edit(red, "f2", complete="true")
    red.flows.append({"id": "new", "type": "debug", "z": "t1"})
    look(node)
    assert state(developer, flow)["drift"] is None


def test_a_look_that_sees_nothing_says_why_and_changes_nothing(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    edit(red, "n1", payload="off")
    look(node)
    red.instead["GET /flows"] = (401, b"")
    look(node)
    (pushed,) = developer.caller.get(url(node)).json()["flows"]
    assert (pushed["drift"], pushed["trouble"][:24]) == ("different", "Node-RED does not let th")
    assert state(developer, flow)["drift"] == "different"
    del red.instead["GET /flows"]
    look(node)
    assert developer.caller.get(url(node)).json()["flows"][0]["trouble"] is None


def test_each_is_looked_at_once_a_minute_by_one_bridge(developer: Person, red: FakeNodeRed, node: Node) -> None:
    sent(developer, flow_of("nodered", a_flow()), node)
    at = timezone.now()
    assert looking.due(at) == [] and not looking.look(node.pk, at)
    later = at + looking.EVERY
    assert looking.due(later) == [node.pk]
    assert looking.look(node.pk, later) and not looking.look(node.pk, later)


def test_a_push_during_a_look_is_left_to_the_next_look(
    developer: Person, red: FakeNodeRed, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, node)
    add_version(flow, a_flow(words="new"))
    read = looking.AdminApi.read

    def slowly(api: looking.AdminApi) -> Any:
        seen = read(api)
        monkeypatch.setattr(looking.AdminApi, "read", read)
        sent(developer, flow, node)
        return seen

    monkeypatch.setattr(looking.AdminApi, "read", slowly)
    look(node)
    assert (state(developer, flow)["present_version"], state(developer, flow)["drift"]) == (2, None)
    look(node)
    assert state(developer, flow)["drift"] is None


# --- A bridge that went away under its errand


def test_an_errand_whose_bridge_went_away_is_taken_over_once(developer: Person, red: FakeNodeRed, node: Node) -> None:
    flow = flow_of("nodered", a_flow())
    deploy(developer, flow, target_nodes=[node.key])
    claim()
    at = timezone.now()
    assert lost.due(at) == []
    Command.objects.update(sent_at=at - timedelta(minutes=6))
    (command_id,) = lost.due(at)
    lost.carry_again(command_id, at)
    assert state(developer, flow)["status"] == "deployed"
    lost.carry_again(command_id, at)
    assert (len(red.posted), lost.due(at)) == (1, [])
