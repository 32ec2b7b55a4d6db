"""What the queue is measured beside: bare SKIP LOCKED, Celery on Redis, Procrastinate on PostgreSQL."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Event, Thread
from typing import Any

import psutil
import psycopg

from tests.benchmarks.measuring import PROJECT

CONNECTIONS, WORKERS = 8, 2
DEPTH = 2_000
TABLE = """
    CREATE TABLE IF NOT EXISTS bench_bare (
        id bigserial PRIMARY KEY, status text NOT NULL DEFAULT 'queued', input jsonb, at timestamptz DEFAULT now()
    );
    CREATE INDEX IF NOT EXISTS bench_bare_queued ON bench_bare (id) WHERE status = 'queued';
    TRUNCATE bench_bare;
"""
TAKE = """
    UPDATE bench_bare SET status = 'claimed' WHERE id = ANY(ARRAY(
        SELECT id FROM bench_bare WHERE status = 'queued' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    )) RETURNING id, input
"""
DONE = "UPDATE bench_bare SET status = 'done' WHERE id = ANY(%s)"
INSERT = "INSERT INTO bench_bare (status, input) SELECT 'queued', unnest(%s::text[])::jsonb"


def insert_bare(count: int) -> None:
    with _line() as line:
        line.execute(TABLE)
        line.execute(INSERT, [['{"n":1}'] * count])


@contextmanager
def _line() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as line:
        yield line


def bare(found: Any, seconds: float, batch: int) -> None:
    from tests.benchmarks import queue_world

    insert_bare(60_000 if batch == 1 else 900_000)
    counts, over, before = [0] * CONNECTIONS, Event(), queue_world.database_cpu()
    threads = [Thread(target=_take_and_finish, args=(number, batch, counts, over)) for number in range(CONNECTIONS)]
    own = time.process_time()
    for thread in threads:
        thread.start()
    over.wait(seconds)
    over.set()
    for thread in threads:
        thread.join()
    done = sum(counts)
    found.rates.append(done / seconds)
    found.hub_us.append((time.process_time() - own) * 1e6 / done)
    found.others_us.append((queue_world.database_cpu() - before) * 1e6 / done)


def _take_and_finish(number: int, batch: int, counts: list[int], over: Event) -> None:
    with _line() as line:
        while not over.is_set():
            ids = [pk for pk, _ in line.execute(TAKE, [batch], prepare=True).fetchall()]
            line.execute(DONE, [ids], prepare=True)
            counts[number] += len(ids)


def celery(found: Any, seconds: float) -> None:
    from tests.benchmarks.peer_celery import app, left, noop

    app.control.purge()
    command = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.peer_celery", "worker", "--pool", "solo"]
    with _workers([*command, "--loglevel", "error", "--without-gossip", "--without-mingle"]) as workers:
        _until(lambda: len(app.control.ping(timeout=0.5)) == WORKERS)
        _drain(found, workers, noop.delay, left)


def procrastinate(found: Any, seconds: float) -> None:
    from tests.benchmarks import queue_world
    from tests.benchmarks.peer_procrastinate import app, left, noop, prepare

    prepare()
    command = [sys.executable, "-m", "procrastinate", "--app", "tests.benchmarks.peer_procrastinate.worker_app"]
    with app.open(), _workers([*command, "worker", "--concurrency", "1"]) as workers:
        noop.defer()
        _until(lambda: left() == 0)
        before = queue_world.database_cpu()
        _drain(found, workers, noop.defer, left)
        found.others_us.append((queue_world.database_cpu() - before) * 1e6 / DEPTH)


def _drain(found: Any, workers: list[psutil.Process], enqueue: Callable[[], object], left: Callable[[], int]) -> None:
    cpu, began = _cpu(workers), time.perf_counter()
    for _ in range(DEPTH):
        enqueue()
    _until(lambda: left() == 0)
    found.rates.append(DEPTH / (time.perf_counter() - began))
    found.hub_us.append((_cpu(workers) - cpu) * 1e6 / DEPTH)


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


@contextmanager
def _workers(command: list[str]) -> Iterator[list[psutil.Process]]:
    """With names of their own, because Celery would not have two of one name."""
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    names = [["-n", f"w{number}@bench"] if "celery" in command else [] for number in range(WORKERS)]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen([*command, *name], cwd=PROJECT, env=environment, **quiet) for name in names]
    try:
        yield [psutil.Process(one.pid) for one in running]
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(20)


def _until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "The peer did not come to an end."
        time.sleep(0.01)


@cache
def _there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


PEERS: dict[str, Callable[[Any, float], None]] = {
    "psycopg SKIP LOCKED, one at a time, 8 connections": lambda found, seconds: bare(found, seconds, 1),
    "psycopg SKIP LOCKED, 50 at a time, 8 connections": lambda found, seconds: bare(found, seconds, 50),
    "Celery on Redis, 2 workers (not durable)": celery,
    "Procrastinate, 2 workers": procrastinate,
}
