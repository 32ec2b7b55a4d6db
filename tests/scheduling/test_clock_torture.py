"""Beat, the clock's worker and the database are killed again and again: afterwards the ledger is complete."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import URLError
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


def kill_at_random(hub: Hub) -> None:
    """Every one of them before any of them again, in an order by chance."""
    chance, ends = random.Random(SEED), time.monotonic() + SECONDS
    while time.monotonic() < ends:
        for words in chance.sample(VICTIMS, len(VICTIMS)):
            time.sleep(KILL_EVERY)
            until(partial(_kill, hub, words), PATIENCE)


def _kill(hub: Hub, words: tuple[str, ...]) -> bool:
    """False while it is being started again."""
    try:
        hub.child(*words).kill()
    except (ValueError, psutil.NoSuchProcess):
        return False
    return True


def test_every_due_time_goes_off_once_whoever_is_killed(hub: Hub) -> None:
    person = Person(hub)
    flow = person.post("/workflows", workflow_name="Tortured", workflow_json=GRAPH)["workflow_id"]
    ids = [_schedule(person, flow, number) for number in range(SCHEDULES)]

    kill_at_random(hub)
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
    try:
        schedules = person.all_of("/schedules?limit=1000")
    except URLError:
        # The last to be killed was the database, and nobody had seen it yet.
        return False
    now = datetime.now().astimezone()
    return all(datetime.fromisoformat(row["next_run"]) > now for row in schedules)
