"""POST /webhooks/{token} until its run is on the disk, beside a bare ASGI endpoint that does one INSERT.

Goals on two cores: 800 a second and more, p99 under 60 ms.
"""

import asyncio
from collections.abc import Callable, Iterator

import uvloop

from tests.benchmarks.hub import GATEWAY, stand_on_servers
from tests.benchmarks.load import HttpAsking, Load, drive
from tests.benchmarks.measuring import RUNS, Row, Server, measure_into, started, table

SECONDS = 3.0
CALLERS = (1, 16, 32)
BARE = "bare ASGI, one INSERT"
BARE_COMMAND = ("-m", "uvicorn", "tests.benchmarks.bare_insert:application", "--port", "{port}", "--loop", "uvloop")
BARE_SERVER = Server(BARE, [*BARE_COMMAND, "--http", "httptools", "--no-access-log", "--log-level", "error"])
Ask = Callable[[], bytes]


class AskingAnew(HttpAsking):
    """Every question is another one."""

    def __init__(self, ended: asyncio.Future[None], times: list[float], make: Ask) -> None:
        super().__init__(ended, times, b"")
        self.make = make

    def ask(self) -> None:
        self.question = self.make()
        super().ask()


def run() -> Iterator[str]:
    stand_on_servers()
    for callers in CALLERS:
        yield _table(callers)


def _table(callers: int) -> str:
    from tests.benchmarks import queue_world, webhook_world

    rows: dict[str, Row] = {}
    for _ in range(RUNS):
        asks = webhook_world.questions(queue_world.world().flow)
        for name, ask in asks.items():
            _measure(rows.setdefault(f"the hub, {name}", Row(f"the hub, {name}")), GATEWAY, ask, callers)
        _measure(rows.setdefault(BARE, Row(BARE)), BARE_SERVER, asks["plain"], callers)
    firings, runs = webhook_world.counted()
    told = f"A webhook and its run on the disk: {callers} at once ({firings} firings and {runs} runs at the end)"
    return table(told, list(rows.values()), beside=BARE)


def _measure(row: Row, server: Server, ask: Ask, callers: int) -> None:
    with started(server) as running:
        measure_into(
            row,
            running,
            lambda one: uvloop.run(
                drive(one.port, Load(callers, SECONDS), lambda ended, times: AskingAnew(ended, times, ask))
            ),
            SECONDS,
        )
