"""POST /nodes/{id}/command until the node's answer is the response, on a calm hub and on a busy one.

Goals: calm, one at a time, p50 under 6 ms and p99 under 20 ms; with 1,000 nodes sending stats, p99 under 150 ms.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from statistics import median
from typing import Any

import uvloop

from tests.benchmarks.hub import GATEWAY, signed_in, stand_on_servers
from tests.benchmarks.load import HttpAsking, Load, Result, drive
from tests.benchmarks.measuring import RUNS, Running, started

BODY = b'{"action":{"type":"start_flow","flow_id":"flow-1"}}'
SECONDS = 4.0
CASES = ((10, 1), (10, 8), (1000, 1), (1000, 8))


def run() -> Iterator[str]:
    lines = [
        "### A command and its answer: REST, hub, node, hub, REST; stats at 1 Hz from every node",
        "",
        "| nodes | asked at once | commands/s, median [min-max] | p50 / p99 ms | hub CPU us/command |",
        "|---|---|---|---|---|",
    ]
    stand_on_servers()
    for nodes, at_once in CASES:
        with started(GATEWAY) as running:
            lines.append(_line(nodes, at_once, _measure(running, nodes, at_once)))
    yield "\n".join(lines) + "\n"


def _measure(running: Running, nodes: int, at_once: int) -> list[tuple[Result, float]]:
    from tests.benchmarks.nodes import crew

    return uvloop.run(_runs(running, crew(nodes), at_once, signed_in(running.port)))


async def _runs(running: Running, people: Sequence[Any], at_once: int, bearer: str) -> list[tuple[Result, float]]:
    from tests.benchmarks.nodes import fleet

    async with fleet(running.port, people, rate=1.0):
        questions = [_question(running.port, str(one.node_id), bearer) for one in people[:at_once]]
        await _ask(running, questions)
        return [await _ask(running, questions) for _ in range(RUNS)]


async def _ask(running: Running, questions: list[bytes]) -> tuple[Result, float]:
    number, before = count(), running.cpu_seconds()
    result = await drive(
        running.port,
        Load(len(questions), SECONDS),
        lambda ended, times: HttpAsking(ended, times, questions[next(number)]),
    )
    spent = running.cpu_seconds() - before
    return result, spent * 1e6 / (result.per_second * SECONDS)


def _question(port: int, node_id: str, bearer: str) -> bytes:
    head = (
        f"POST /api/v1/nodes/{node_id}/command HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {bearer}\r\n"
        f"Content-Type: application/json\r\nX-CSRF-Token: any\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY


def _line(nodes: int, at_once: int, found: list[tuple[Result, float]]) -> str:
    rates = [result.per_second for result, _ in found]
    p50, p99 = (median(getattr(result, name) for result, _ in found) for name in ("p50_ms", "p99_ms"))
    return (
        f"| {nodes} | {at_once} | {median(rates):.0f} [{min(rates):.0f}-{max(rates):.0f}] "
        f"| {p50:.1f} / {p99:.1f} | {median(cost for _, cost in found):.0f} |"
    )
