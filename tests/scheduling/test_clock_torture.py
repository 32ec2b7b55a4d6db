"""Beat, the clock's worker and the database are killed again and again: afterwards the ledger is complete."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest

from tests.up.hosting import scratch, until
from tests.up.test_story import Hub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
# 25 schedules that are due every three seconds go off 500 times a minute.
SCHEDULES, EVERY = 25, 3
SECONDS, KILL_EVERY, SEED = 40, 4.0, 5
PATIENCE = 60.0
VICTIMS = (("beat",), ("worker", "--clock"), ("postgres",))
GRAPH = {"nodes": {"a": {"node_id": "a", "node_type": "StartNode", "config": {}}}, "connections": []}


@pytest.fixture
def hub() -> Iterator[Hub]:
    with scratch() as place:
        running = Hub(Path(place) / "var", RDOS_ADMIN_USERNAME="ada", RDOS_ADMIN_PASSWORD="Right-Answer-42").ready()
        yield running
        running.stop()


class Person:
    def __init__(self, hub: Hub) -> None:
        self._url = f"http://127.0.0.1:{hub.port}/api/v1"
        self._token = ""
        self._token = self.post("/auth/login", username="ada", password="Right-Answer-42")["access_token"]

    def post(self, path: str, **body: Any) -> Any:
        return self._ask(path, json.dumps(body).encode())

    def all_of(self, path: str) -> list[dict[str, Any]]:
        """Every page of a list."""
        found: list[dict[str, Any]] = []
        following = path
        while following:
            rows, following = self._page(following)
            found.extend(rows)
        return found

    def _page(self, path: str) -> tuple[list[dict[str, Any]], str]:
        with urlopen(self._request(path), timeout=20) as answer:
            link = answer.headers.get("Link", "")
            rest = link.partition("/api/v1")[2].partition(">")[0] if 'rel="next"' in link else ""
            return json.load(answer), rest

    def _ask(self, path: str, body: bytes) -> Any:
        with urlopen(self._request(path, body), timeout=20) as answer:
            return json.load(answer)

    def _request(self, path: str, body: bytes | None = None) -> Request:
        # A GET with a content type is one dashboard's, which wants its lists in another shape.
        heads = {} if body is None else {"Content-Type": "application/json"}
        if self._token:
            heads["Authorization"] = f"Bearer {self._token}"
        return Request(f"{self._url}{path}", body, heads)


def kill_at_random(hub: Hub) -> Counter[str]:
    chance, killed = random.Random(SEED), Counter[str]()
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        time.sleep(KILL_EVERY)
        words = chance.choice(VICTIMS)
        for victim in _running(hub, words):
            victim.kill()
            killed[words[0]] += 1
    return killed


def _running(hub: Hub, words: tuple[str, ...]) -> list[psutil.Process]:
    """None while it is being started again."""
    try:
        return [hub.child(*words)]
    except ValueError:
        return []


def test_every_due_time_goes_off_once_whoever_is_killed(hub: Hub) -> None:
    person = Person(hub)
    flow = person.post("/workflows", workflow_name="Tortured", workflow_json=GRAPH)["workflow_id"]
    ids = [_schedule(person, flow, number) for number in range(SCHEDULES)]

    killed = kill_at_random(hub)
    assert len(killed) == len(VICTIMS), killed
    until(lambda: hub.get("/health/ready") == 200, PATIENCE)
    until(lambda: _is_caught_up(person), PATIENCE)

    for pk in ids:
        person.post(f"/schedules/{pk}/disable")

    firings = person.all_of("/firings?limit=100")
    runs = Counter(run["trigger_id"] for run in person.all_of("/executions?trigger_type=schedule&limit=100"))
    for pk in ids:
        mine = [row for row in firings if row["trigger_id"] == pk]
        dues = sorted(datetime.fromisoformat(row["due_at"]) for row in mine)
        assert {row["outcome"] for row in mine} == {"started"}
        assert {later - sooner for sooner, later in pairwise(dues)} == {timedelta(seconds=EVERY)}
        assert len({row["execution_id"] for row in mine}) == len(mine) == runs[pk]
        assert len(mine) >= SECONDS // EVERY


def _schedule(person: Person, flow: str, number: int) -> str:
    made = person.post(
        "/schedules",
        workflow_id=flow,
        schedule_name=f"Every three seconds, {number}",
        timing="interval",
        every_seconds=EVERY,
        misfire="run_all",
        catch_up_seconds=3600,
    )
    return str(made["schedule_id"])


def _is_caught_up(person: Person) -> bool:
    schedules = person.all_of("/schedules?limit=1000")
    now = datetime.now().astimezone()
    return all(datetime.fromisoformat(row["next_run"]) > now for row in schedules)
