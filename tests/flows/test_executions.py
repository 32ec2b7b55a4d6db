"""Runs through the door: started by the thousand, listed, looked into, explained, cancelled, run again, moved."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from flows.models import Execution, RunLine
from flows.outcomes import Outcome
from flows.services import claiming, settling
from rdos.kernel.clock import database_now
from tests.flows.story import flow_that_runs, robot_named, run_of
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/executions"


def start(who: Person, **body: Any) -> Any:
    return who.caller.post(RUNS, body)


def one_of(who: Person, pk: Any) -> Any:
    return who.caller.get(f"{RUNS}/{pk}").json()


# --- Starting


def test_one_input_is_one_run(operator: Person) -> None:
    flow = flow_that_runs(priority=7, environment="lan", max_retries=2)
    answer = start(operator, flow_id=str(flow.pk), input={"x": 1})
    (pk,) = answer.json()["execution_ids"]
    assert (answer.status_code, answer.json()["created"], answer.json()["existing"]) == (201, 1, 0)
    told = one_of(operator, pk)
    assert (told["status"], told["input"], told["priority"]) == ("queued", {"x": 1}, 7)
    assert (told["environment"], told["max_retries"], told["version"]) == ("lan", 2, 1)
    assert told["created_by"] == {"kind": "user", "id": str(operator.id), "name": "oskar"}


def test_many_inputs_are_run_in_their_order(operator: Person) -> None:
    flow = flow_that_runs()
    ids = start(operator, flow_id=str(flow.pk), inputs=[{"n": number} for number in range(30)]).json()["execution_ids"]
    robot = robot_named("bot", max_concurrent=50)
    taken = claiming.claim(robot=robot, at=database_now(), limit=30)
    assert [str(grant.execution_id) for grant in taken] == ids
    assert [grant.input["n"] for grant in taken] == list(range(30))


def test_the_same_dedup_key_is_the_same_run(operator: Person) -> None:
    flow = flow_that_runs()
    first = start(operator, flow_id=str(flow.pk), dedup_key="order-7").json()
    again = start(operator, flow_id=str(flow.pk), dedup_key="order-7").json()
    assert again == {"execution_ids": first["execution_ids"], "created": 0, "existing": 1}
    many = start(operator, flow_id=str(flow.pk), inputs=[1, 2, 3], dedup_keys=["a", "order-7", "a"]).json()
    assert (many["created"], many["existing"], many["execution_ids"][1]) == (1, 2, first["execution_ids"][0])
    assert many["execution_ids"][0] == many["execution_ids"][2]


def test_it_may_wait_and_be_given_up(operator: Person) -> None:
    flow, at = flow_that_runs(), timezone.now()
    later = start(operator, flow_id=str(flow.pk), delay_seconds=60).json()["execution_ids"][0]
    deadline = (at + timedelta(hours=2)).isoformat()
    dated = start(
        operator, flow_id=str(flow.pk), not_before=(at + timedelta(hours=1)).isoformat(), deadline=deadline
    ).json()["execution_ids"][0]
    robot = robot_named("bot")
    assert claiming.claim(robot=robot, at=database_now()) == []
    assert [run.execution_id for run in claiming.claim(robot=robot, at=at + timedelta(seconds=70))] == [UUID(later)]
    assert one_of(operator, dated)["begin_by"] is not None
    why = operator.caller.get(f"{RUNS}/{dated}/why").json()
    assert (why["runnable"], why["reasons"][0]["code"]) == (False, "delayed")


def test_it_may_be_for_one_robot_only(operator: Person) -> None:
    flow, wanted, other = flow_that_runs(), robot_named("bot-1"), robot_named("bot-2")
    pk = start(operator, flow_id=str(flow.pk), robot_id="bot-1").json()["execution_ids"][0]
    assert claiming.claim(robot=other, at=database_now()) == []
    assert str(claiming.claim(robot=wanted, at=database_now())[0].execution_id) == pk
    assert start(operator, flow_id=str(flow.pk), robot_id="nobody").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"flow_id": "x"}, "flow_id"),
        ({"inputs": []}, "inputs"),
        ({"inputs": {"a": 1}}, "inputs"),
        ({"input": 1, "inputs": [1]}, "inputs"),
        ({"inputs": [1, 2], "dedup_keys": ["a"]}, "dedup_keys"),
        ({"inputs": [1, 2], "dedup_keys": ["a", 7]}, "dedup_keys"),
        ({"inputs": [1, 2], "dedup_key": "a"}, "dedup_key"),
        ({"priority": 21}, "priority"),
        ({"priority": -1}, "priority"),
        ({"delay_seconds": -1}, "delay_seconds"),
        ({"delay_seconds": 1e300}, "delay_seconds"),
        ({"delay_seconds": 1, "not_before": "2031-01-01T00:00:00Z"}, "not_before"),
        ({"deadline": "2001-01-01T00:00:00Z"}, "deadline"),
        ({"delay_seconds": 7200, "deadline": "2026-01-01T00:00:00Z"}, "deadline"),
        ({"not_before": "soon"}, "not_before"),
        ({"capabilities": "gpu"}, "capabilities"),
        ({"max_retries": 101}, "max_retries"),
        ({"dedup_key": "x" * 201}, "dedup_key"),
    ],
)
def test_what_cannot_be_started_is_refused_by_its_name(operator: Person, body: dict[str, Any], field: str) -> None:
    answer = start(operator, **{"flow_id": str(flow_that_runs().pk)} | body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not Execution.objects.exists()


def test_a_flow_must_run_and_be_seen_to_be_started(operator: Person, developer: Person) -> None:
    stopped = flow_that_runs(owner=developer.user)
    stopped.status = "stopped"
    stopped.save()
    answer = start(operator, flow_id=str(stopped.pk))
    assert (answer.status_code, answer.json()["detail"]) == (400, "Flow must be running to execute (current: stopped)")
    hidden = flow_that_runs(owner=developer.user, access="private")
    assert start(operator, flow_id=str(hidden.pk)).status_code == 404
    assert start(developer, flow_id=str(hidden.pk)).status_code == 403 or Execution.objects.count() == 1


def test_fifteen_thousand_are_started_quickly(operator: Person) -> None:
    flow, caller = flow_that_runs(), operator.caller
    inputs = [{"number": number, "text": "some words"} for number in range(15_000)]
    body = {"flow_id": str(flow.pk), "inputs": inputs}
    began = time.perf_counter()
    assert caller.post(RUNS, body).json()["created"] == 15_000
    took = time.perf_counter() - began
    print(f"15,000 runs in {took:.2f} s")
    # A second on an idle machine; the suite shares its cores.
    assert took < 6


# --- Listing


def test_the_list_is_newest_first_and_goes_on_where_it_stopped(viewer: Person) -> None:
    flow = flow_that_runs()
    made = [str(run_of(flow)) for _ in range(5)]
    first = viewer.caller.get(f"{RUNS}?limit=2")
    assert [row["id"] for row in first.json()] == made[:-3:-1]
    rest, address = [], first["Link"]
    while address:
        answer = viewer.caller.get(address[1 : address.index(">")])
        rest += [row["id"] for row in answer.json()]
        address = answer.headers.get("Link", "")
    assert rest == made[2::-1]


def test_every_filter_finds_its_own(viewer: Person) -> None:
    flow, other = flow_that_runs("One", environment="lan"), flow_that_runs("Two")
    mine = str(run_of(flow, trigger_type="webhook"))
    run_of(other)
    claiming.claim(robot=robot_named("bot", environment="lan"), at=database_now(), limit=1)
    since, later = "2020-01-01T00:00:00Z", "2199-01-01T00:00:00Z"
    for query in (
        "status=claimed", f"flow_id={flow.pk}", "robot=bot", "trigger_type=webhook", "environment=lan",
        f"environment=lan&since={since}&until={later}",
    ):  # fmt: skip
        assert [row["id"] for row in viewer.caller.get(f"{RUNS}?{query}").json()] == [mine], query
    for query in (f"since={later}", f"until={since}", "robot=nobody", "status=running", f"flow_id={uuid4()}"):
        assert viewer.caller.get(f"{RUNS}?{query}").json() == []
    for query in ("status=broken", "trigger_type=x", "flow_id=7", "since=now", "limit=0", "cursor=x"):
        answer = viewer.caller.get(f"{RUNS}?{query}")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.partition("=")[0]])


def test_the_list_asks_two_questions_however_long_it_is(
    viewer: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    flow = flow_that_runs()
    for _ in range(6):
        run_of(flow)
    caller = viewer.caller
    for limit in (1, 6):
        with django_assert_num_queries(2):
            assert len(caller.get(f"{RUNS}?limit={limit}").json()) == limit


# --- One run


def test_a_run_tells_its_steps_its_times_and_what_came_of_it(viewer: Person) -> None:
    run, robot = run_of(flow_that_runs()), robot_named("bot")
    at = database_now()
    (grant,) = claiming.claim(robot=robot, at=at)
    result = {"node_executions": [{"node_id": "a", "duration_ms": 12, "status": "success"}], "sum": 3}
    settling.settle([Outcome(run, "bot", True, result=result)], at + timedelta(milliseconds=1234))
    settling.settle([Outcome(run, "eve", False, error="mine", fence=9)], at + timedelta(seconds=2))
    told = one_of(viewer, run)
    assert (told["status"], told["result"], told["duration_ms"], told["fence"]) == ("succeeded", result, 1234, 1)
    assert (told["robot_id"], told["progress"], grant.fence) == ("bot", 100, 1)
    assert [(step["node_id"], step["duration_ms"], step["status"]) for step in told["steps"]] == [
        ("a", 12, "completed")
    ]
    (late,) = told["late_results"]
    assert (late["robot_key"], late["said"], late["fence"], late["payload"]) == ("eve", "failed", 9, {"error": "mine"})
    assert viewer.caller.get(f"{RUNS}/{run}/steps").json() == told["steps"]


@pytest.mark.parametrize(
    "result",
    [
        {"node_executions": [{"node_id": "a", "duration_ms": 5, "status": "failed"}]},
        {"node_timings": {"a": {"duration_ms": 5, "status": "failed"}}},
        {"step_results": {"a": {"success": False, "duration": 5}}},
        {"nodes": [{"id": "a", "duration_ms": 5.2, "error": "no"}]},
        {"execution_log": [{"node": "a", "duration_ms": 5, "status": "ERROR"}]},
    ],
)
def test_steps_are_read_in_every_shape_in_which_robots_tell_them(viewer: Person, result: dict[str, Any]) -> None:
    run, robot = run_of(flow_that_runs()), robot_named("bot")
    claiming.claim(robot=robot, at=database_now())
    settling.settle([Outcome(run, "bot", True, result=result)], database_now())
    (step,) = viewer.caller.get(f"{RUNS}/{run}/steps").json()
    assert (step["node_id"], step["duration_ms"], step["status"]) == ("a", 5, "failed")


def test_lines_are_followed_from_the_last_one_known(viewer: Person) -> None:
    run, at = run_of(flow_that_runs()), timezone.now()
    RunLine.objects.bulk_create(
        RunLine(execution_id=run, at=at, level="info", message=f"line {number}") for number in range(5)
    )
    first = viewer.caller.get(f"{RUNS}/{run}/lines?limit=3").json()
    assert [line["message"] for line in first] == ["line 0", "line 1", "line 2"]
    rest = viewer.caller.get(f"{RUNS}/{run}/lines?after={first[-1]['id']}").json()
    assert [line["message"] for line in rest] == ["line 3", "line 4"]


def test_a_failure_names_its_kind_and_its_dead_letter(viewer: Person) -> None:
    run, robot = run_of(flow_that_runs(max_retries=0)), robot_named("bot")
    claiming.claim(robot=robot, at=database_now())
    settling.settle([Outcome(run, "bot", False, error="ConnectionError: refused")], database_now())
    told = one_of(viewer, run)
    assert (told["status"], told["error"], told["error_type"]) == (
        "failed",
        "ConnectionError: refused",
        "ConnectionError",
    )
    assert told["dead_letter_id"] and told["completed_at"]


def test_cancel_retry_and_priority(operator: Person) -> None:
    run = run_of(flow_that_runs())
    moved = operator.caller.patch(f"{RUNS}/{run}", {"priority": 0})
    assert (moved.status_code, moved.json()["priority"]) == (200, 0)
    assert operator.caller.patch(f"{RUNS}/{run}", {"priority": 21}).status_code == 400
    gone = operator.caller.post(f"{RUNS}/{run}/cancel", {"reason": "No longer needed"}).json()
    assert (gone["status"], gone["error"]) == ("cancelled", "No longer needed")
    assert operator.caller.patch(f"{RUNS}/{run}", {"priority": 1}).status_code == 409
    again = operator.caller.post(f"{RUNS}/{run}/retry")
    assert (again.status_code, again.json()["retry_of"], again.json()["priority"]) == (201, str(run), 0)
    assert operator.caller.post(f"{RUNS}/{again.json()['id']}/retry").status_code == 400


def test_why_names_what_stands_between_it_and_each_robot(viewer: Person) -> None:
    run = run_of(flow_that_runs(environment="lan", capabilities=["gpu"]))
    robot_named("bot", environment="lan")
    told = viewer.caller.get(f"{RUNS}/{run}/why").json()
    assert (told["runnable"], told["status"]) == (False, "queued")
    assert [reason["code"] for reason in told["reasons"]] == ["capability_missing"]
    (robot,) = told["robots"]
    assert (robot["robot_id"], robot["could"]) == ("bot", False)


def test_a_private_flows_runs_are_not_there_for_others(
    viewer: Person, developer: Person, make_person: MakePerson
) -> None:
    run = run_of(flow_that_runs(owner=developer.user, access="private"))
    for path in ("", "/why", "/lines", "/steps"):
        assert viewer.caller.get(f"{RUNS}/{run}{path}").status_code == 404
        assert developer.caller.get(f"{RUNS}/{run}{path}").status_code == 200
    dave = make_person("dave", "operator")
    for path in ("cancel", "retry"):
        assert dave.caller.post(f"{RUNS}/{run}/{path}").status_code == 404
    assert viewer.caller.get(RUNS).json() == [] and len(developer.caller.get(RUNS).json()) == 1
