"""What happens at the same moment: many claimers and one job, two ends of one run, a long poll and its bell."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.db import connection

from flows.models import DeadLetter, Execution, Robot
from flows.services import starting
from rdos.kernel.clock import database_now
from tests.devices.conftest import until
from tests.devices.hub import Hub, serving
from tests.flows.story import flow_that_runs, run_of
from tests.flows.test_jobs_of_people import failed
from tests.people import Caller, Person, bearer

pytestmark = pytest.mark.django_db(transaction=True)
JOBS = "/api/v1/jobs"


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Each in a thread of its own, all let go together."""
    gate = threading.Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def robots(admin: Person, count: int) -> list[Caller]:
    return [bearer(admin.robot_token(f"bot-{number}")) for number in range(count)]


def test_one_job_and_eight_robots(admin: Person) -> None:
    run = run_of(flow_that_runs())
    answers = at_once([lambda robot=robot: robot.post(f"{JOBS}/claim") for robot in robots(admin, 8)])
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["job_id"] for answer in answers if answer.json()] == [str(run)]


def test_forty_jobs_and_eight_robots_that_each_take_what_they_get(admin: Person) -> None:
    made = starting.begin(
        actor=admin.actor,
        flow_id=flow_that_runs().pk,
        given=list(range(40)),
        wish=starting.Wish(),
        at=database_now(),
    )
    callers = robots(admin, 8)
    for caller in callers:
        caller.post(f"{JOBS}/claim", {"limit": 1})
    Robot.objects.update(max_concurrent=50)

    def take(robot: Caller) -> list[str]:
        taken = [robot.post(f"{JOBS}/claim").json() for _ in range(6)]
        return [job["job_id"] for job in taken if job]

    found = Counter(pk for taken in at_once([lambda robot=robot: take(robot) for robot in callers]) for pk in taken)
    held = set(Execution.objects.filter(status="claimed").values_list("pk", flat=True))
    assert set(found.values()) == {1} and len(found) == 32
    assert held == set(made.ids)


def test_one_robot_that_claims_twice_at_once_has_room_for_one(admin: Person) -> None:
    flow = flow_that_runs()
    run_of(flow), run_of(flow)
    (robot,) = robots(admin, 1)
    answers = at_once([lambda: robot.post(f"{JOBS}/claim").json()] * 4)
    assert sum(answer is not None for answer in answers) == 1


def test_a_flow_that_may_run_once_runs_once(admin: Person) -> None:
    flow = flow_that_runs(max_concurrent=1)
    for _ in range(6):
        run_of(flow)
    answers = at_once([lambda robot=robot: robot.post(f"{JOBS}/claim").json() for robot in robots(admin, 6)])
    assert sum(answer is not None for answer in answers) <= 1
    assert Execution.objects.filter(status="claimed").count() <= 1


def test_a_run_that_is_completed_and_failed_at_once_ends_once(admin: Person) -> None:
    run = run_of(flow_that_runs(max_retries=0))
    (robot,) = robots(admin, 1)
    robot.post(f"{JOBS}/claim")
    acts = [
        lambda: robot.post(f"{JOBS}/{run}/complete", {"result": {}}).status_code,
        lambda: robot.post(f"{JOBS}/{run}/fail", {"error_message": "x"}).status_code,
    ] * 3
    assert Counter(at_once(acts)) == {200: 1, 409: 5}
    row = Execution.objects.get()
    assert (row.late_results.count(), DeadLetter.objects.count()) == (5, int(row.status == "failed"))


def test_cancelled_and_completed_at_once_it_is_one_of_them(admin: Person, operator: Person) -> None:
    run = run_of(flow_that_runs())
    (robot,) = robots(admin, 1)
    robot.post(f"{JOBS}/claim")
    completed, cancelled = at_once(
        [
            lambda: robot.post(f"{JOBS}/{run}/complete", {"result": {}}).status_code == 200,
            lambda: operator.caller.post(f"{JOBS}/{run}/cancel").json()["cancelled"],
        ]
    )
    assert completed != cancelled
    assert Execution.objects.get().status == ("succeeded" if completed else "cancelled")


def test_a_dead_letter_is_run_again_once_whoever_presses_the_button(operator: Person) -> None:
    failed(flow_that_runs())
    path = f"/api/v1/dlq/{DeadLetter.objects.get().pk}/retry"
    answers = at_once([lambda caller=operator.caller: caller.post(path).status_code for _ in range(4)])
    assert Counter(answers) == {200: 1, 404: 3}
    assert Execution.objects.filter(status="queued").count() == 1


