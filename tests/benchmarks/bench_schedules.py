"""Schedules that are due in the same second: how late their runs are on disk, and what the clock costs while idle.

Goals: an empty tick below 20 ms, and at most 2 % of a core, at 100,000 schedules; 1,000 due at once at most 0.7 s late
(p99), 10,000 at most 2.5 s. Beside it the scheduler of django-celery-beat with as many crontab rows.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import median

import psutil

from tests.benchmarks.hub import stand_on_servers
from tests.benchmarks.measuring import PROJECT, RUNS

EMPTY_TICKS = 200
LEAD = timedelta(seconds=5)
IDLE_SECONDS = 20.0
# Schedules in the table, and how many of them are due at once.
CASES = ((10_000, 1_000), (100_000, 1_000), (100_000, 10_000))
PATIENCE = 60.0


def run() -> Iterator[str]:
    stand_on_servers()
    yield _empty()
    yield _late()
    from tests.benchmarks import peer_beat

    yield peer_beat.table()


def _empty() -> str:
    from tests.benchmarks import schedules_world

    lines = ["### A tick that finds nothing due, in one process", ""]
    lines += ["| schedules | ms | CPU at 4 ticks/s |", "|---|---|---|"]
    for many in (10_000, 100_000):
        schedules_world.fill(many)
        took, cpu = _ticks()
        lines.append(f"| {many:,} | {median(took):.2f} [{min(took):.2f}-{max(took):.2f}] | {cpu * 4:.2%} of a core |")
    return "\n".join(lines) + "\n"


def _ticks() -> tuple[list[float], float]:
    """Milliseconds of each, and CPU seconds of one: ours and the database's."""
    from django.utils import timezone

    from scheduling.services import clock
    from tests.benchmarks import queue_world

    took, own, database = [], time.process_time(), queue_world.database_cpu()
    for _ in range(EMPTY_TICKS):
        began = time.perf_counter()
        assert clock.fire_due(timezone.now()) == 0
        took.append((time.perf_counter() - began) * 1000)
    return took, (time.process_time() - own + queue_world.database_cpu() - database) / EMPTY_TICKS


def _late() -> str:
    lines = [
        "### Due in the same second, with beat and the clock's worker: seconds until their runs are on disk",
        "",
        "| schedules | due at once | p50 | p99 | the last | CPU of clock, ms each |",
        "|---|---|---|---|---|---|",
    ]
    with clockwork() as processes:
        for many, due in CASES:
            found = [_one(many, due, processes) for _ in range(RUNS)]
            columns = [f"{median(one[place] for one in found):.2f}" for place in range(3)]
            cost = median(one[3] for one in found)
            lines.append(f"| {many:,} | {due:,} | {' | '.join(columns)} | {cost:.2f} |")
        lines.append(f"\nBeat and the clock's worker with nothing due: {_idle(processes):.1%} of a core.")
    return "\n".join(lines) + "\n"


def _one(many: int, due: int, processes: list[psutil.Process]) -> tuple[float, float, float, float]:
    from tests.benchmarks import schedules_world

    schedules_world.fill(many)
    moment = schedules_world.make_due(due, LEAD)
    cpu = _cpu(processes)
    late = schedules_world.watch(due, moment, PATIENCE)
    return late[len(late) // 2], late[int(len(late) * 0.99) - 1], late[-1], (_cpu(processes) - cpu) * 1000 / due


def _idle(processes: list[psutil.Process]) -> float:
    before = _cpu(processes)
    time.sleep(IDLE_SECONDS)
    return (_cpu(processes) - before) / IDLE_SECONDS


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


@contextmanager
def clockwork() -> Iterator[list[psutil.Process]]:
    """As `up` starts them."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    commands = (["beat"], ["worker", "--clock"])
    running = [
        subprocess.Popen([sys.executable, "manage.py", *words], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
        for words in commands
    ]
    try:
        _until_it_ticks()
        yield [psutil.Process(one.pid) for one in running]
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(20)


def _until_it_ticks() -> None:
    from tests.benchmarks import schedules_world

    schedules_world.fill(10)
    moment: datetime = schedules_world.make_due(1, timedelta(seconds=1))
    schedules_world.watch(1, moment, PATIENCE)
