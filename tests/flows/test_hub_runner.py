"""What the hub runs itself: a Celery task that takes a run, carries it out, and gives way."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.utils import timezone

from flows import tasks
from flows.models import DeadLetter, Execution, Flow, RunLine, Step
from flows.services import executions, hub_claims, leases, queueing, running
from rdos.kernel.journal import SYSTEM
from tests.devices.conftest import until
from tests.flows.graphs import ADDING, FAILING, flow_of, waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The tasks that were sent, which a test runs by itself."""
    sent: list[str] = []
    monkeypatch.setattr("flows.doorbell.current_app.send_task", lambda name, args, **_: sent.append(args[0]))
    yield sent


def hub_flow(content: dict[str, Any], **fields: Any) -> Flow:
    return flow_of(content, runs_on="hub", **fields)


def begin(flow: Flow, given: Any = None) -> Execution:
    return queueing.enqueue(flow=flow, start=queueing.Start(who=SYSTEM), given=given, at=timezone.now())


def now(execution: Execution) -> Execution:
    return Execution.objects.get(pk=execution.pk)


def test_a_run_is_carried_out_with_its_steps_and_lines(told: list[str]) -> None:
    run = begin(hub_flow(ADDING), {"given": 5})
    assert told == [str(run.pk)]
    tasks.run_on_hub(told[0])
    ended = now(run)
    assert (ended.status, ended.progress, ended.fence, ended.robot_key) == ("succeeded", 100, 1, "@hub")
    assert ended.result["variables"] == {"given": 5, "n": 7.0}
    assert ended.started_at and ended.completed_at and ended.lease_until is None
    steps = list(Step.objects.filter(execution=run).order_by("id").values_list("node_id", "status", "fence"))
    assert steps == [(name, "completed", 1) for name in ("begin", "set", "more", "say", "end")]
    assert [line.message for line in RunLine.objects.filter(execution=run)] == ["n is 7.0"]


def test_a_task_that_comes_twice_does_nothing_the_second_time(told: list[str]) -> None:
    run = begin(hub_flow(ADDING), {"given": 1})
    tasks.run_on_hub(str(run.pk))
    before = now(run)
    tasks.run_on_hub(str(run.pk))
    assert (now(run).fence, now(run).completed_at) == (1, before.completed_at)
    assert Step.objects.count() == 5


def test_what_fails_is_tried_again_and_then_is_a_dead_letter(told: list[str]) -> None:
    run = begin(hub_flow(FAILING, max_retries=1))
    tasks.run_on_hub(str(run.pk))
    first = now(run)
    assert (first.status, first.retry_count, first.error) == ("queued", 1, "it broke")
    tasks.run_on_hub(str(run.pk))
    assert now(run).fence == 1, "its pause is not over"
    Execution.objects.filter(pk=run.pk).update(ready_at=timezone.now())
    tasks.run_on_hub(str(run.pk))
    assert now(run).status == "failed"
    assert DeadLetter.objects.filter(execution=run).exists()
    assert list(Step.objects.values_list("node_id", "status", "fence").order_by("id")) == [
        ("begin", "completed", 1), ("throw", "failed", 1), ("begin", "completed", 2), ("throw", "failed", 2),
    ]  # fmt: skip


def test_what_nothing_could_run_is_not_tried_again(told: list[str]) -> None:
    run = begin(hub_flow({"nodes": {}, "connections": []}))
    tasks.run_on_hub(str(run.pk))
    assert (now(run).status, now(run).error_type) == ("failed", "ValidationError")


def test_a_long_wait_gives_the_worker_free_and_goes_on_where_it_was(told: list[str]) -> None:
    run = begin(hub_flow(waiting(60)))
    tasks.run_on_hub(str(run.pk))
    parked = now(run)
    assert (parked.status, parked.lease_until, parked.ends_by) == ("waiting", None, None)
    assert isinstance(parked.parked, str)
    assert timedelta(seconds=55) < parked.wake_at - timezone.now() <= timedelta(seconds=60)
    told.clear()
    leases.sweep(parked.wake_at)
    assert told == [str(run.pk)]
    assert now(run).status == "queued"
    # Its moment, without waiting for it.
    state = orjson.loads(parked.parked)
    state["progress"]["waiting"]["until"] -= 60
    Execution.objects.filter(pk=run.pk).update(parked=orjson.dumps(state).decode(), ready_at=timezone.now())
    tasks.run_on_hub(str(run.pk))
    assert (now(run).status, now(run).fence, now(run).parked) == ("succeeded", 2, None)
    steps = list(Step.objects.order_by("id").values_list("node_id", "fence"))
    assert steps == [("begin", 1), ("wait", 2), ("end", 2)]


