"""Flows that were changed where they lie, and bridges that are in each other's way or go away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import Command, Node
from devices.services.bus_commands import Letter
from devices.services.commands import Reply
from devices.services.node_red import looking, lost, pushing
from tests.devices.fake_node_red import FakeNodeRed
from tests.flows.deploying import add_version, deploy, flow_of
from tests.flows.on_node_red import a_flow, claim, look, sent, state, url
from tests.people import Person

pytestmark = pytest.mark.django_db


# --- Drift


def edit(red: FakeNodeRed, which: str, /, **facts: Any) -> None:
    red.one(which).update(facts)


def test_an_edit_by_hand_is_drift_and_the_next_push_heals_it(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    assert look(pi) and state(developer, flow)["drift"] is None
    edit(red, "n1", payload="off")
    look(pi)
    row = state(developer, flow)
    assert (row["drift"], row["converged"], row["status"]) == ("different", False, "deployed")
    assert developer.caller.get(url(pi)).json()["flows"][0]["drift"] == "different"
    assert sent(developer, flow, pi)["drift"] is None
    assert red.one("n1")["payload"] == "on"
    look(pi)
    assert state(developer, flow)["drift"] is None


def test_what_is_put_back_by_hand_is_drift_no_more(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    edit(red, "n1", payload="off")
    look(pi)
    edit(red, "n1", payload="on")
    look(pi)
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
    developer: Person, red: FakeNodeRed, pi: Node, facts: dict[str, Any], drift: str | None
) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    edit(red, "n1", **facts)
    look(pi)
    assert state(developer, flow)["drift"] == drift


def test_a_node_that_was_deleted_is_a_difference_and_a_whole_flow_is_missing(
    developer: Person, red: FakeNodeRed, pi: Node
) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    red.flows = red.flows[:-1]
    look(pi)
    assert state(developer, flow)["drift"] == "different"
    red.flows = []
    look(pi)
    assert state(developer, flow)["drift"] == "missing"


def test_what_others_do_there_is_no_drift(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    edit(red, "f2", complete="true")
    red.flows.append({"id": "new", "type": "debug", "z": "t1"})
    look(pi)
    assert state(developer, flow)["drift"] is None


def test_a_look_that_sees_nothing_says_why_and_changes_nothing(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    edit(red, "n1", payload="off")
    look(pi)
    red.instead["GET /flows"] = (401, b"")
    look(pi)
    (pushed,) = developer.caller.get(url(pi)).json()["flows"]
    assert (pushed["drift"], pushed["trouble"][:24]) == ("different", "Node-RED does not let th")
    assert state(developer, flow)["drift"] == "different"
    del red.instead["GET /flows"]
    look(pi)
    assert developer.caller.get(url(pi)).json()["flows"][0]["trouble"] is None


def test_each_is_looked_at_once_a_minute_by_one_bridge(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    sent(developer, flow_of("nodered", a_flow()), pi)
    at = timezone.now()
    assert looking.due(at) == [] and not looking.look(pi.pk, at)
    later = at + looking.EVERY
    assert looking.due(later) == [pi.pk]
    assert looking.look(pi.pk, later) and not looking.look(pi.pk, later)


def test_a_push_during_a_look_is_left_to_the_next_look(
    developer: Person, red: FakeNodeRed, pi: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = flow_of("nodered", a_flow())
    sent(developer, flow, pi)
    add_version(flow, a_flow(words="new"))
    read = looking.AdminApi.read

    def slowly(api: looking.AdminApi) -> Any:
        seen = read(api)
        monkeypatch.setattr(looking.AdminApi, "read", read)
        sent(developer, flow, pi)
        return seen

    monkeypatch.setattr(looking.AdminApi, "read", slowly)
    look(pi)
    assert (state(developer, flow)["present_version"], state(developer, flow)["drift"]) == (2, None)
    look(pi)
    assert state(developer, flow)["drift"] is None


# --- A bridge that went away under its errand


def test_an_errand_whose_bridge_went_away_is_taken_over_once(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flow = flow_of("nodered", a_flow())
    deploy(developer, flow, target_nodes=[pi.key])
    claim()
    at = timezone.now()
    assert lost.due(at) == []
    Command.objects.update(sent_at=at - timedelta(minutes=6))
    (command_id,) = lost.due(at)
    lost.carry_again(command_id, at)
    assert state(developer, flow)["status"] == "deployed"
    lost.carry_again(command_id, at)
    assert (len(red.posted), lost.due(at)) == (1, [])


# --- Several bridges


def at_once(letters: list[Letter]) -> list[Reply | None]:
    def work(letter: Letter) -> Reply | None:
        try:
            return pushing.carry(letter.command_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(letters)) as bridges:
        return list(bridges.map(work, letters))


@pytest.mark.django_db(transaction=True)
def test_several_bridges_at_once_lose_nothing(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    flows = [flow_of("nodered", a_flow(f"n{number}", tab=f"t{number}")) for number in range(4)]
    for flow in flows:
        deploy(developer, flow, target_nodes=[pi.key])
    replies = at_once(claim())
    assert [reply and reply.success for reply in replies] == [True] * 4
    assert sorted(red.ids) == sorted(["f1", "f2", *(f"{kind}{number}" for kind in "tn" for number in range(4))])


@pytest.mark.django_db(transaction=True)
def test_two_bridges_with_the_same_ids_leave_one_of_them(developer: Person, red: FakeNodeRed, pi: Node) -> None:
    for _ in range(2):
        deploy(developer, flow_of("nodered", a_flow()), target_nodes=[pi.key])
    replies = at_once(claim())
    assert sorted(reply.error_code for reply in replies if reply) == ["", "node_id_taken"]
    assert red.ids == ["f1", "f2", "t1", "n1", "n2"]
