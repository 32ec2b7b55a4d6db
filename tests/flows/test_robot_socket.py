"""Robots on sockets: both dialects, from the handshake to the last result."""

import json
from uuid import uuid4

import pytest
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from accounts.services import tokens
from flows import doorbell
from flows.models import DeadLetter, Execution, LateResult, Robot, RunLine, Step
from flows.services import executions, robot_orders
from rdos.kernel.bells import ring
from tests.devices.conftest import until
from tests.devices.hub import Hub
from tests.flows.conftest import MakeRobot, becomes, run
from tests.flows.fake_robot import ENVELOPE, FLAT, FakeRobot
from tests.flows.story import GRAPH, flow_that_runs, run_of
from tests.people import Person

# --- The way of a job, in both dialects


@pytest.mark.parametrize("dialect", [FLAT, ENVELOPE])
def test_a_job_from_its_offer_to_its_result(robot: MakeRobot, dialect: str) -> None:
    flow = flow_that_runs(environment="lan")
    bot = robot(dialect=dialect).register(robot_name="Ada", environment="lan", capabilities={"types": ["browser"]})
    pk = run_of(flow, {"x": 1}, priority=3)
    told = bot.hear("job_assign")
    assert (told["job_id"], told["workflow_id"], told["workflow_name"]) == (str(pk), str(flow.pk), "Invoices")
    assert told["workflow_json"] == GRAPH and told["workflow_data"] == json.loads(GRAPH)
    assert told["variables"] == told["parameters"] == {"x": 1}
    assert (told["priority"], told["timeout"], told["timeout_seconds"]) == (3, 3600, 3600)
    bot.send("job_accept", job_id=told["job_id"], robot_id="bot-1")
    begun = becomes(pk, "running")
    assert (begun.robot_key, begun.fence) == ("bot-1", 1)
    bot.send("job_progress", job_id=told["job_id"], progress=40, message="half way", current_node="n2")
    until(lambda: run(pk).progress == 40)
    assert (run(pk).current_node, run(pk).message) == ("n2", "half way")
    steps = [{"node_id": "a", "duration_ms": 12, "status": "success"}]
    bot.send("job_complete", job_id=told["job_id"], result={"rows": 7, "node_executions": steps}, duration_ms=20)
    ended = becomes(pk, "succeeded")
    assert (ended.result["rows"], ended.progress, ended.lease_until) == (7, 100, None)
    assert list(Step.objects.values_list("node_id", "status", "duration_ms")) == [("a", "completed", 12)]


@pytest.mark.parametrize("dialect", [FLAT, ENVELOPE])
def test_a_failed_job_is_tried_again_and_then_is_a_dead_letter(robot: MakeRobot, dialect: str) -> None:
    pk = run_of(flow_that_runs(max_retries=1))
    bot = robot(dialect=dialect).register()
    said = {"error": "TimeoutError: too slow", "details": {"node": "n1"}}
    if dialect == ENVELOPE:
        said = {"error_message": "too slow", "error_type": "TimeoutError", "stack_trace": "…", "failed_node": "n1"}
    bot.send("job_failed", job_id=bot.hear("job_assign")["job_id"], **said)
    again = becomes(pk, "queued")
    assert (again.retry_count, again.error_type) == (1, "TimeoutError")
    Execution.objects.filter(pk=pk).update(ready_at=timezone.now())
    bot.send("job_failed", job_id=bot.hear("job_assign")["job_id"], **said)
    becomes(pk, "failed")
    until(lambda: DeadLetter.objects.filter(execution=pk).exists())


def test_heartbeats_are_acknowledged_and_kept(robot: MakeRobot) -> None:
    flat = robot("flat").register()
    flat.send("heartbeat", current_jobs=[], jobs_completed=3, metrics={"cpu_percent": 12.5, "memory_percent": 40})
    assert flat.hear("heartbeat_ack")["timestamp"]
    until(lambda: Robot.objects.get(node__key="flat").metrics.get("cpu_percent") == 12.5)
    other = robot("enveloped", ENVELOPE).register()
    other.send("heartbeat", status="paused", current_jobs=0, cpu_percent=7, active_job_ids=[])
    other.hear("heartbeat_ack")
    until(lambda: Robot.objects.get(node__key="enveloped").status == "paused")
    run_of(flow_that_runs())
    assert flat.hear("job_assign") and other.hears_no("job_assign")
    assert Robot.objects.get(node__key="enveloped").metrics == {"cpu_percent": 7}


