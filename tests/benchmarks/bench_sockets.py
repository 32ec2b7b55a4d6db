"""What an idle node costs in memory beside a bare Channels echo, and how soon a whole fleet is back after a restart.

Goals: 60 KiB for each connection; 2,000 nodes online within 30 s of the gateway's return.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import uvloop

from tests.benchmarks.bench_stats import ECHO
from tests.benchmarks.hub import GATEWAY, stand_on_servers
from tests.benchmarks.measuring import RUNS, Running, free_port, started

IDLE, STORM = 5000, 2000
# Memory is read when what was needed only for the handshakes had time to go.
SETTLE_SECONDS = 3.0


def run() -> Iterator[str]:
    stand_on_servers()
    yield _idle()
    yield _storm()


def _idle() -> str:
    from tests.benchmarks.nodes import crew

    people, hub, echo = crew(IDLE), [], []
    for _ in range(RUNS):
        with started(GATEWAY) as running:
            hub.append(uvloop.run(_hub_memory(running, people)))
        with started(ECHO) as running:
            echo.append(uvloop.run(_echo_memory(running)))
    return (
        f"### {IDLE} idle connections\n\n| | KiB each, median [min-max] | beside the echo |\n|---|---|---|\n"
        f"| the hub | {_spread(hub, 1)} | {median(hub) / median(echo):.2f} |\n"
        f"| Channels echo | {_spread(echo, 1)} | 1.00 |\n"
    )


async def _hub_memory(running: Running, people: Sequence[Any]) -> float:
    from tests.benchmarks.nodes import fleet

    async with fleet(running.port, people[:20]):
        before = running.kibibytes()
    async with fleet(running.port, people):
        await asyncio.sleep(SETTLE_SECONDS)
        return (running.kibibytes() - before) / len(people)


async def _echo_memory(running: Running) -> float:
    from tests.benchmarks.nodes import echoes

    async with echoes(running.port, 20):
        before = running.kibibytes()
    async with echoes(running.port, IDLE):
        await asyncio.sleep(SETTLE_SECONDS)
        return (running.kibibytes() - before) / IDLE


def _storm() -> str:
    found = [uvloop.run(_storm_once()) for _ in range(RUNS)]
    from_return, from_end = ([one[place] for one in found] for place in (0, 1))
    return (
        f"### {STORM} nodes come back after a restart of the gateway, each trying again within a second\n\n"
        "| | seconds, median [min-max] |\n|---|---|\n"
        f"| from the port's return until every row is online | {_spread(from_return, 1)} |\n"
        f"| from the end of the old gateway | {_spread(from_end, 1)} |\n"
    )


async def _storm_once() -> tuple[float, float]:
    from asgiref.sync import sync_to_async

    from tests.benchmarks.nodes import crew, fleet, until

    port, loop = free_port(), asyncio.get_running_loop()
    people = await sync_to_async(crew)(STORM)
    with started(GATEWAY, port) as running:
        async with fleet(port, people) as made:
            await loop.run_in_executor(None, _end, running)
            ended = time.perf_counter()
            await until(lambda: made.online == 0, "all gone")
            again = started(GATEWAY, port)
            await loop.run_in_executor(None, again.__enter__)
            returned = time.perf_counter()
            try:
                await until(lambda: made.online == STORM, "all back")
                await _rows_online(STORM)
                now = time.perf_counter()
            finally:
                await made.stop()
                await loop.run_in_executor(None, again.__exit__, None, None, None)
            return now - returned, now - ended


async def _rows_online(count: int) -> None:
    from devices.models import Node

    while await Node.objects.filter(status="online").acount() < count:
        await asyncio.sleep(0.05)


def _end(running: Running) -> None:
    import psutil

    process = psutil.Process(running.pid)
    process.terminate()
    psutil.wait_procs([process], timeout=10)


def _spread(values: list[float], digits: int) -> str:
    return f"{median(values):.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}]"
