"""What failed for good: listed as both dashboards read it, run again once, thrown away."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from flows.models import DeadLetter, Execution, Flow
from flows.services import claiming, leases
from rdos.kernel.clock import database_now
from rdos.kernel.models import JournalEntry
from tests.flows.story import flow_that_runs, robot_named, run_of
from tests.flows.test_jobs_of_people import failed
from tests.people import Person

pytestmark = pytest.mark.django_db
DLQ = "/api/v1/dlq"


def letter_of(flow: Flow) -> DeadLetter:
    return DeadLetter.objects.get(execution_id=failed(flow))


@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_the_list_has_what_both_dashboards_read(viewer: Person, prefix: str) -> None:
    letter = letter_of(flow_that_runs())
    body = viewer.caller.get(prefix + DLQ).json()
    assert (body["total"], body["pending"], body["limit"], body["offset"]) == (1, 1, 50, 0)
    (entry,) = body["entries"]
    wanted = {
        "id", "original_job_id", "workflow_id", "workflow_name", "error_message", "error_details", "retry_count",
        "first_failed_at", "last_failed_at", "created_at", "reprocessed_at", "reprocessed_by", "entry_id", "job_id",
        "failed_at", "error_stack", "input", "original_created_at",
    }  # fmt: skip
    assert wanted <= set(entry)
    assert (entry["id"], entry["job_id"], entry["input"]) == (str(letter.pk), str(letter.execution_id), {"x": 1})
    assert (entry["error_message"], entry["error_details"]) == (
        "TimeoutError: too slow",
        {"error_type": "TimeoutError"},
    )
    assert viewer.caller.get(f"{prefix}{DLQ}/{letter.pk}").json() == entry


@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_it_is_run_again_once(operator: Person, prefix: str) -> None:
    letter = letter_of(flow_that_runs())
    path = f"{prefix}{DLQ}/{letter.pk}/retry?reprocessed_by=Olga"
    first = operator.caller.post(path, b"", content_type="application/octet-stream")
    again = Execution.objects.get(pk=first.json()["new_job_id"])
    assert (first.status_code, first.json()["dlq_entry_id"], again.retry_count) == (200, str(letter.pk), 0)
    assert (again.status, again.input, again.retry_of_id) == ("queued", {"x": 1}, letter.execution_id)
    second = operator.caller.post(path)
    assert (second.status_code, "already" in second.json()["detail"]) == (404, True)
    letter.refresh_from_db()
    # Who says to be Olga is kept beside who it was.
    assert (letter.reprocessed_by, letter.reprocessed_as_id) == ("Olga (oskar)", again.pk)
    assert operator.caller.post(f"{prefix}{DLQ}/{uuid4()}/retry").status_code == 404


def test_what_was_run_again_is_listed_when_asked_for(operator: Person) -> None:
    flow, other = flow_that_runs("One"), flow_that_runs("Two")
    done, waiting = letter_of(flow), letter_of(other)
    operator.caller.post(f"{DLQ}/{done.pk}/retry")
    caller = operator.caller
    assert [entry["id"] for entry in caller.get(DLQ).json()["entries"]] == [str(waiting.pk)]
    everything = caller.get(f"{DLQ}?pending_only=false").json()
    assert (everything["total"], everything["pending"], len(everything["entries"])) == (2, 1, 2)
    of_one = caller.get(f"{DLQ}?pending_only=false&workflow_id={flow.pk}").json()
    assert [entry["reprocessed_by"] for entry in of_one["entries"]] == ["oskar"]
    assert caller.get(f"{DLQ}/stats").json() == {"total": 2, "pending": 1, "reprocessed": 1, "workflow_id": None}
    assert caller.get(f"{DLQ}/stats?workflow_id={flow.pk}").json()["pending"] == 0
    assert caller.get(f"{DLQ}?limit=501").json()["errors"].keys() == {"limit"}


def test_a_stopped_flow_leaves_its_letter_waiting(operator: Person) -> None:
    flow = flow_that_runs()
    letter = letter_of(flow)
    Flow.objects.update(status="stopped")
    assert operator.caller.post(f"{DLQ}/{letter.pk}/retry").status_code == 400
    letter.refresh_from_db()
    assert letter.reprocessed_at is None


def test_many_are_run_again_and_each_says_how_it_went(operator: Person) -> None:
    good, stopped = flow_that_runs("Good"), flow_that_runs("Stopped")
    letters = [letter_of(good), letter_of(good), letter_of(stopped)]
    Flow.objects.filter(pk=stopped.pk).update(status="stopped")
    one = operator.caller.post(f"{DLQ}/retry", {"ids": [str(letters[0].pk)]}).json()
    assert (one["retried"], one["failed"]) == (1, 0)
    rest = operator.caller.post(f"{DLQ}/retry", {}).json()
    assert (rest["retried"], rest["failed"], len(rest["results"])) == (1, 1, 2)
    assert [bool(result["reason"]) for result in rest["results"]] == [False, True]
    assert operator.caller.post(f"{DLQ}/retry", {"workflow_id": str(good.pk)}).json()["results"] == []
    assert operator.caller.post(f"{DLQ}/retry", {"ids": ["x"]}).status_code == 400


def test_throwing_one_away_leaves_the_run(admin: Person) -> None:
    letter = letter_of(flow_that_runs())
    body = admin.caller.delete(f"{DLQ}/{letter.pk}").json()
    assert (body["deleted"], body["dlq_entry_id"], bool(body["message"])) == (True, str(letter.pk), True)
    assert Execution.objects.filter(pk=letter.execution_id).exists()
    assert admin.caller.delete(f"{DLQ}/{letter.pk}").status_code == 404
    assert admin.caller.get(f"{DLQ}/{letter.pk}").json()["detail"] == f"DLQ entry {letter.pk} not found"


def test_only_what_was_run_again_and_is_old_is_purged(admin: Person) -> None:
    flow = flow_that_runs()
    old, young, waiting = letter_of(flow), letter_of(flow), letter_of(flow)
    for letter in (old, young):
        admin.caller.post(f"{DLQ}/{letter.pk}/retry")
    long_ago = database_now() - timedelta(days=40)
    DeadLetter.objects.filter(pk__in=[old.pk, waiting.pk]).update(created_at=long_ago)
    body = admin.caller.post(f"{DLQ}/purge?older_than_days=30", b"", content_type="application/octet-stream").json()
    assert (body["purged_count"], body["older_than_days"]) == (1, 30)
    assert set(DeadLetter.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}
    assert admin.caller.post(f"{DLQ}/purge?older_than_days=0").json()["errors"].keys() == {"older_than_days"}


def test_private_flows_have_no_letters_for_others(viewer: Person, operator: Person, developer: Person) -> None:
    letter = letter_of(flow_that_runs(owner=developer.user, access="private"))
    assert viewer.caller.get(DLQ).json()["entries"] == []
    assert viewer.caller.get(f"{DLQ}/{letter.pk}").status_code == 404
    assert operator.caller.post(f"{DLQ}/{letter.pk}/retry").status_code == 404
    assert operator.caller.post(f"{DLQ}/retry", {"ids": [str(letter.pk)]}).json()["results"] == []


def test_a_lease_that_expires_for_the_last_time_ends_there_too(viewer: Person) -> None:
    run = run_of(flow_that_runs(max_retries=0))
    claiming.claim(robot=robot_named("bot"), at=database_now())
    leases.sweep(database_now() + timedelta(seconds=31))
    (entry,) = viewer.caller.get(DLQ).json()["entries"]
    assert (entry["job_id"], entry["error_details"]) == (str(run), {"error_type": "LeaseExpired"})
    assert JournalEntry.objects.get(action="execution.failed").object_id == str(run)


def test_a_longer_list_asks_no_more_questions(
    viewer: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    flow = flow_that_runs()
    for _ in range(3):
        letter_of(flow)
    caller: Any = viewer.caller
    for limit in (1, 3):
        with django_assert_num_queries(4):
            assert len(caller.get(f"{DLQ}?limit={limit}").json()["entries"]) == limit
