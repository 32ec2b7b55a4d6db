"""Jobs as people see them in Casare's words: listed, cancelled, tried again."""

import time
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from flows.models import Execution, Flow
from flows.outcomes import Outcome
from flows.services import claiming, settling
from rdos.kernel.clock import database_now
from tests.flows.story import flow_that_runs, robot_named, run_of
from tests.people import Person

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs"
OCTETS = "application/octet-stream"


def failed(flow: Flow, error: str = "TimeoutError: too slow") -> Any:
    """Its id, after it has failed for good."""
    run = run_of(flow, {"x": 1}, max_retries=0)
    robot = robot_named(f"bot-{uuid4().hex[:6]}")
    claiming.claim(robot=robot, at=database_now())
    settling.settle([Outcome(run, robot.node.key, False, error=error)], database_now())
    return run


def test_the_list_has_what_the_dashboard_reads(viewer: Person) -> None:
    run = failed(flow_that_runs(environment="lan"))
    body = viewer.caller.get(JOBS).json()
    (job,) = body["jobs"]
    wanted = {
        "job_id", "workflow_id", "workflow_name", "status", "priority", "environment", "assigned_robot_id", "input",
        "result", "error", "progress", "current_node", "created_at", "started_at", "completed_at", "retry_count",
        "max_retries",
    }  # fmt: skip
    assert wanted <= set(job)
    assert (body["total"], job["job_id"], job["status"]) == (1, str(run), "failed")
    assert (job["input"], job["error"], job["environment"]) == ({"x": 1}, "TimeoutError: too slow", "lan")
    assert job["duration_ms"] >= 0


@pytest.mark.parametrize(
    ("word", "found"), [("queued", 1), ("pending", 1), ("assigned", 0), ("failed", 1), ("nonsense", 0), ("", 2)]
)
def test_a_status_is_found_by_either_word_and_an_unknown_one_finds_nothing(
    viewer: Person, word: str, found: int
) -> None:
    flow = flow_that_runs()
    failed(flow)
    run_of(flow)
    assert viewer.caller.get(f"{JOBS}?status={word}").json()["total"] == found


def test_filters_combine(viewer: Person) -> None:
    one, two = flow_that_runs("One", environment="lan"), flow_that_runs("Two")
    run_of(one), run_of(two)
    assert viewer.caller.get(f"{JOBS}?workflow_id={one.pk}&environment=lan").json()["total"] == 1
    assert viewer.caller.get(f"{JOBS}?workflow_id={one.pk}&environment=wan").json()["jobs"] == []
    assert viewer.caller.get(f"{JOBS}?workflow_id=x").json()["errors"].keys() == {"workflow_id"}


def test_what_is_too_large_for_a_list_is_left_out_of_it(viewer: Person) -> None:
    run_of(flow_that_runs(), [f"{number}" * 30 for number in range(20_000)])
    assert viewer.caller.get(JOBS).json()["jobs"][0]["input"] is None


@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_cancelling_is_final_and_twice_is_no_failure(operator: Person, prefix: str) -> None:
    run = run_of(flow_that_runs())
    first = operator.caller.post(f"{prefix}{JOBS}/{run}/cancel", b"", content_type=OCTETS)
    assert first.json() | {"message": ""} == {
        "job_id": str(run),
        "cancelled": True,
        "previous_status": "pending",
        "message": "",
    }
    again = operator.caller.post(f"{prefix}{JOBS}/{run}/cancel")
    assert (again.status_code, again.json()["cancelled"], again.json()["previous_status"]) == (200, False, "cancelled")
    row = Execution.objects.get()
    assert (row.status, row.error, row.completed_at is not None) == ("cancelled", "Cancelled by user", True)
    assert operator.caller.post(f"{prefix}{JOBS}/{uuid4()}/cancel").status_code == 404


@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_what_failed_is_run_again_as_a_new_job(operator: Person, prefix: str) -> None:
    run = failed(flow_that_runs())
    answer = operator.caller.post(f"{prefix}{JOBS}/{run}/retry", b"", content_type=OCTETS)
    body = answer.json()
    again = Execution.objects.get(retry_of=run)
    assert (answer.status_code, body["original_job_id"], body["new_job_id"]) == (200, str(run), str(again.pk))
    assert body["job_id"] == body["new_job_id"] and body["message"]
    assert (again.status, again.input, again.retry_count) == ("queued", {"x": 1}, 0)
    refused = operator.caller.post(f"{prefix}{JOBS}/{again.pk}/retry")
    assert refused.status_code == 400 and "queued" in refused.json()["detail"]


def test_cancelling_is_limited(operator: Person) -> None:
    caller, path = operator.caller, f"{JOBS}/{uuid4()}/cancel"
    assert {caller.post(path).status_code for _ in range(60)} == {404}
    refused = caller.post(path)
    assert refused.status_code == 429
    assert (refused["X-RateLimit-Limit"], refused["X-RateLimit-Remaining"]) == ("60", "0")
    assert 0 <= int(refused["X-RateLimit-Reset"]) - int(time.time()) - int(refused["Retry-After"]) <= 1


@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_a_limited_call_says_how_many_are_left_and_another_says_nothing(operator: Person, prefix: str) -> None:
    caller, path = operator.caller, f"{prefix}{JOBS}/{uuid4()}/cancel"
    assert [caller.post(path)["X-RateLimit-Remaining"] for _ in range(3)] == ["59", "58", "57"]
    assert not [name for name in caller.get(f"{prefix}/api/v1/flows").headers if name.startswith("X-RateLimit")]


def test_people_make_no_progress_for_a_robot(super_admin: Person) -> None:
    run = run_of(flow_that_runs())
    answer = super_admin.caller.put(f"{JOBS}/{run}/progress", {"progress": 50})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_robot")


def test_a_private_flows_jobs_are_not_there_for_others(
    viewer: Person, operator: Person, developer: Person, admin: Person
) -> None:
    run = run_of(flow_that_runs(owner=developer.user, access="private"))
    assert viewer.caller.get(JOBS).json() == {"jobs": [], "total": 0}
    assert operator.caller.post(f"{JOBS}/{run}/cancel").status_code == 404
    assert admin.caller.get(JOBS).json()["total"] == 1
    assert developer.caller.post(f"{JOBS}/{run}/cancel").status_code == 200


def test_a_longer_list_asks_no_more_questions(
    viewer: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    flow = flow_that_runs()
    for _ in range(4):
        run_of(flow)
    caller = viewer.caller
    for limit in (1, 4):
        with django_assert_num_queries(3):
            assert len(caller.get(f"{JOBS}?limit={limit}").json()["jobs"]) == limit


def test_beyond_ten_thousand_the_total_is_an_estimate(viewer: Person) -> None:
    flow = flow_that_runs()
    rows = [
        Execution(
            flow=flow, version=flow.current, flow_name="x", priority=1, environment="a", timeout_seconds=1,
            max_retries=0, ready_at=timezone.now(), created_at=timezone.now(),
        )
        for _ in range(10_050)
    ]  # fmt: skip
    Execution.objects.bulk_create(rows)
    assert viewer.caller.get(JOBS).json()["total"] > 10_000
