"""Runs from enqueue to complete by eight robots, on a PostgreSQL that waits for the disk, and how soon an idle robot
begins; peers in the same run.

Goals on two cores: over REST one at a time 400 runs/s and 4 ms of the hub's CPU for each; on sockets 1,000/s and 1 ms;
an idle robot on a socket begins within 5 ms (p50) and 13 ms (p99).
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import uvloop

from tests.benchmarks.hub import GATEWAY, signed_in, stand_on_servers
from tests.benchmarks.measuring import RUNS, Running, started

SECONDS, DEPTH = 5.0, 600
# What the queue is filled up by: few enough that the one who fills it is no load of its own.
BATCH = 50
ALARMS, ALARM_EVERY = 200, 0.03
ONE_AT_A_TIME = "the hub, REST, one at a time"
MANNERS: dict[str, tuple[str, dict[str, Any]]] = {
    ONE_AT_A_TIME: ("RestRobot", {}),
    "the hub, REST, long poll": ("RestRobot", {"wait": 10}),
    "the hub, sockets, one at a time": ("SocketRobot", {}),
    "the hub, sockets, 10 at once": ("SocketRobot", {"at_once": 10}),
}


@dataclass
class Found:
    rates: list[float] = field(default_factory=list)
    hub_us: list[float] = field(default_factory=list)
    others_us: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)

    def row(self, name: str, beside: float) -> str:
        rate, hub, others = (median(one) if one else 0.0 for one in (self.rates, self.hub_us, self.others_us))
        spread = f"{rate:.0f} [{min(self.rates):.0f}-{max(self.rates):.0f}]"
        return f"| {name} | {spread} | {rate / beside:.2f} | {hub:.0f} | {others:.0f} | {quantiles(self.waits_ms)} |"


def quantiles(values: list[float]) -> str:
    """The least as well: a virtual machine's own clock may round the others up."""
    if not values:
        return "-"
    found = sorted(values)
    return f"{found[0]:.1f} / {found[len(found) // 2]:.1f} / {found[len(found) * 99 // 100]:.1f}"


def run() -> Iterator[str]:
    stand_on_servers()
    yield _throughput()
    yield _latency()


def _throughput() -> str:
    from tests.benchmarks.peers import PEERS

    found = {name: Found() for name in (*MANNERS, *PEERS)}
    for _ in range(RUNS):
        for name, (kind, manner) in MANNERS.items():
            _measure(found[name], kind, manner)
        for name, measure in PEERS.items():
            measure(found[name], SECONDS)
    lines = [
        "### Enqueue, claim, complete: 8 robots, no-op runs, every commit on the disk, the queue kept filled meanwhile",
        "",
        "| | runs/s, median [min-max] | beside the first | CPU us/run: hub or workers | database or broker "
        "| from the last end to the next begin, ms min / p50 / p99 |",
        "|---|---|---|---|---|---|",
    ]
    reference = median(found[ONE_AT_A_TIME].rates)
    lines += [one.row(name, reference) for name, one in found.items() if one.rates]
    return "\n".join(lines) + "\n"


def _measure(found: Found, kind: str, manner: dict[str, Any]) -> None:
    from tests.benchmarks import queue_world

    world = queue_world.world()
    with started(GATEWAY) as running:
        uvloop.run(_work(running, world, kind, manner, 1.5))
        hub, database = running.cpu_seconds(), queue_world.database_cpu()
        robots = uvloop.run(_work(running, world, kind, manner, SECONDS))
        done = sum(robot.done for robot in robots)
        found.rates.append(done / SECONDS)
        found.hub_us.append((running.cpu_seconds() - hub) * 1e6 / done)
        found.others_us.append((queue_world.database_cpu() - database) * 1e6 / done)
        found.waits_ms += [second * 1000 for robot in robots for second in robot.claims]


def _crew(running: Running, world: Any, kind: str, manner: dict[str, Any]) -> list[Any]:
    from tests.benchmarks import fleet_of_robots

    make = getattr(fleet_of_robots, kind)
    return [make(running.port, token, key, **manner) for key, token in world.robots.items()]


async def _work(running: Running, world: Any, kind: str, manner: dict[str, Any], seconds: float) -> list[Any]:
    from tests.benchmarks.fleet_of_robots import work_for

    robots = _crew(running, world, kind, manner)
    await work_for(seconds, robots, _keep_filled(world, robots))
    return robots


async def _keep_filled(world: Any, robots: Any) -> None:
    """Somebody else enqueues meanwhile, as much as is taken."""
    from tests.benchmarks import queue_world

    given = 0
    while True:
        want = sum(robot.done for robot in robots) + DEPTH - given
        if want >= BATCH:
            await asyncio.to_thread(queue_world.enqueue_aside, world.flow, want)
            given += want
        await asyncio.sleep(0.02)


def _latency() -> str:
    kinds = {"long poll": ("RestRobot", {"wait": 30}), "socket": ("SocketRobot", {})}
    lines = [
        f"### From POST /executions to the begin in an idle robot: 8 robots wait, {ALARMS} runs one at a time",
        "",
        "| | ms min / p50 / p99 | the enqueuing call itself, ms min / p50 / p99 |",
        "|---|---|---|",
    ]
    for name, (kind, manner) in kinds.items():
        begins, calls = _idle(kind, manner)
        lines.append(f"| {name} | {quantiles(begins)} | {quantiles(calls)} |")
    return "\n".join(lines) + "\n"


def _idle(kind: str, manner: dict[str, Any]) -> tuple[list[float], list[float]]:
    from tests.benchmarks import queue_world

    world = queue_world.world()
    with started(GATEWAY) as running:
        return uvloop.run(_alarms(running, world, kind, manner, signed_in(running.port)))


async def _alarms(
    running: Running, world: Any, kind: str, manner: dict[str, Any], bearer: str
) -> tuple[list[float], list[float]]:
    from tests.benchmarks.fleet_of_robots import http

    began: asyncio.Queue[float] = asyncio.Queue()
    robots = _crew(running, world, kind, manner | {"begun": began.put_nowait})
    begins, calls = [], []
    working = [asyncio.create_task(robot.work()) for robot in robots]
    line = await http(running.port)
    await asyncio.sleep(1.0)
    for _ in range(ALARMS):
        asked = time.perf_counter()
        body = {"flow_id": world.flow.pk, "input": {"n": 1}}
        await line.post("/api/v1/executions", f"Authorization: Bearer {bearer}\r\nX-CSRF-Token: any\r\n", body)
        calls.append((time.perf_counter() - asked) * 1000)
        async with asyncio.timeout(10):
            begins.append((await began.get() - asked) * 1000)
        await asyncio.sleep(ALARM_EVERY)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    return begins, calls
