"""A queue with a long past: claims beside a million finished runs, bulk enqueue, and the list of runs.

Goals: a claim costs at most 1.3 times what it costs beside a thousand; 15,000 runs/s enter in bulk; 400 pages of 100
runs a second, the first page and the thousandth.
"""

import base64
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median
from uuid import UUID

import orjson

from tests.benchmarks.hub import GATEWAY, signed_in, stand_on_servers
from tests.benchmarks.load import Load, Result, get
from tests.benchmarks.measuring import RUNS, Row, Running, measure_into, started, table

FEW, MANY = 1_000, 1_000_000
CLAIMS, BULK = 300, 5_000
LOAD = Load(connections=8, seconds=3.0)
PAGE = 100
FIRST, THOUSANDTH, CONSTANT = "the first page", "the thousandth page", "GET /auth/me"
NOWHERE, SUMS = "of an environment without runs", "the sums of the flow that made all of them"


def run() -> Iterator[str]:
    stand_on_servers()
    small = _claims(FEW)
    yield _enqueue()
    large = _claims(MANY)
    yield (
        "### A claim beside finished runs, ms in one process, median of medians [min-max]\n\n"
        "| finished runs | a claim | PostgreSQL CPU us | beside the first |\n|---|---|---|---|\n"
        f"{_line(FEW, small, small)}{_line(MANY, large, small)}"
    )
    yield _pages()


def _claims(finished: int) -> list[tuple[float, float]]:
    """Of each round the median of its claims, and what the database spent on one."""
    from tests.benchmarks import queue_world

    world = queue_world.world()
    queue_world.fill_with_finished(world.flow, finished)
    return [_round(world) for _ in range(RUNS)]


def _round(world: object) -> tuple[float, float]:
    from django.utils import timezone

    from flows.models import Execution, Robot
    from flows.services import claiming
    from tests.benchmarks import queue_world

    flow = world.flow  # type: ignore[attr-defined]
    queue_world.enqueue(flow, CLAIMS)
    robot = Robot.objects.select_related("node").first()
    Robot.objects.filter(pk=robot.pk).update(max_concurrent=CLAIMS)
    took, before = [], queue_world.database_cpu()
    for _ in range(CLAIMS):
        began = time.perf_counter()
        assert claiming.claim(robot=robot, at=timezone.now())
        took.append((time.perf_counter() - began) * 1000)
    spent = (queue_world.database_cpu() - before) * 1e6 / CLAIMS
    Execution.objects.filter(status="claimed").delete()
    return median(took), spent


def _line(finished: int, found: list[tuple[float, float]], beside: list[tuple[float, float]]) -> str:
    took, spent = [one for one, _ in found], [one for _, one in found]
    ratio = median(took) / median(one for one, _ in beside)
    spread = f"{median(took):.2f} [{min(took):.2f}-{max(took):.2f}]"
    return f"| {finished:,} | {spread} | {median(spent):.0f} | {ratio:.2f} |\n"


def _enqueue() -> str:
    from tests.benchmarks import queue_world
    from tests.benchmarks.peers import insert_bare

    world = queue_world.world()
    ours, bare = [], []
    for _ in range(RUNS):
        ours.append(_per_second(lambda: queue_world.enqueue(world.flow, BULK)))
        bare.append(_per_second(lambda: insert_bare(BULK)))
    lines = [("the service", ours), ("INSERT ... SELECT unnest of three columns, psycopg", bare)]
    return "### Bulk enqueue, runs/s, 5,000 at a time\n\n| | runs/s, median [min-max] |\n|---|---|\n" + "".join(
        f"| {name} | {median(found):.0f} [{min(found):.0f}-{max(found):.0f}] |\n" for name, found in lines
    )


def _per_second(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(4):
        act()
    return 4 * BULK / (time.perf_counter() - began)


def _pages() -> str:
    paths = {FIRST: f"/api/v1/executions?limit={PAGE}", CONSTANT: "/api/v1/auth/me"}
    paths[THOUSANDTH] = f"{paths[FIRST]}&cursor={_cursor()}"
    paths |= {NOWHERE: f"{paths[FIRST]}&environment=nowhere", SUMS: f"/api/v1/flows/{_flow()}/executions/stats"}
    rows = {name: Row(name) for name in paths}
    with started(GATEWAY) as running:
        headers = {"Authorization": f"Bearer {signed_in(running.port)}"}
        for _ in range(RUNS):
            for name, row in rows.items():
                measure_into(row, running, _driver(paths[name], headers), LOAD.seconds)
    return table(f"GET /executions, {PAGE} of {MANY:,} runs, one process", list(rows.values()), beside=CONSTANT)


def _cursor() -> str:
    """As the list itself writes it, after a thousand pages."""
    from flows.models import Execution

    rows = Execution.objects.order_by("-created_at", "-id").values_list("created_at", "id")
    at, pk = rows[999 * PAGE - 1]
    assert at - timedelta(0)
    return base64.urlsafe_b64encode(orjson.dumps([at, pk])).decode().rstrip("=")


def _flow() -> UUID:
    from flows.models import Flow

    return Flow.objects.get().pk


def _driver(path: str, headers: dict[str, str]) -> Callable[[Running], Result]:
    return lambda running: get(running.port, path, LOAD, headers)
