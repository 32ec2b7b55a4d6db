"""Callers who wait for the result, and twins who come at the same moment: through a served hub."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter

import httpx
import pytest

from flows.models import Robot
from flows.outcomes import Outcome
from flows.services import claiming, settling
from rdos.kernel.clock import database_now
from tests.devices.conftest import until
from tests.devices.hub import Hub
from tests.flows.conftest import hub
from tests.flows.story import flow_that_runs, robot_named
from tests.people import Person
from tests.scheduling.hooking import Hook, hook_by, signed

__all__ = ["hub"]


@pytest.fixture
def hook(hub: Hub, developer: Person) -> Hook:
    return hook_by(developer, flow_that_runs(max_retries=0))


@pytest.fixture
def hands() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def call(hub: Hub, hook: Hook, **headers: str) -> httpx.Response:
    return httpx.post(f"{hub.url}{hook.path}?wait=20", content="hello", headers=headers, timeout=30)


def end_first(robot: Robot, **said: object) -> None:
    (grant,) = until(lambda: claiming.claim(robot=robot, at=database_now()))
    outcome = Outcome(grant.execution_id, robot.node.key, **{"success": True} | said)  # type: ignore[arg-type]
    settling.settle([outcome], database_now())


def test_whoever_waits_gets_the_result(hub: Hub, hook: Hook, hands: ThreadPoolExecutor) -> None:
    robot = robot_named("bot")
    waiting: Future[httpx.Response] = hands.submit(call, hub, hook)
    end_first(robot, result={"total": 12})
    answer = waiting.result(20)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "succeeded",
        "executionId": str(hook.runs()[0].pk),
        "message": "The execution has ended",
        "result": {"total": 12},
        "error": None,
    }


def test_whoever_waits_hears_of_the_failure(hub: Hub, hook: Hook, hands: ThreadPoolExecutor) -> None:
    robot = robot_named("bot")
    waiting = hands.submit(call, hub, hook)
    end_first(robot, success=False, error="No such customer; password=geheim")
    told = waiting.result(20).json()
    assert told["status"] == "failed" and told["error"].startswith("No such customer")
    assert "geheim" not in told["error"]


def test_when_time_is_up_the_execution_is_named(hub: Hub, hook: Hook) -> None:
    began = perf_counter()
    answer = httpx.post(f"{hub.url}{hook.path}?wait=0.3", content="hello", timeout=30)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert answer.json()["executionId"] == str(hook.runs()[0].pk)
    assert 0.3 <= perf_counter() - began < 5


def test_a_repeated_delivery_waits_for_the_same_run(hub: Hub, hook: Hook, hands: ThreadPoolExecutor) -> None:
    robot = robot_named("bot")
    both = [hands.submit(call, hub, hook, **{"X-Delivery-Id": "1"}) for _ in range(2)]
    end_first(robot, result=7)
    assert [one.result(20).json()["result"] for one in both] == [7, 7]
    assert len(hook.runs()) == 1


@pytest.mark.parametrize("is_signed", [False, True])
def test_of_concurrent_twins_one_run_comes(
    hub: Hub, developer: Person, hands: ThreadPoolExecutor, is_signed: bool
) -> None:
    hook = hook_by(developer, secret="of both" if is_signed else "")
    for place in range(10):
        named = signed("of both", "hello") if is_signed else {"X-Delivery-Id": f"twin {place}"}
        headers = {name.replace("_", "-"): value for name, value in named.items()}
        calls = [hands.submit(httpx.post, f"{hub.url}{hook.path}", content="hello", headers=headers) for _ in range(8)]
        answers = [one.result(20) for one in calls]
        assert {one.status_code for one in answers} == {200}
        assert len({one.json()["executionId"] for one in answers}) == 1
    assert len(hook.runs()) == len(hook.firings()) == 10
