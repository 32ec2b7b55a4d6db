"""What tests/flows/test_queue_torture.py starts: claimers and sweepers in processes of their own, some of which die.

    python -m tests.flows.torturing <directory> <seconds> <seed>

Each claimer writes down what it did right after it did it. A process that is killed in between has written less than
it did, and never more.
"""

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import django

if __name__ == "__main__":
    from flows import outcomes

    # Before the statement of settling is made: a run that failed is tried again soon.
    outcomes.FIRST_PAUSE = 0.02
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdos.settings")
    django.setup()

from flows.errors import ExecutionNotFound, NotYours
from flows.models import Execution, Flow, Robot
from flows.outcomes import Outcome
from flows.services import claiming, executions, leases, queueing, settling
from flows.services.claiming import Grant
from rdos.kernel.clock import database_now
from rdos.kernel.journal import SYSTEM

CLAIMERS, PROCESSES, SWEEPERS = 16, 8, 2
LEASE = timedelta(seconds=1)
KILL_EVERY = 0.4
PATIENCE = 40.0
# Of each flow as many are open until the end, so that all who take have something to take.
ENOUGH = 60
OPEN = Execution.objects.filter(status__in=("queued", "claimed", "running"))
# Longer than the lease: whoever sleeps so long speaks with an old fence.
OVERSLEEPS = 1.3


class Claimer:
    def __init__(self, number: int, directory: Path, seed: int) -> None:
        # Two claimers of different processes share a robot and its room.
        self.key = f"robot-{number % (CLAIMERS // 2)}"
        self.chance = random.Random(seed)
        self.book = os.open(directory / f"claimer-{number}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def work(self) -> None:
        robot = Robot.objects.select_related("node").get(node__key=self.key)
        while True:
            for grant in claiming.claim(
                robot=robot, at=database_now(), limit=self.chance.choice([1, 1, 3]), lease=LEASE
            ):
                self.note("claimed", grant)
                self.carry_out(grant)
            time.sleep(self.chance.uniform(0, 0.02))

    def carry_out(self, grant: Grant) -> None:
        time.sleep(OVERSLEEPS if self.chance.random() < 0.04 else self.chance.uniform(0, 0.02))
        act = self.chance.choices([self.complete, self.fail, self.release, self.lie, self.go_on], [60, 15, 8, 7, 10])[0]
        act(grant)

    def complete(self, grant: Grant, fence: int | None = None) -> None:
        fence = grant.fence if fence is None else fence
        said = Outcome(grant.execution_id, self.key, True, result={"fence": fence}, fence=fence)
        if settling.settle([said], database_now()):
            self.note("completed", grant, fence)

    def fail(self, grant: Grant) -> None:
        again = self.chance.random() < 0.8
        said = Outcome(grant.execution_id, self.key, False, error="it broke", fence=grant.fence, retryable=again)
        if settling.settle([said], database_now()):
            self.note("failed", grant)

    def release(self, grant: Grant) -> None:
        self.ask(grant, "released", leases.release)

    def go_on(self, grant: Grant) -> None:
        self.ask(grant, "extended", lambda **facts: leases.extend(seconds=1, **facts))
        self.complete(grant)

    def lie(self, grant: Grant) -> None:
        """It says what only somebody else could say, and then the truth."""
        self.complete(grant, max(0, grant.fence - 1))
        said = Outcome(grant.execution_id, "somebody-else", True, fence=grant.fence)
        if settling.settle([said], database_now()):
            self.note("stolen", grant)
        self.complete(grant)

    def ask(self, grant: Grant, word: str, verb: Callable[..., Any]) -> None:
        with suppress(NotYours, ExecutionNotFound):
            verb(pk=grant.execution_id, robot_key=self.key, at=database_now(), fence=grant.fence)
            self.note(word, grant)

    def note(self, word: str, grant: Grant, fence: int | None = None) -> None:
        os.write(self.book, f"{word} {grant.execution_id} {grant.fence if fence is None else fence}\n".encode())


def claim_for_ever(directory: Path, number: int, seed: int) -> None:
    mine = [Claimer(one, directory, seed + one) for one in range(number, CLAIMERS, PROCESSES)]
    threads = [Thread(target=claimer.work) for claimer in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def sweep_for_ever() -> None:
    while True:
        leases.sweep(database_now())
        time.sleep(0.05)


def meddle(directory: Path, ends: float) -> None:
    """People start and cancel runs. They are never killed, but go home in time: whatever they did, they said."""
    flows = list(Flow.objects.all())
    with (directory / "people.log").open("a", buffering=1) as book:
        while time.monotonic() < ends:
            for pk in list(OPEN.order_by("?").values_list("pk", flat=True)[:2]):
                if executions.end_by_hand(pk=pk, at=database_now(), reason="by hand"):
                    book.write(f"cancelled {pk} 0\n")
            for flow in flows:
                if OPEN.filter(flow=flow).count() < ENOUGH:
                    book.writelines(f"enqueued {pk} 0\n" for pk in enqueue(flow, ENOUGH))
            time.sleep(0.2)


def enqueue(flow: Flow, count: int) -> list[UUID]:
    start = queueing.Start(who=SYSTEM)
    return queueing.enqueue_many(flow=flow, start=start, given=[None] * count, at=database_now())


def wait_until_empty() -> None:
    deadline = time.monotonic() + PATIENCE
    while OPEN.all().exists():
        assert time.monotonic() < deadline, "The queue was not emptied."
        time.sleep(0.1)


Job = Callable[[], None]


class Processes:
    """Forked from one that has everything loaded, and never a connection of its own. Only they are ever killed."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.jobs: dict[int, Job] = {}
        for number in range(PROCESSES):
            self.start(partial(claim_for_ever, directory, number, seed))
        for _ in range(SWEEPERS):
            self.start(sweep_for_ever)

    def start(self, job: Job) -> None:
        self.jobs[forked(job)] = job

    def kill_one(self) -> None:
        pid = self.chance.choice(list(self.jobs))
        job = self.jobs.pop(pid)
        end(pid)
        self.start(job)

    def end_all(self) -> int:
        """How many had ended by themselves, which none should."""
        lost = [pid for pid in self.jobs if os.waitpid(pid, os.WNOHANG)[0] == pid]
        for pid in self.jobs.keys() - set(lost):
            end(pid)
        return len(lost)


def forked(job: Job) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            job()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def main(directory: Path, seconds: float, seed: int) -> int:
    ends = time.monotonic() + seconds
    processes, people = Processes(directory, seed), forked(partial(meddle, directory, ends))
    try:
        while time.monotonic() < ends:
            time.sleep(KILL_EVERY)
            processes.kill_one()
        failed = [os.waitpid(pid, 0)[1] for pid in (people, forked(wait_until_empty))]
    finally:
        lost = processes.end_all()
    print(f"{lost} processes ended by themselves")
    return lost + any(failed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
