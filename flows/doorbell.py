"""Who is woken, by name and after the commit, when something of a flow changes."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction

from flows.choices import RunsOn
from flows.models import Flow
from rdos.kernel.bells import ring_on_commit

# Whoever waits for work listens to it.
QUEUE = "flows.queue"
RUN_ON_HUB = "flows.tasks.run_on_hub"
SETTLE_FLOW = "flows.tasks.settle_flow"
ADVANCE_ROLLOUT = "flows.tasks.advance_rollout"


def of_execution(pk: UUID) -> str:
    return f"execution.{pk}"


def of_robot(key: str) -> str:
    return f"robot.{key}"


def queued(flow: Flow, ids: Sequence[UUID], ready: bool) -> None:
    """What waits for its moment is found by the tick."""
    if not ids or not ready:
        return
    if flow.runs_on == RunsOn.HUB:
        for_workers(ids)
    else:
        more_in_queue(len(ids))


def more_in_queue(count: int) -> None:
    """How many it is for; a bell without a number is for everybody."""
    ring_on_commit(QUEUE, str(count))


def for_workers(ids: Sequence[UUID]) -> None:
    """Each of them is for the hub itself to run."""
    for pk in ids:
        send_task(RUN_ON_HUB, str(pk))


def room() -> None:
    """A run has ended: whoever had no room for more, or whose flow allowed no more, looks again."""
    ring_on_commit(QUEUE)


def changed(pk: UUID) -> None:
    ring_on_commit(of_execution(pk))


def cancelled(robot_key: str, pk: UUID) -> None:
    ring_on_commit(of_robot(robot_key), f"cancel {pk}")


# What people tell a robot on its socket.
ORDERS = ("pause", "resume", "shutdown", "restart", "status_request")


def ordered(robot_key: str, order: str) -> None:
    ring_on_commit(of_robot(robot_key), order)


def rollout_moved(pk: UUID) -> None:
    """Something of it was settled: it may be the next wave's turn."""
    send_task(ADVANCE_ROLLOUT, str(pk))


def send_task(name: str, *arguments: str) -> None:
    """A task that is lost with its broker is found again by the tick, so the change itself never fails with it."""
    transaction.on_commit(partial(current_app.send_task, name, args=arguments, ignore_result=True), robust=True)