def test_lines_of_a_job_and_of_the_robot_are_kept(robot: MakeRobot) -> None:
    pk, foreign = run_of(flow_that_runs()), uuid4()
    bot = robot().register()
    job_id = bot.hear("job_assign")["job_id"]
    bot.send("log_entry", job_id=job_id, level="WARNING", message="first", source="n1")
    entries = [{"level": "INFO", "message": "second"}, {"message": "third", "extra": {"job_id": job_id}}]
    bot.send("log_batch", robot_id="bot-1", sequence=1, logs=[*entries, {"message": "foreign", "job_id": str(foreign)}])
    lines = until(lambda: (found := list(RunLine.objects.order_by("id"))) and len(found) == 2 and found)
    assert [(line.level, line.message, line.source) for line in lines] == [
        ("warning", "first", "n1"),
        ("info", "third", ""),
    ]
    assert {line.execution_id for line in lines} == {pk}


def test_a_robot_writes_no_lines_into_the_job_of_another(robot: MakeRobot) -> None:
    run_of(flow_that_runs())
    first = robot("one").register()
    job_id = first.hear("job_assign")["job_id"]
    other = robot("two").register()
    other.send("log_entry", job_id=job_id, message="not mine")
    other.send("job_progress", job_id=job_id, progress=99)
    other.send("job_complete", job_id=job_id, result={})
    until(lambda: LateResult.objects.filter(robot_key="two").exists())
    first.send("log_entry", job_id=job_id, message="mine")
    until(RunLine.objects.exists)
    assert RunLine.objects.get().message == "mine"
    assert (run(job_id).status, run(job_id).progress) == ("claimed", 0)


# --- Who may, and how


@pytest.mark.parametrize("path", ["", "/casare"])
def test_the_key_is_shown_in_the_address_or_in_a_header(robot: MakeRobot, path: str) -> None:
    robot("one", path=path).register()
    robot("two", path=path, by_header=True).register()
    assert Robot.objects.count() == 2


def test_whoever_shows_no_key_of_this_robot_is_refused_at_the_handshake(
    hub: Hub, robot: MakeRobot, admin: Person
) -> None:
    own, other = robot("own"), robot("other")
    for token in ("", "wrong", other.token, "x" * 5000, "node:nobody:nothing"):
        with pytest.raises(InvalidStatus) as refused:
            FakeRobot(own.url, token).dial()
        assert refused.value.response.status_code == 403
    assert not Robot.objects.exists()


def test_a_robot_in_another_environment_or_without_the_capability_gets_nothing(robot: MakeRobot) -> None:
    run_of(flow_that_runs(environment="internet", capabilities=["browser"]))
    wrong = robot("wrong").register(environment="lab", capabilities={"types": ["browser"]})
    plain = robot("plain").register(environment="internet")
    # Nobody chose this word: every Casare robot says so by itself.
    able = robot("able").register(environment="production", capabilities=["browser", "desktop"])
    assert able.hear("job_assign") and wrong.hears_no("job_assign") and plain.hears_no("job_assign")


def test_jobs_go_to_whoever_has_most_room_and_never_beyond(robot: MakeRobot) -> None:
    one = robot("one").register(max_concurrent_jobs=1)
    three = robot("three").register(capabilities={"types": [], "max_concurrent_jobs": 3})
    flow = flow_that_runs()
    runs = [run_of(flow) for _ in range(6)]
    until(lambda: Execution.objects.filter(status="claimed").count() == 4)
    assert one.hear("job_assign") and one.hears_no("job_assign")
    assert len({three.hear("job_assign")["job_id"] for _ in range(3)}) == 3 and three.hears_no("job_assign")
    assert [run(pk).status for pk in runs].count("queued") == 2
    one.send("job_complete", job_id=str(Execution.objects.get(robot_key="one").pk), result={})
    assert one.hear("job_assign")


def test_what_waits_is_offered_to_a_robot_that_comes_later_in_the_order_of_the_queue(robot: MakeRobot) -> None:
    flow = flow_that_runs()
    low, high = run_of(flow, priority=9), run_of(flow, priority=0)
    bot = robot().register(max_concurrent_jobs=2)
    assert [bot.hear("job_assign")["job_id"] for _ in range(2)] == [str(high), str(low)]


