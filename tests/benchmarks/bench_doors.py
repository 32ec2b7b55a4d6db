"""What each way from the network to Django costs: a constant JSON view, and a Channels echo."""

from collections.abc import Iterator

from tests.benchmarks.load import Load, Result, echo, get
from tests.benchmarks.measuring import Running, Server, alternate, table

BARE = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare"}
LOAD = Load(connections=16, seconds=2.0)


def uvicorn(application: str, *options: str) -> list[str]:
    common = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"]
    return ["-m", "uvicorn", f"tests.benchmarks.bare:{application}", "--port", "{port}", *common, *options]


def granian(application: str, interface: str, *options: str) -> list[str]:
    common = ["--port", "{port}", "--workers", "1", "--log-level", "error"]
    return ["-m", "granian", "--interface", interface, *common, *options, f"tests.benchmarks.bare:{application}"]


def daphne() -> list[str]:
    # An access log would be a cost of its own.
    return ["-m", "daphne", "-v", "0", "-p", "{port}", "tests.benchmarks.bare:django_asgi"]


HTTP = [
    Server("bare ASGI on uvicorn", uvicorn("bare_asgi"), BARE),
    Server("Django ASGI handler on uvicorn", uvicorn("django_asgi"), BARE),
    Server("Django ASGI handler on daphne", daphne(), BARE),
    Server("WSGI behind a2wsgi on uvicorn", uvicorn("behind_a2wsgi"), BARE),
    Server("WSGI behind our bridge on uvicorn", uvicorn("behind_bridge"), BARE),
    Server("WSGI on granian, 4 threads", granian("wsgi", "wsgi", "--blocking-threads", "4"), BARE),
]
SOCKETS = [
    Server("uvicorn websockets-sansio", uvicorn("django_asgi", "--ws", "websockets-sansio"), BARE),
    Server("daphne", daphne(), BARE),
    Server("granian asgi", granian("django_asgi", "asgi"), BARE),
]


def _ask(running: Running) -> Result:
    return get(running.port, "/constant", LOAD)


def _echo(running: Running) -> Result:
    return echo(running.port, "/echo", LOAD)


def run() -> Iterator[str]:
    rows = alternate(HTTP, _ask, LOAD.seconds)
    yield table("HTTP: a constant JSON view, 16 connections", rows, beside="WSGI behind our bridge on uvicorn")
    rows = alternate(SOCKETS, _echo, LOAD.seconds)
    yield table("Sockets: a Channels echo, 100 bytes, 16 connections", rows, "uvicorn websockets-sansio", "echo")
