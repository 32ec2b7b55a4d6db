"""POST /webhooks/{token} until the run is on the disk, beside a bare ASGI endpoint that does one INSERT.

Goals on two cores: 800 a second and more, p99 under 60 ms. PostgreSQL waits for the disk in every case.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import uvloop

from tests.benchmarks.hub import GATEWAY, stand_on_servers
from tests.benchmarks.load import HttpAsking, Load, Result, drive
from tests.benchmarks.measuring import Row, Running, Server, alternate, table

SECONDS, WARM_SECONDS = 4.0, 1.0
CONNECTIONS = (1, 16, 32)
BODY = b'{"order":7,"customer":"Ada","lines":[{"sku":"A-1","count":2},{"sku":"B-2","count":1}]}'
BARE = "bare ASGI, one INSERT"
BARE_SERVER = Server(BARE, ["-m", "tests.benchmarks.bare_insert", "{port}"])
HUB = "the hub"
# Each as often as there are connections: one after another, all named differently, and all signed.
Ask = Callable[[int], bytes]


@dataclass
class Hooks:
    plain: str
    named: str
    signed: str


def run() -> Iterator[str]:
    stand_on_servers()
    from tests.benchmarks import webhook_world

    for connections in CONNECTIONS:
        yield _table(connections, webhook_world)


def _table(connections: int, world: object) -> str:
    rows = alternate([GATEWAY, BARE_SERVER], _driver(connections, world), SECONDS)
    return table(f"A webhook is taken: {connections} callers at once, every commit on the disk", rows, BARE)


if __name__ == "__main__":
    sys.exit("\n".join(run()))
