"""Sixteen claimers in processes that are killed at random: afterwards the ledger adds up."""

import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import dj_database_url
import psycopg
import pytest
from django.db import connection

from flows.choices import EXECUTION_LIFE, FINAL_EXECUTIONS
from flows.models import DeadLetter, Execution, LateResult, Robot
from tests.flows.story import flow_that_runs, robot_named
from tests.flows.torturing import CLAIMERS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(170)]
SECONDS, SEED = 25, 4
# What the database itself saw of every row, in the order in which it happened to that row.
LEDGER = """
    CREATE TABLE torture_moves (
        id bigserial, execution_id uuid, before text, after text, fence_before int, fence_after int, key text
    );
    CREATE FUNCTION torture_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO torture_moves (execution_id, before, after, fence_before, fence_after, key)
        VALUES (NEW.id, OLD.status, NEW.status, OLD.fence, NEW.fence, NEW.robot_key);
        RETURN NEW;
    END $$;
    CREATE TRIGGER torture_notes AFTER UPDATE ON flows_execution FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.fence IS DISTINCT FROM NEW.fence)
    EXECUTE FUNCTION torture_note();
"""
NO_LEDGER = "DROP TRIGGER torture_notes ON flows_execution; DROP FUNCTION torture_note; DROP TABLE torture_moves"
BEYOND = """
    SELECT 'flow ' || f.name, count(*) FROM flows_execution e JOIN flows_flow f ON f.id = e.flow_id
    WHERE e.status IN ('claimed', 'running') AND f.max_concurrent IS NOT NULL
    GROUP BY f.id HAVING count(*) > f.max_concurrent
    UNION ALL
    SELECT 'robot ' || r.node_id, count(*) FROM flows_execution e JOIN flows_robot r ON r.node_id = e.node_id
    WHERE e.status IN ('claimed', 'running') GROUP BY r.node_id HAVING count(*) > r.max_concurrent
"""
Moves = dict[UUID, list[tuple[str, str, int, int]]]


@pytest.fixture
def ledger(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(LEDGER)
    yield
    with connection.cursor() as cursor:
        cursor.execute(NO_LEDGER)


@pytest.fixture
def hub(ledger: None) -> None:
    for number in range(CLAIMERS // 2):
        robot_named(f"robot-{number}", max_concurrent=1 + number % 3)
    for name, most in (("free", None), ("tight", 1), ("pair", 3)):
        flow_that_runs(name, max_concurrent=most, max_retries=5)


class Monitor:
    """Looks at all that is held, again and again, as anybody could at any moment."""

    def __init__(self, url: str) -> None:
        self.url, self.over = url, Event()
        self.looks, self.seen = 0, Counter[str]()
        self.thread = Thread(target=self.look)

    def __enter__(self) -> "Monitor":
        self.thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.over.set()
        self.thread.join()

    def look(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as line:
            while not self.over.wait(0.005):
                self.seen.update(name for name, _ in line.execute(BEYOND).fetchall())
                self.looks += 1


def test_whatever_dies_every_run_ends_once_and_no_limit_is_passed(hub: None, tmp_path: Path) -> None:
    environment, url = os.environ | {"LOG_LEVEL": "error"}, _url()
    environment["DATABASE_URL"] = url
    command = [sys.executable, "-m", "tests.flows.torturing", str(tmp_path), str(SECONDS), str(SEED)]
    began = time.monotonic()
    with Monitor(url) as monitor:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert monitor.looks > 100
    assert not monitor.seen
    told, moves = _told(tmp_path), _moves()
    _every_run_ended_once({pk for pk, _ in told["enqueued"]}, moves)
    _every_step_is_an_arrow_and_every_grant_has_its_own_fence(moves)
    _whatever_was_told_is_in_the_ledger(told, moves)
    _nothing_else_was_left_behind(moves)
    assert not told["stolen"]
    assert LateResult.objects.count() > 20
    assert time.monotonic() - began < 90


def _url() -> str:
    """Of the database of this test, for other processes."""
    before, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    assert dj_database_url.parse(before)["NAME"] != name
    return f"{before.rpartition('/')[0]}/{name}"


def _told(directory: Path) -> dict[str, set[tuple[UUID, int]]]:
    """What everybody wrote down, by the word for it. Nothing is told twice."""
    told: dict[str, set[tuple[UUID, int]]] = defaultdict(set)
    for book in directory.glob("*.log"):
        for word, pk, fence in map(str.split, book.read_text().splitlines()):
            assert (UUID(pk), int(fence)) not in told[word]
            told[word].add((UUID(pk), int(fence)))
    return told


def _moves() -> Moves:
    moves: Moves = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT execution_id, before, after, fence_before, fence_after FROM torture_moves ORDER BY id")
        for pk, *move in cursor.fetchall():
            moves.setdefault(pk, []).append(tuple(move))
    return moves


def _every_run_ended_once(enqueued: set[UUID], moves: Moves) -> None:
    rows = dict(Execution.objects.values_list("pk", "status"))
    # Differences, so that a failure names the few and not the thousands.
    assert list(rows.keys() ^ enqueued) == []
    assert list(rows.keys() ^ moves.keys()) == []
    assert len(rows) > 500
    for pk, status in rows.items():
        ends = [after for _, after, _, _ in moves[pk] if after in FINAL_EXECUTIONS]
        assert ends == [status]
        assert moves[pk][-1][1] == status


def _every_step_is_an_arrow_and_every_grant_has_its_own_fence(moves: Moves) -> None:
    for steps in moves.values():
        at, fence = "queued", 0
        for before, after, fence_before, fence_after in steps:
            assert (before, fence_before) == (at, fence)
            assert after in EXECUTION_LIFE.arrows[before]
            given_back = (before, after) == ("claimed", "queued") and fence_after == fence - 1
            assert fence_after == fence + (after == "claimed") or given_back
            at, fence = after, fence_after


def _whatever_was_told_is_in_the_ledger(told: dict[str, set[tuple[UUID, int]]], moves: Moves) -> None:
    """What somebody was told has counted did so under that very fence, and only what was granted was claimed."""
    granted = {(pk, fence) for pk, steps in moves.items() for _, after, _, fence in steps if after == "claimed"}
    assert told["claimed"] <= granted
    ends = {(pk, steps[-1][1], steps[-1][3]) for pk, steps in moves.items()}
    assert {(pk, "succeeded", fence) for pk, fence in told["completed"]} <= ends
    assert {(pk, "cancelled") for pk, _ in told["cancelled"]} <= {(pk, status) for pk, status, _ in ends}
    results = dict(Execution.objects.filter(status="succeeded").values_list("pk", "result__fence"))
    assert {(pk, "succeeded", fence) for pk, fence in results.items()} == {one for one in ends if one[1] == "succeeded"}
    assert {status for _, status, _ in ends} >= {"succeeded", "failed", "cancelled"}


def _nothing_else_was_left_behind(moves: Moves) -> None:
    failed = {pk for pk, steps in moves.items() if steps[-1][1] in ("failed", "timed_out")}
    assert set(DeadLetter.objects.values_list("execution_id", flat=True)) == failed
    assert not Execution.objects.filter(lease_until__isnull=False).exists()
    assert Robot.objects.count() == CLAIMERS // 2
