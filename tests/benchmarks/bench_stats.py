"""How many stats frames one gateway process takes, and what each costs beside a bare Channels echo.

Everything sent is proved to have been read: a frame that the hub refuses at once, by name, comes after it on the same
socket, and its refusal ends the measurement. No node sends more than its budget allows. Goals: 6,000 frames/s from 50
nodes, 4,000 from 1,000, and at most twice the echo's CPU for each frame.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import uvloop

from tests.benchmarks.bench_doors import BARE, uvicorn
from tests.benchmarks.hub import GATEWAY, stand_on_servers
from tests.benchmarks.measuring import RUNS, Running, Server, started

ECHO = Server("Channels echo", uvicorn("django_asgi", "--ws", "websockets-sansio"), BARE)
OFFERED_HZ, SECONDS = 8.0, 6.0


@dataclass(frozen=True)
class Shape:
    """Each connection sends `windows` times `frames` as fast as they are taken."""

    connections: int
    windows: int
    frames: int

    @property
    def total(self) -> int:
        return self.connections * self.windows * self.frames


# Below what a node may send at once before the hub drops its telemetry.
FEW, MANY = Shape(50, 3, 48), Shape(1000, 3, 10)
LONGEST = 60.0


@dataclass(frozen=True)
class Found:
    per_second: float
    cpu_us: float
    lag_ms: float = 0.0
    lost: int = 0


def run() -> Iterator[str]:
    stand_on_servers()
    yield _saturated()
    yield _offered()


def _saturated() -> str:
    from tests.benchmarks.nodes import Drumming, crew, frame_of

    frame = frame_of(Drumming("any"))
    lines = [
        f"### Stats as fast as they are taken, {len(frame)} bytes each, proved read",
        "",
        "| | connections | frames/s, median [min-max] | CPU us/frame | beside the echo |",
        "|---|---|---|---|---|",
    ]
    for shape in (FEW, MANY):
        people = crew(shape.connections)
        hub, echo = [], []
        for _ in range(RUNS):
            with started(GATEWAY) as running:
                hub.append(uvloop.run(_saturate_hub(running, people, shape, frame)))
            with started(ECHO) as running:
                echo.append(uvloop.run(_saturate_echo(running, shape, frame)))
        reference = median(one.cpu_us for one in echo)
        lines += [_line(name, shape, found, reference) for name, found in (("the hub", hub), ("Channels echo", echo))]
    return "\n".join(lines) + "\n"


async def _saturate_hub(running: Running, people: Sequence[Any], shape: Shape, frame: bytes) -> Found:
    from tests.benchmarks.nodes import fleet

    async with fleet(running.port, people) as made:
        await asyncio.sleep(1.0)
        return await _saturate(running, made.nodes, shape, frame)


async def _saturate_echo(running: Running, shape: Shape, frame: bytes) -> Found:
    from tests.benchmarks.nodes import echoes

    async with echoes(running.port, shape.connections) as owners:
        return await _saturate(running, owners, shape, frame)


async def _saturate(running: Running, owners: Sequence[Any], shape: Shape, frame: bytes) -> Found:
    cpu, began = running.cpu_seconds(), time.perf_counter()
    async with asyncio.timeout(LONGEST):
        await asyncio.gather(*(_send(owner, shape, frame) for owner in owners))
    elapsed, spent = time.perf_counter() - began, running.cpu_seconds() - cpu
    return Found(shape.total / elapsed, spent * 1e6 / shape.total)


async def _send(owner: Any, shape: Shape, frame: bytes) -> None:
    for _ in range(shape.windows):
        if hasattr(owner, "unheard"):
            owner.unheard = shape.frames
        for _ in range(shape.frames):
            owner.line.send(frame)
        await owner.has_read_all()


def _offered() -> str:
    from tests.benchmarks.nodes import crew

    lines = [
        f"### Stats at {OFFERED_HZ:g} Hz from every node for {SECONDS:g} s",
        "",
        "| nodes | offered/s | read/s, median [min-max] | CPU us/frame | behind at the end, ms | nodes lost |",
        "|---|---|---|---|---|---|",
    ]
    for count in (50, 1000):
        people, found = crew(count), []
        for _ in range(RUNS):
            with started(GATEWAY) as running:
                found.append(uvloop.run(_offer(running, people)))
        rates = [one.per_second for one in found]
        lines.append(
            f"| {count} | {count * OFFERED_HZ:.0f} | {median(rates):.0f} [{min(rates):.0f}-{max(rates):.0f}] "
            f"| {median(one.cpu_us for one in found):.0f} | {median(one.lag_ms for one in found):.0f} "
            f"| {max(one.lost for one in found)} |"
        )
    return "\n".join(lines) + "\n"


async def _offer(running: Running, people: Sequence[Any]) -> Found:
    from tests.benchmarks.nodes import all_read, fleet

    async with fleet(running.port, people, rate=OFFERED_HZ) as made:
        await asyncio.sleep(1.0)
        await all_read(made.nodes)
        cpu, began, before = running.cpu_seconds(), time.perf_counter(), _told(made.nodes)
        await asyncio.sleep(SECONDS)
        sent = _told(made.nodes) - before
        lag = await all_read([node for node in made.nodes if node.line])
        elapsed, spent = time.perf_counter() - began, running.cpu_seconds() - cpu
        return Found(sent / elapsed, spent * 1e6 / sent, lag * 1000, len(people) - made.online)


def _told(nodes: Sequence[Any]) -> int:
    return sum(node.machine.told for node in nodes)


def _line(name: str, shape: Shape, found: list[Found], reference: float) -> str:
    rates, cost = [one.per_second for one in found], median(one.cpu_us for one in found)
    return (
        f"| {name} | {shape.connections} | {median(rates):.0f} [{min(rates):.0f}-{max(rates):.0f}] "
        f"| {cost:.0f} | {cost / reference:.2f} |"
    )
