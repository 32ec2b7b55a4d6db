"""`GET /api/v1/auth/me` with a bearer token (one database read) through one gateway process.

Goal: 1,500 requests/s, and a fifth of what a constant view reaches through the same door in the same run.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

from tests.benchmarks.hub import GATEWAY, signed_in, stand_on_servers
from tests.benchmarks.load import Load, Result, get
from tests.benchmarks.measuring import RUNS, Row, Running, Server, measure_into, started, table

LOAD = Load(connections=16, seconds=2.0)
BARE_GATEWAY = ["-m", "django", "gateway", "--port", "{port}"]
BARE = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare"}
CONSTANT = "Django's constant view"
SERVERS = {
    "bare ASGI": Server("bare ASGI", BARE_GATEWAY, {**BARE, "BENCH_APPLICATION": "bare_asgi"}),
    CONSTANT: Server(CONSTANT, BARE_GATEWAY, BARE),
    "/auth/me": GATEWAY,
}
PATHS = {"bare ASGI": "/", CONSTANT: "/constant", "/auth/me": "/api/v1/auth/me"}


def run() -> Iterator[str]:
    stand_on_servers()
    yield table("GET /api/v1/auth/me, bearer token, 16 connections, one process", measure(), beside=CONSTANT)


def measure() -> list[Row]:
    rows = {name: Row(name) for name in SERVERS}
    with ExitStack() as stack:
        # All run all the time, each driven in turn: an idle one costs nothing, and a login per run would be limited.
        up = {name: stack.enter_context(started(server)) for name, server in SERVERS.items()}
        bearer = {"Authorization": f"Bearer {signed_in(up['/auth/me'].port)}"}
        for _ in range(RUNS):
            for name, running in up.items():
                measure_into(rows[name], running, _driver(name, bearer), LOAD.seconds)
    return list(rows.values())


def _driver(name: str, headers: dict[str, str]) -> Callable[[Running], Result]:
    def drive(running: Running) -> Result:
        return get(running.port, PATHS[name], LOAD, headers)

    return drive
