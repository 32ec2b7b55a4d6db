"""Beat and the clock's worker die, stand still, or run twice: nothing is lost, and nothing doubles."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rdos.environment import PROJECT_DIR
from tests.up.hosting import scratch, until
from tests.up.test_story import Hub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
# From the death of a part until everything that was due has gone off.
WITHIN = 10
SCHEDULE = """
from django.utils import timezone
from accounts.authentication import actor_of_user
from accounts.models import User
from flows.services import flows
from scheduling.services import triggers
actor, at = actor_of_user(User.objects.get()), timezone.now()
content = {"nodes": {"a": {"node_id": "a", "node_type": "StartNode", "config": {}}}, "connections": []}
flow = flows.create(actor=actor, name="Every second", content=content, status="running")
part = {"timing": "interval", "every_seconds": 1, "misfire": "run_all"}
triggers.create(actor=actor, flow_id=flow.pk, kind="schedule", name="Every second", at=at, part=part)
"""
# Whole: every second from the first to the last has gone off, and the last is this one or the one before.
CAUGHT_UP = """
SELECT count(*) = extract(epoch FROM max(due_at) - min(due_at)) + 1
    AND count(DISTINCT due_at) = count(*) AND count(DISTINCT execution_id) = count(*)
    AND max(due_at) > now() - interval '2 seconds' AND max(fired_at) > %s
FROM scheduling_firing
"""
RUNS = "SELECT count(*) = (SELECT count(*) FROM scheduling_firing) FROM flows_execution"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with scratch() as place:
        found = Hub(place / "var", "--no-simulate").ready()
        yield found
        found.stop()


def manage(hub: Hub, *words: str) -> "subprocess.Popen[bytes]":
    only = {name: value for name, value in hub.environment.items() if name != "PORT"}
    with hub.log.with_suffix(".more").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "manage.py", *words], cwd=PROJECT_DIR, env=only, stdout=log, stderr=log
        )


@contextmanager
def asking(directory: Path) -> Iterator[Any]:
    lines = (directory / "hub.env").read_text().splitlines()
    [url] = [line.partition("=")[2].strip("'\"") for line in lines if line.startswith("DATABASE_URL=")]
    with psycopg.connect(url, autocommit=True) as connection:

        def ask(sql: str, *given: Any) -> Any:
            row = connection.execute(sql, given).fetchone()
            return row[0] if row else None

        yield ask


def told(ask: Any, action: str) -> int:
    return int(ask("SELECT count(*) FROM telemetry_event WHERE action = %s", action))


def test_the_clock_survives_the_death_of_its_parts_and_tells_of_its_silence(hub: Hub) -> None:
    assert manage(hub, "shell", "-v", "0", "-c", SCHEDULE).wait(60) == 0
    with asking(hub.directory) as ask:
        begun = ask("SELECT now()")
        until(lambda: ask(CAUGHT_UP, begun), 20)

        for part in (("beat",), ("worker", "--clock")):
            hub.child(*part).kill()
            killed = ask("SELECT now()")
            until(lambda killed=killed: ask(CAUGHT_UP, killed), WITHIN)

        # A second clock beside the first, and then the first is gone without anybody noticing.
        second = [manage(hub, "beat"), manage(hub, "worker", "--clock")]
        try:
            until(lambda: ask("SELECT count(*) > 20 FROM scheduling_firing"), 30)
            until(lambda: ask(CAUGHT_UP, ask("SELECT now() - interval '3 seconds'")), WITHIN)
        finally:
            for one in second:
                one.terminate()
            for one in second:
                one.wait(20)
        assert (told(ask, "clock.late"), told(ask, "clock.back")) == (0, 0)

        worker = hub.child("worker", "--clock")
        worker.suspend()
        until(lambda: told(ask, "clock.late"), 60)
        assert hub.get("/health/detailed") == 200
        worker.resume()
        resumed = ask("SELECT now()")
        until(lambda: ask(CAUGHT_UP, resumed) and told(ask, "clock.back"), WITHIN)
        assert (told(ask, "clock.late"), told(ask, "clock.back")) == (1, 1)
        until(lambda: ask(RUNS), 5)