def test_the_same_dedup_key_at_once_is_one_run(operator: Person) -> None:
    body = {"flow_id": str(flow_that_runs().pk), "dedup_key": "order-7"}
    answers = at_once([lambda caller=operator.caller: caller.post("/api/v1/executions", body).json() for _ in range(5)])
    assert len({answer["execution_ids"][0] for answer in answers}) == 1
    assert sum(answer["created"] for answer in answers) == 1


def test_a_robot_that_nobody_knows_and_calls_five_times_at_once_is_one(admin: Person) -> None:
    (robot,) = robots(admin, 1)
    calls = [lambda: robot.post("/api/v1/robots/bot-0/heartbeat").status_code] * 5
    assert at_once(calls) == [200] * 5
    assert Robot.objects.count() == 1


# --- Long polls, through a real hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


def polling(hub: Hub, raw: str, wait: float) -> "Future[tuple[Any, float]]":
    """The answer, and when it came."""

    def poll() -> tuple[Any, float]:
        answer = httpx.post(
            f"{hub.url}{JOBS}/claim", json={"wait": wait}, headers={"X-Api-Key": raw}, timeout=wait + 20
        )
        assert answer.status_code == 200
        return answer.json(), time.monotonic()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(poll)
    pool.shutdown(wait=False)
    return future


def seen(key: str) -> bool:
    return Robot.objects.filter(node__key=key).exists()


def test_a_bell_ends_the_wait_as_soon_as_there_is_work(hub: Hub, admin: Person) -> None:
    flow = flow_that_runs()
    future = polling(hub, admin.robot_token("bot"), 20)
    until(lambda: seen("bot"))
    began = time.monotonic()
    run = run_of(flow)
    job, came = future.result(30)
    assert job["job_id"] == str(run)
    print(f"woken after {(came - began) * 1000:.0f} ms")
    # Without its bell the queue would be asked every two seconds only.
    assert came - began < 10


def test_a_wait_that_is_over_answers_null(hub: Hub, admin: Person) -> None:
    began = time.monotonic()
    job, came = polling(hub, admin.robot_token("bot"), 0.3).result(30)
    assert job is None and came - began >= 0.3


def test_one_job_wakes_many_and_goes_to_one(hub: Hub, admin: Person) -> None:
    flow = flow_that_runs()
    polls = [polling(hub, admin.robot_token(f"bot-{number}"), 5) for number in range(4)]
    for number in range(4):
        until(lambda number=number: seen(f"bot-{number}"))
    run = run_of(flow)
    assert [job["job_id"] for job, _ in (poll.result(30) for poll in polls) if job] == [str(run)]


def test_a_robot_that_is_full_is_woken_by_its_own_end(hub: Hub, admin: Person) -> None:
    flow, raw = flow_that_runs(max_concurrent=1), admin.robot_token("bot")
    first, second = run_of(flow), run_of(flow)
    assert polling(hub, raw, 0).result(30)[0]["job_id"] == str(first)
    other = polling(hub, admin.robot_token("other"), 20)
    until(lambda: seen("other"))
    bearer(raw).post(f"{JOBS}/{first}/complete", {"result": {}})
    assert other.result(30)[0]["job_id"] == str(second)


@pytest.mark.parametrize("prefix", ["", "/bloxserver"])
@pytest.mark.parametrize("fields", [("name", "name"), ("name", "description"), ("definition", "definition")])
def test_of_two_edits_that_saw_the_same_one_is_kept_and_the_other_hears_both_sides(
    developer: Person, admin: Person, prefix: str, fields: tuple[str, str]
) -> None:
    texts = {"definition": "organism_yaml"} if prefix else {}
    callers = {"By one": developer.caller, "By the other": admin.caller}
    for _ in range(5):
        flow = flow_that_runs(kind="organism", access="shared")
        address = f"{prefix}/api/v1/flows/{flow.pk}"
        wanted = dict(zip(callers, fields, strict=True))

        def patch(words: str, field: str, address: str = address) -> Any:
            return callers[words].patch(address, {texts.get(field, field): words}, headers={"If-Match": '"1"'})

        answers = at_once([lambda item=item: (item[0], patch(*item)) for item in wanted.items()])
        (won,) = [words for words, answer in answers if answer.status_code == 200]
        ((lost, refused),) = [(words, answer) for words, answer in answers if answer.status_code == 412]
        told = refused.json()
        assert told["yours"] == {"revision": 1, wanted[lost]: lost}
        assert (told["theirs"]["revision"], told["theirs"][wanted[won]]) == (2, won)
        flow.refresh_from_db()
        assert flow.revision == 2
        assert callers[lost].get(f"/api/v1/flows/{flow.pk}").json()[wanted[won]] == won