def test_a_flow_that_may_run_once_at_a_time_is_handed_out_once_at_a_time(robot: MakeRobot) -> None:
    flow = flow_that_runs(max_concurrent=1)
    bot = robot().register(max_concurrent_jobs=5)
    first, second = run_of(flow), run_of(flow)
    assert bot.hear("job_assign")["job_id"] == str(first)
    assert bot.hears_no("job_assign")
    bot.send("job_complete", job_id=str(first), result={})
    assert bot.hear("job_assign")["job_id"] == str(second)


# --- When it does not go on


def test_a_rejecting_robot_is_not_offered_that_job_again_but_another_is(robot: MakeRobot) -> None:
    pk = run_of(flow_that_runs())
    picky = robot("picky").register()
    picky.send("job_reject", job_id=picky.hear("job_assign")["job_id"], robot_id="picky", reason="no")
    assert becomes(pk, "queued").retry_count == 0
    assert picky.hears_no("job_assign")
    willing = robot("willing").register()
    assert willing.hear("job_assign")["job_id"] == str(pk)
    assert picky.hears_no("job_assign")


@pytest.mark.parametrize("dialect", [FLAT, ENVELOPE])
def test_a_cancel_reaches_the_robot_at_once_and_its_result_comes_too_late(robot: MakeRobot, dialect: str) -> None:
    pk = run_of(flow_that_runs())
    bot = robot(dialect=dialect).register()
    bot.hear("job_assign")
    assert executions.end_by_hand(pk=pk, at=timezone.now(), reason="by hand")
    # Without its bell only the renewal of its lease would tell, every ten seconds.
    assert bot.hear("job_cancel", timeout=5.0)["job_id"] == str(pk)
    bot.send("job_complete", job_id=str(pk), result={"too": "late"})
    late = until(lambda: LateResult.objects.filter(execution=pk).first())
    assert (late.robot_key, late.payload) == ("bot-1", {"result": {"too": "late"}})
    assert run(pk).status == "cancelled"
    # Its place is free again.
    next_one = run_of(flow_that_runs("Next"))
    assert bot.hear("job_assign")["job_id"] == str(next_one)


def test_a_robot_may_give_a_job_up_for_good(robot: MakeRobot) -> None:
    pk = run_of(flow_that_runs())
    bot = robot().register()
    bot.send("job_cancelled", job_id=bot.hear("job_assign")["job_id"], reason="the operator said so")
    assert becomes(pk, "cancelled").error == "the operator said so"


def test_orders_of_people_reach_the_robot_in_its_dialect(robot: MakeRobot) -> None:
    bot = robot(dialect=ENVELOPE).register()
    for order in doorbell.ORDERS:
        ring(doorbell.of_robot("bot-1"), order)
        assert bot.hear("shutdown" if order == "restart" else order) is not None
    ring(doorbell.of_robot("bot-1"), "shutdown")
    assert bot.hear("shutdown") == {"graceful": True}


@pytest.mark.parametrize("dialect", [FLAT, ENVELOPE])
def test_a_restart_reaches_a_robot_on_its_socket(robot: MakeRobot, operator: Person, dialect: str) -> None:
    bot = robot(dialect=dialect).register()
    restart = "/api/v1/robots/bot-1/restart"
    operator.caller.post("/api/v1/robots/bot-1/pause")
    answer = operator.caller.post(restart)
    assert (answer.status_code, answer.json()["status"]) == (200, "idle")
    told = bot.hear("shutdown")
    assert (told["graceful"], told["restart"]) == (True, True)
    bot.leave()
    until(lambda: Robot.objects.get(node__key="bot-1").session_id is None)
    refused = operator.caller.post(restart)
    assert (refused.status_code, refused.json()["code"]) == (409, "robot_offline")


def test_a_robot_that_is_paused_by_a_person_is_told_and_takes_nothing_until_it_goes_on(
    robot: MakeRobot, admin: Person
) -> None:
    bot = robot().register()
    robot_orders.pause(actor=admin.actor, key="bot-1", at=timezone.now())
    bot.hear("pause")
    pk = run_of(flow_that_runs())
    assert bot.hears_no("job_assign")
    robot_orders.resume(actor=admin.actor, key="bot-1", at=timezone.now())
    bot.hear("resume")
    assert bot.hear("job_assign")["job_id"] == str(pk)


def test_a_revoked_key_closes_its_socket(robot: MakeRobot, admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.consumers.dispatcher.CHECK_SECONDS", 0.1)
    bot = robot().register()
    tokens.revoke_of_robot(actor=admin.actor, robot_key="bot-1", at=timezone.now())
    assert bot.closed() == (4001, "its key is not good any more")
