"""The runs of one flow, as Bloxserver's frontends and the root know them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from flows.models import Execution, Flow
from flows.outcomes import Outcome
from flows.services import claiming, queueing, settling
from rdos.kernel.clock import database_now
from rdos.kernel.journal import SYSTEM
from tests.flows.story import flow_that_runs, robot_named, run_of
from tests.people import Person

pytestmark = pytest.mark.django_db


def runs(flow: Flow, rest: str = "", prefix: str = "/bloxserver") -> str:
    return f"{prefix}/api/v1/flows/{flow.pk}/executions{rest}"


def finished(flow: Flow, success: bool = True, **told: Any) -> Any:
    run, robot = run_of(flow, {"n": 1}), robot_named(f"bot-{uuid4().hex[:6]}")
    at = database_now()
    claiming.claim(robot=robot, at=at)
    settling.settle([Outcome(run, robot.node.key, success, **told)], at + timedelta(milliseconds=1500))
    return run


def test_a_run_is_asked_for_in_the_query_as_bloxserver_does(developer: Person) -> None:
    flow = flow_that_runs(owner=developer.user, access="private")
    answer = developer.caller.post(runs(flow, '/run?input_payload={"a": 1}'))
    body = answer.json()
    assert (answer.status_code, body["status"], body["triggerType"]) == (201, "running", "manual")
    assert (body["flowId"], body["triggerId"], body["inputPayload"]) == (str(flow.pk), None, '{"a": 1}')
    assert body["startedAt"].endswith("Z") and body["completedAt"] is None and body["durationMs"] is None
    assert (body["errorMessage"], body["outputPayload"]) == (None, None)
    (grant,) = claiming.claim(robot=robot_named("bot"), at=database_now())
    assert claiming.variables_of(grant) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"inputPayload": "words"}, "words"),
        ({"input_payload": {"a": [1]}}, '{"a":[1]}'),
        ({"inputPayload": None}, None),
        ({}, None),
    ],
)
def test_or_in_the_body(developer: Person, body: Any, shown: str | None) -> None:
    flow = flow_that_runs(owner=developer.user)
    assert developer.caller.post(runs(flow, "/run"), body).json()["inputPayload"] == shown


def test_at_the_root_the_same_keys_are_in_our_case(operator: Person) -> None:
    flow = flow_that_runs()
    body = operator.caller.post(runs(flow, "/run", ""), {"input_payload": "x"}).json()
    assert (body["input_payload"], body["status"], body["state"]) == ("x", "running", "queued")
    (row,) = operator.caller.get(runs(flow, "", "")).json()
    assert set(row) == {"id", "status", "state", "trigger_type", "started_at", "duration_ms", "created_at"}
    assert operator.caller.get(runs(flow, f"/{row['id']}", "")).json() == body


def test_a_flow_that_does_not_run_says_so(developer: Person) -> None:
    flow = flow_that_runs(owner=developer.user)
    Flow.objects.update(status="stopped")
    answer = developer.caller.post(runs(flow, "/run"))
    assert (answer.status_code, answer.json()["detail"]) == (400, "Flow must be running to execute (current: stopped)")
    assert not Execution.objects.exists()


def test_a_page_counts_as_its_clients_count(developer: Person) -> None:
    flow = flow_that_runs(owner=developer.user)
    for _ in range(3):
        run_of(flow)
    body = developer.caller.get(runs(flow)).json()
    assert (body["total"], body["page"], body["pageSize"], body["hasMore"]) == (3, 1, 50, False)
    assert {"id", "status", "triggerType", "startedAt", "durationMs"} <= set(body["items"][0])
    second = developer.caller.get(runs(flow, "?page=2&page_size=2")).json()
    assert (len(second["items"]), second["hasMore"]) == (1, False)
    assert developer.caller.get(runs(flow, "?page=0")).status_code == 422


def test_states_have_bloxservers_four_names(developer: Person) -> None:
    flow = flow_that_runs(owner=developer.user, max_retries=0)
    good = finished(flow, result={"ok": True})
    bad = finished(flow, False, error="ValueError: no")
    late, gone, waiting = run_of(flow), run_of(flow), run_of(flow)
    Execution.objects.filter(pk=late).update(status="timed_out")
    Execution.objects.filter(pk=gone).update(status="cancelled")
    wanted = {"success": {good}, "error": {bad, gone}, "timeout": {late}, "running": {waiting}}
    for word, ids in wanted.items():
        items = developer.caller.get(runs(flow, f"?status_filter={word}")).json()["items"]
        assert {item["id"] for item in items} == {str(pk) for pk in ids}
        assert {item["status"] for item in items} == {word}
    refused = developer.caller.get(runs(flow, "?status_filter=queued"))
    assert (refused.status_code, list(refused.json()["details"])) == (422, ["query.status_filter"])
    told = developer.caller.get(runs(flow, f"/{good}")).json()
    assert (told["outputPayload"], told["durationMs"], told["inputPayload"]) == ('{"ok":true}', 1500, '{"n":1}')
    assert developer.caller.get(runs(flow, f"/{bad}")).json()["errorMessage"] == "ValueError: no"


def test_stats_are_not_taken_for_a_run(developer: Person) -> None:
    flow = flow_that_runs(owner=developer.user, max_retries=0)
    empty = developer.caller.get(runs(flow, "/stats")).json()
    assert empty == {
        "flowId": str(flow.pk), "executionsTotal": 0, "executionsSuccess": 0, "executionsError": 0,
        "avgDurationMs": 0.0, "lastExecutedAt": None,
    }  # fmt: skip
    finished(flow), finished(flow, False, error="x"), run_of(flow)
    full = developer.caller.get(runs(flow, "/stats")).json()
    assert (full["executionsTotal"], full["executionsSuccess"], full["executionsError"]) == (3, 1, 1)
    assert full["avgDurationMs"] == 1500.0 and full["lastExecutedAt"]


def test_of_a_long_history_the_newest_runs_speak_for_all(developer: Person) -> None:
    flow, other = flow_that_runs(owner=developer.user), flow_that_runs(owner=developer.user)
    began = database_now()
    for one, count in ((flow, 12_000), (other, 3_000)):
        queueing.enqueue_many(flow=one, start=queueing.Start(who=SYSTEM), given=[None] * count, at=began)
    mine = Execution.objects.filter(flow=flow)
    mine.update(status="succeeded", started_at=began, completed_at=began + timedelta(seconds=2))
    every_fourth = [row for place, row in enumerate(mine.order_by("-created_at").values("pk")) if place % 4 == 0]
    mine.filter(pk__in=[row["pk"] for row in every_fourth[:2500]]).update(status="failed")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE flows_execution")
    told = developer.caller.get(runs(flow, "/stats")).json()
    estimated = 12_000 if connection.vendor == "postgresql" else 10_001
    assert told["executionsTotal"] == pytest.approx(estimated, rel=0.1)
    assert told["executionsError"] == pytest.approx(told["executionsTotal"] / 4, abs=2)
    assert told["executionsSuccess"] + told["executionsError"] == pytest.approx(told["executionsTotal"], abs=1)
    assert told["avgDurationMs"] == 2000.0 and told["lastExecutedAt"]


def test_what_is_not_there_is_said_in_bloxservers_words(developer: Person, operator: Person) -> None:
    mine, other = flow_that_runs(owner=developer.user, access="private"), flow_that_runs(owner=developer.user)
    elsewhere = run_of(other)
    for pk in (uuid4(), elsewhere):
        answer = developer.caller.get(runs(mine, f"/{pk}"))
        assert (answer.status_code, answer.json()["detail"]) == (404, "Execution not found")
    for rest in ("", "/stats", f"/{elsewhere}"):
        assert operator.caller.get(runs(mine, rest)).json()["detail"] == "Flow not found"
    assert operator.caller.post(runs(mine, "/run")).status_code == 404
    assert developer.caller.get("/bloxserver/api/v1/flows/x/executions").status_code == 422
    assert developer.caller.get(runs(mine, "/x")).status_code == 422
