"""A version goes to many nodes in waves: each only when the one before has gone well."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import Node, NodeGroup
from flows.models import Deployment, Rollout
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.flows.deploying import actions, add_version, deploy, flow_of, obey
from tests.flows.rolling import ROLLOUTS, answer, begin, fleet, later, look, nodes_of, seen, state, steer
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
HALVES = [{"percent": 50}, {"percent": 100}]


def test_a_wave_begins_when_the_one_before_has_gone_well(developer: Person) -> None:
    nodes = fleet(10)
    rollout = begin(developer, flow_of(), nodes, title="Autumn")
    assert [wave["total"] for wave in rollout["waves"]] == [1, 4, 5]
    assert (rollout["title"], rollout["status"], rollout["wave"], rollout["total"]) == ("Autumn", "running", 1, 10)
    assert answer() == ["n00"]
    assert state(developer, rollout) == ("running", 2)
    assert len(answer()) == 4
    assert len(answer()) == 5
    found = seen(developer, rollout)
    assert (found["status"], found["counts"]["succeeded"], found["deadline_at"]) == ("succeeded", 10, None)
    assert found["ended_at"] is not None
    assert Deployment.objects.filter(status="deployed").count() == 10


def test_waves_are_percents_counts_and_groups_and_whom_none_reaches_comes_last(developer: Person) -> None:
    nodes = fleet(8)
    group = NodeGroup.objects.create(name="canaries")
    group.nodes.set(nodes[6:])
    waves = [{"group_id": str(group.pk), "name": "Canaries"}, {"count": 1}, {"percent": 50}]
    rollout = begin(developer, flow_of(), nodes, waves=waves)
    assert [(wave["name"], wave["total"]) for wave in rollout["waves"]] == [
        ("Canaries", 2),
        ("1 nodes", 1),
        ("Up to 50.0 %", 1),
        ("The rest", 4),
    ]
    assert answer() == ["n06", "n07"]


def test_groups_alone_name_the_nodes(developer: Person) -> None:
    nodes = fleet(3)
    group = NodeGroup.objects.create(name="canaries")
    group.nodes.set(nodes[:2])
    body = {"flow_id": str(flow_of().pk), "waves": [{"group_id": str(group.pk)}]}
    assert developer.caller.post(ROLLOUTS, body).json()["total"] == 2


def test_whoever_is_there_goes_first(developer: Person) -> None:
    away = fleet(2, connected=False)
    here = told.node("zz", "robot")
    rollout = begin(developer, flow_of(), [*away, here], waves=[{"count": 1}, {"percent": 100}])
    assert list(nodes_of(developer, rollout, "?wave=1")) == ["zz"]


def test_a_failure_pauses_until_somebody_excuses_it(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(4), waves=HALVES)
    answer(failing=["n01"])
    found = seen(developer, rollout)
    assert (found["status"], found["wave"]) == ("paused", 1)
    assert found["status_reason"] == "1 of 2 nodes of this wave failed."
    assert nodes_of(developer, rollout)["n01"]["reason"] == "no room"
    look()
    assert told.receive() == []
    assert steer(developer, rollout, "resume").json()["wave"] == 2
    assert answer() == ["n02", "n03"]
    found = seen(developer, rollout)
    assert (found["status"], found["counts"]["failed"]) == ("succeeded", 1)


def test_what_failed_can_be_told_again(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(4), waves=HALVES)
    answer(failing=["n01"])
    steer(developer, rollout, "resume", retry=True)
    assert state(developer, rollout) == ("running", 1)
    assert answer() == ["n01"]
    assert state(developer, rollout) == ("running", 2)


def test_fewer_failures_than_the_threshold_stop_nothing(developer: Person) -> None:
    plan = {"waves": [{"count": 4}, {"percent": 100}], "failure_threshold": 25, "success_threshold": 75}
    rollout = begin(developer, flow_of(), fleet(6), **plan)
    answer(failing=["n00"])
    assert state(developer, rollout) == ("running", 2)


def test_too_few_successes_are_a_failure_too(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(4), waves=HALVES, failure_threshold=100)
    answer(failing=["n00"])
    assert seen(developer, rollout)["status_reason"] == "Only 1 of 2 nodes of this wave succeeded."


def test_too_many_failures_abort_when_that_is_wanted(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(4), waves=HALVES, on_failure="abort")
    answer(failing=["n00"])
    found = seen(developer, rollout)
    assert (found["status"], found["counts"]["cancelled"], found["counts"]["succeeded"]) == ("aborted", 2, 1)
    assert Deployment.objects.count() == 2


def test_too_many_failures_go_back_by_themselves_when_that_is_wanted(developer: Person) -> None:
    nodes, flow = fleet(4), flow_of()
    deploy(developer, flow, node_ids=[str(node.pk) for node in nodes[:1]])
    obey()
    add_version(flow, {"flows": []})
    rollout = begin(developer, flow, nodes, waves=HALVES, on_failure="rollback")
    letters = told.receive()
    said = [told.yes(letter) if letter.node_id == nodes[0].pk else told.no(letter) for letter in letters]
    told.settle(*said)
    look()
    assert state(developer, rollout)[0] == "reverting"
    back = obey()
    assert sorted(actions(back)) == ["deploy_flow", "undeploy_flow"]
    assert [letter.action["version"] for letter in back if letter.node_id == nodes[0].pk] == [1]
    look()
    found = seen(developer, rollout)
    assert (found["status"], found["counts"]["reverted"], found["counts"]["cancelled"]) == ("reverted", 2, 2)
    assert Deployment.objects.get(node=nodes[0]).present.number == 1  # type: ignore[union-attr]
    assert Deployment.objects.get(node=nodes[1]).status == "removed"


def test_a_gate_waits_for_somebody(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(4), waves=HALVES, gate="manual")
    answer()
    assert state(developer, rollout) == ("waiting", 1)
    look()
    assert told.receive() == []
    assert steer(developer, rollout, "proceed").json()["wave"] == 2
    answer()
    # There is no gate behind the last.
    assert state(developer, rollout)[0] == "succeeded"


def test_a_gate_is_where_a_wave_has_one(developer: Person) -> None:
    waves = [{"count": 1}, {"count": 1, "gate": "manual"}, {"percent": 100}]
    rollout = begin(developer, flow_of(), fleet(3), waves=waves)
    answer(), answer()
    assert state(developer, rollout) == ("waiting", 2)


def test_it_is_held_and_let_go_by_hand(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(4), waves=HALVES)
    paused = steer(developer, rollout, "pause", reason="Lunch").json()
    assert (paused["status"], paused["status_reason"]) == ("paused", "Lunch")
    assert answer() == ["n00", "n01"]
    assert state(developer, rollout) == ("paused", 1)
    steer(developer, rollout, "resume")
    assert state(developer, rollout) == ("running", 2)


def test_no_state_is_for_ever(developer: Person) -> None:
    silent = begin(developer, flow_of(), fleet(2), waves=HALVES, wave_seconds=60, gate_seconds=120)
    told.receive()
    later(seconds=61)
    found = seen(developer, silent)
    assert (found["status"], nodes_of(developer, silent)["n00"]["status"]) == ("paused", "failed")
    later(seconds=300)
    assert state(developer, silent)[0] == "aborted"


def test_a_gate_that_nobody_opens_ends_it(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(2), waves=HALVES, gate="manual", gate_seconds=60)
    answer()
    later(seconds=30)
    assert state(developer, rollout)[0] == "waiting"
    later(seconds=61)
    found = seen(developer, rollout)
    assert (found["status"], found["status_reason"]) == ("aborted", "Nobody decided in time how it goes on.")


def test_nodes_that_do_not_go_back_hold_it_up_only_for_so_long(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(2), waves=HALVES, wave_seconds=60)
    answer()
    steer(developer, rollout, "abort", rollback=True)
    told.receive()
    later(seconds=120)
    found = seen(developer, rollout)
    assert found["status"] == "aborted" and "have not gone back yet" in found["status_reason"]


def test_a_wave_does_not_wait_for_who_is_away(developer: Person) -> None:
    here, away = told.node("here", "robot"), told.node("away", "robot", connected=False)
    rollout = begin(developer, flow_of(), [here, away], waves=[{"percent": 100}])
    assert answer() == ["here"]
    found = seen(developer, rollout)
    assert (found["status"], found["counts"]["deferred"]) == ("succeeded", 1)
    assert nodes_of(developer, rollout)["away"]["reason"] == "The node is offline; it is told when it returns."
    told.come(away)
    assert answer() == ["away"]
    assert seen(developer, rollout)["counts"]["succeeded"] == 2


def test_a_wave_of_nobody_proves_nothing(developer: Person) -> None:
    nodes = fleet(2, connected=False)
    rollout = begin(developer, flow_of(), nodes, waves=HALVES)
    assert (rollout["status"], rollout["status_reason"]) == ("paused", "No node of this wave could be told.")
    assert steer(developer, rollout, "resume").json()["wave"] == 2


def test_a_wave_waits_for_who_is_away_when_that_is_wanted(developer: Person) -> None:
    here, away = told.node("here", "robot"), told.node("away", "robot", connected=False)
    plan = {"waves": [{"percent": 100}], "when_away": "wait", "wave_seconds": 60}
    rollout = begin(developer, flow_of(), [here, away], **plan)
    answer()
    assert state(developer, rollout)[0] == "running"
    later(seconds=61)
    assert state(developer, rollout)[0] == "paused"


def test_who_is_passed_by_is_named_with_the_reason(developer: Person) -> None:
    at = timezone.now()
    nodes = [
        told.node("fine", "robot"),
        told.node("away", "robot", connected=False),
        told.node("mended", "robot", maintenance_until=at + timedelta(hours=1)),
        told.node("shy", "robot", denied_commands=["deploy_flow"]),
        told.node("middle", "relay"),
    ]
    ids = [*[str(node.pk) for node in nodes], str(uuid4())]
    body = {"flow_id": str(flow_of().pk), "node_ids": ids, "waves": [{"percent": 100}], "when_away": "skip"}
    rollout = developer.caller.post(ROLLOUTS, body).json()
    assert [one["reason"] for one in rollout["skipped"]] == ["There is no such node."]
    told_of = {key: row["reason"] for key, row in nodes_of(developer, rollout, "?status=skipped").items()}
    assert told_of == {
        "away": "The node is offline.",
        "mended": "The node is in maintenance.",
        "shy": "This command is denied for this node.",
        "middle": "A node of type relay does not know this command.",
    }
    answer()
    assert state(developer, rollout)[0] == "succeeded"


def test_aborted_what_has_not_left_does_not_leave(developer: Person) -> None:
    here, away, flow = told.node("here", "robot"), told.node("away", "robot", connected=False), flow_of()
    rollout = begin(developer, flow, [here, away], waves=[{"percent": 100}], gate="manual")
    assert steer(developer, rollout, "abort", reason="Wrong one").json()["status_reason"] == "Wrong one"
    assert Deployment.objects.get(node=away).status == "removed"
    told.come(away)
    assert [letter.node_id for letter in told.receive()] == []


def test_it_goes_back_by_hand_to_what_was_there(developer: Person) -> None:
    nodes, flow = fleet(2), flow_of()
    deploy(developer, flow, node_ids=[str(node.pk) for node in nodes])
    obey()
    add_version(flow, {"flows": []})
    rollout = begin(developer, flow, nodes, waves=HALVES)
    answer()
    assert steer(developer, rollout, "abort", rollback=True).json()["status"] == "reverting"
    assert {letter.action["version"] for letter in obey()} == {1}
    look()
    assert state(developer, rollout)[0] == "reverted"
    assert set(Deployment.objects.values_list("present__number", "status")) == {(1, "deployed")}


def test_a_flow_has_one_rollout_at_a_time(developer: Person) -> None:
    nodes, flow = fleet(2), flow_of()
    rollout = begin(developer, flow, nodes)
    body = {"flow_id": str(flow.pk), "node_ids": [str(nodes[0].pk)]}
    response = developer.caller.post(ROLLOUTS, body)
    assert (response.status_code, response.json()["code"]) == (409, "rollout_under_way")
    steer(developer, rollout, "abort")
    assert developer.caller.post(ROLLOUTS, body).status_code == 201


def test_somebody_who_deploys_by_hand_takes_the_node_out_of_the_rollout(developer: Person) -> None:
    nodes, flow = fleet(2), flow_of()
    rollout = begin(developer, flow, nodes, waves=[{"percent": 100}])
    deploy(developer, flow, node_ids=[str(nodes[0].pk)])
    row = nodes_of(developer, rollout)["n00"]
    assert (row["status"], row["reason"]) == ("failed", "Something else is wanted of the node meanwhile")


def test_an_owner_who_lost_their_rights_stops_it(developer: Person, admin: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(4), waves=HALVES)
    developer.user.role = "viewer"
    developer.user.save()
    answer()
    found = seen(admin, rollout)
    assert (found["status"], found["wave"]) == ("paused", 2)
    assert found["status_reason"] == "Whoever began the rollout may not deploy this flow any more."


def test_nodes_that_its_owner_does_not_see_any_more_are_passed_by(admin: Person, make_person: MakePerson) -> None:
    nodes = fleet(4)
    bob = make_person("bob", "developer", allowed_node_ids=[str(node.pk) for node in nodes])
    rollout = begin(bob, flow_of(), nodes, waves=HALVES)
    bob.user.allowed_node_ids = [str(node.pk) for node in nodes[:3]]
    bob.user.save()
    answer()
    row = nodes_of(admin, rollout)["n03"]
    assert (row["status"], row["reason"]) == ("skipped", "Whoever began the rollout does not see this node any more.")


def test_only_who_sees_all_of_its_nodes_steers_it(developer: Person, make_person: MakePerson) -> None:
    nodes = fleet(2)
    bob = make_person("bob", "developer", allowed_node_ids=[str(nodes[0].pk)])
    rollout = begin(developer, flow_of(), nodes)
    assert list(nodes_of(bob, rollout)) == ["n00"]
    assert seen(bob, rollout)["total"] == 1
    for verb in ("pause", "resume", "proceed", "abort"):
        assert steer(bob, rollout, verb).status_code == 403
    body = {"flow_id": str(flow_of().pk), "node_ids": [str(node.pk) for node in nodes]}
    mine = bob.caller.post(ROLLOUTS, body).json()
    assert (mine["total"], [one["reason"] for one in mine["skipped"]]) == (1, [])
    assert len(Rollout.objects.get(pk=mine["id"]).skipped) == 1


@pytest.mark.parametrize("verb", ["pause", "resume", "proceed", "abort"])
def test_what_has_ended_is_steered_no_more(developer: Person, verb: str) -> None:
    rollout = begin(developer, flow_of(), fleet(1))
    assert steer(developer, rollout, verb).status_code in (200, 409)
    steer(developer, rollout, "resume"), steer(developer, rollout, "abort")
    assert steer(developer, rollout, verb).status_code == 409


def test_private_flows_of_others_have_no_rollouts(developer: Person, viewer: Person) -> None:
    flow = flow_of(access="private", owner=developer.user)
    rollout = begin(developer, flow, fleet(1))
    assert viewer.caller.get(f"{ROLLOUTS}/{rollout['id']}").status_code == 404
    assert viewer.caller.get(ROLLOUTS).json() == []
    assert len(developer.caller.get(f"{ROLLOUTS}?flow_id={flow.pk}&status=running").json()) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"flow_id": str(uuid4())},
        {"flow_id": "x"},
        {"version": 9},
        {"node_ids": [str(uuid4())]},
        {"node_ids": None},
        {"waves": [{}]},
        {"waves": [{"percent": 10, "count": 1}]},
        {"waves": [{"percent": 101}]},
        {"waves": [{"group_id": str(uuid4())}]},
        {"waves": [7]},
        {"waves": "all"},
        {"success_threshold": 0},
        {"failure_threshold": 101},
        {"on_failure": "cry"},
        {"when_away": "cry"},
        {"gate": "cry"},
        {"wave_seconds": 1},
    ],
)
def test_a_rollout_that_cannot_be_is_refused(developer: Person, body: dict[str, Any]) -> None:
    sound = {"flow_id": str(flow_of().pk), "node_ids": [str(told.node("arm", "robot").pk)]}
    response = developer.caller.post(ROLLOUTS, sound | body)
    assert response.status_code == 400
    assert not Rollout.objects.exists()


def test_the_journal_tells_each_step(developer: Person) -> None:
    rollout = begin(developer, flow_of(), fleet(2), waves=HALVES, gate="manual")
    answer()
    steer(developer, rollout, "proceed")
    answer()
    told_of = JournalEntry.objects.filter(object_id=rollout["id"]).order_by("id").values_list("action", flat=True)
    assert list(told_of) == [
        *("rollout.create", "rollout.wave", "rollout.waiting", "rollout.running", "rollout.wave", "rollout.succeeded"),
    ]


def test_a_longer_list_asks_no_more_questions(developer: Person, django_assert_num_queries: Any) -> None:
    nodes = fleet(1)
    for _ in range(4):
        begin(developer, flow_of(), nodes)
    caller = developer.caller
    for limit in (1, 4):
        with django_assert_num_queries(3):
            assert len(caller.get(f"{ROLLOUTS}?limit={limit}").json()) == limit


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite takes fewer rows in one statement")
def test_a_wave_of_hundreds_is_told_in_a_few_statements(developer: Person, django_assert_max_num_queries: Any) -> None:
    rows = [Node(key=f"n{n}", name=f"N{n}", device_type="robot", status="offline") for n in range(300)]
    Node.objects.bulk_create(rows)
    flow = flow_of()
    with django_assert_max_num_queries(45):
        begin(developer, flow, rows, waves=[{"percent": 100}])
    assert Deployment.objects.count() == 300