def test_a_parked_run_can_be_cancelled_and_its_wake_up_does_nothing(told: list[str]) -> None:
    run = begin(hub_flow(waiting(60)))
    tasks.run_on_hub(str(run.pk))
    assert executions.end_by_hand(pk=run.pk, at=timezone.now(), reason="by hand")
    leases.sweep(timezone.now() + timedelta(hours=1))
    tasks.run_on_hub(str(run.pk))
    assert now(run).status == "cancelled"


def in_the_background(pk: UUID) -> threading.Thread:
    def work() -> None:
        from django.db import connections

        tasks.run_on_hub(str(pk))
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_run_that_is_cancelled_meanwhile_stops(told: list[str]) -> None:
    run = begin(hub_flow(waiting(4.9)))
    worker = in_the_background(run.pk)
    until(lambda: Step.objects.filter(execution=run).exists())
    assert executions.end_by_hand(pk=run.pk, at=timezone.now(), reason="by hand")
    worker.join(3)
    assert not worker.is_alive(), "it does not wait to the end"
    assert (now(run).status, now(run).error) == ("cancelled", "by hand")
    assert list(Step.objects.values_list("node_id", flat=True)) == ["begin"]


def test_what_two_workers_are_told_of_is_run_by_one(told: list[str]) -> None:
    run = begin(hub_flow(waiting(0.3)))
    workers = [in_the_background(run.pk) for _ in range(4)]
    for worker in workers:
        worker.join(10)
    assert (now(run).status, now(run).fence, Step.objects.count()) == ("succeeded", 1, 3)


def test_a_worker_that_died_is_replaced_after_its_lease(told: list[str]) -> None:
    run = begin(hub_flow(ADDING), {"given": 1})
    assert hub_claims.take(pk=run.pk, at=timezone.now() - timedelta(minutes=2)) is None, "not before its moment"
    Execution.objects.filter(pk=run.pk).update(ready_at=timezone.now() - timedelta(minutes=3))
    assert hub_claims.take(pk=run.pk, at=timezone.now() - timedelta(minutes=2)) is not None
    leases.sweep(timezone.now())
    assert (now(run).status, now(run).retry_count) == ("queued", 1)
    tasks.run_on_hub(str(run.pk))
    assert (now(run).status, now(run).fence) == ("succeeded", 2)


def test_whoever_lost_its_lease_changes_nothing_more(told: list[str]) -> None:
    run = begin(hub_flow(ADDING), {"given": 1})
    grant = hub_claims.take(pk=run.pk, at=timezone.now())
    Execution.objects.filter(pk=run.pk).update(fence=7)
    late = running.Run(grant, running.Clock(timezone.now()))
    with pytest.raises(running.Over):
        late.outcome()
    assert not Step.objects.exists() and now(run).status == "running"


def test_what_no_worker_took_is_offered_again_but_not_all_the_time(told: list[str]) -> None:
    run, at = begin(hub_flow(ADDING)), timezone.now()
    told.clear()
    assert hub_claims.offer(at) == 0, "its first task may still be on its way"
    at += timedelta(seconds=2)
    assert hub_claims.offer(at) == 1
    assert hub_claims.offer(at + timedelta(seconds=30)) == 0
    assert hub_claims.offer(at + timedelta(seconds=61)) == 1
    assert told == [str(run.pk)] * 2


def test_a_flow_with_a_limit_is_run_one_after_the_other(told: list[str]) -> None:
    flow = hub_flow(ADDING, max_concurrent=1)
    first, second = begin(flow, {"given": 1}), begin(flow, {"given": 2})
    assert hub_claims.take(pk=first.pk, at=timezone.now()) is not None
    tasks.run_on_hub(str(second.pk))
    assert now(second).status == "queued"
    Execution.objects.filter(pk=first.pk).update(status="queued", lease_until=None)
    told.clear()
    tasks.run_on_hub(str(first.pk))
    assert told == [str(second.pk)], "whose turn it is now"
    tasks.run_on_hub(str(second.pk))
    assert {now(first).status, now(second).status} == {"succeeded"}


def test_a_flow_that_was_stopped_is_not_begun(told: list[str]) -> None:
    flow = hub_flow(ADDING)
    run = begin(flow)
    Flow.objects.filter(pk=flow.pk).update(status="stopped")
    tasks.run_on_hub(str(run.pk))
    assert now(run).status == "queued"
