"""`GET /api/v1/auth/me` with a bearer token (one database read) through one gateway process.

Goal: 1,500 requests/s, and a fifth of what a constant view reaches through the same door in the same run.
"""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from tests import servers
from tests.benchmarks.load import Load, Result, get
from tests.benchmarks.measuring import PROJECT, RUNS, Row, Running, Server, measure_into, started, table

PASSWORD = "Correct-Horse-9-Battery"
LOAD = Load(connections=16, seconds=2.0)
GATEWAY = ["manage.py", "gateway", "--port", "{port}"]
BARE_GATEWAY = ["-m", "django", "gateway", "--port", "{port}"]
BARE = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare"}
CONSTANT = "Django's constant view"
SERVERS = {
    "bare ASGI": Server("bare ASGI", BARE_GATEWAY, {**BARE, "BENCH_APPLICATION": "bare_asgi"}),
    CONSTANT: Server(CONSTANT, BARE_GATEWAY, BARE),
    "/auth/me": Server("/auth/me", GATEWAY),
}
PATHS = {"bare ASGI": "/", CONSTANT: "/constant", "/auth/me": "/api/v1/auth/me"}


def run() -> Iterator[str]:
    os.environ.update(servers.start())
    os.environ["RDOS_ADMIN_PASSWORD"] = PASSWORD
    os.environ["LOG_LEVEL"] = "error"
    try:
        for command in ("migrate", "ensure_admin"):
            subprocess.run([sys.executable, "manage.py", command], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
        yield table("GET /api/v1/auth/me, bearer token, 16 connections, one process", measure(), beside=CONSTANT)
    finally:
        servers.stop()


def measure() -> list[Row]:
    rows = {name: Row(name) for name in SERVERS}
    with ExitStack() as stack:
        # All run all the time, each driven in turn: an idle one costs nothing, and a login per run would be limited.
        up = {name: stack.enter_context(started(server)) for name, server in SERVERS.items()}
        bearer = {"Authorization": f"Bearer {_token(up['/auth/me'])}"}
        for _ in range(RUNS):
            for name, running in up.items():
                measure_into(rows[name], running, _driver(name, bearer), LOAD.seconds)
    return list(rows.values())


def _driver(name: str, headers: dict[str, str]) -> Callable[[Running], Result]:
    def drive(running: Running) -> Result:
        return get(running.port, PATHS[name], LOAD, headers)

    return drive


def _token(running: Running) -> str:
    body = json.dumps({"username": "admin", "password": PASSWORD}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.port}/api/v1/auth/login", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["access_token"])
