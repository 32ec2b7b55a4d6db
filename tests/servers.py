"""The real servers a test run stands on: PostgreSQL, Redis and NATS, started once and thrown away with their data.

`start` returns the environment that leads to them. Whoever inherits that environment (a pytest-xdist worker, pytest
under `manage.py test`) gets the same servers from `start`, and its `stop` leaves them alone.
"""

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from rdos.up import guard
from rdos.up.lodging import Lodging, lodge
from rdos.up.nats import Nats
from rdos.up.postgres import THROWAWAY, Postgres
from rdos.up.programs import Program, end, spawn
from rdos.up.redis import Redis
from tests.ports import free

HANDED_ON = (
    "DATABASE_URL",
    "REDIS_URL",
    "NATS_URL",
    "MQTT_PORT",
    "RDOS_MASTER_KEY",
    "RDOS_VAR_DIR",
    "RDOS_TEST_SERVERS",
)
PATIENCE = 60.0


@dataclass
class Running:
    directory: Path
    watcher: subprocess.Popen[bytes]
    processes: list[tuple[subprocess.Popen[bytes], Program]] = field(default_factory=list)

    @property
    def register(self) -> Path:
        return self.directory / "children.json"


_running: Running | None = None


def start(*, durable: bool = False) -> dict[str, str]:
    """`durable` for measurements: PostgreSQL waits for the disk, as it does under a real hub."""
    global _running
    if "RDOS_TEST_SERVERS" in os.environ:
        return {name: os.environ[name] for name in HANDED_ON}
    directory = Path(tempfile.mkdtemp(prefix="rdos-test-"))
    directory.chmod(0o711)
    watcher = subprocess.Popen(
        [sys.executable, "-P", str(Path(guard.__file__)), str(directory / "children.json")],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    _running = Running(directory, watcher)
    atexit.register(stop)
    return _begin(_running, lodge(directory), {} if durable else THROWAWAY)


class LoneRedis:
    """A Redis that a test may take away and give back."""

    def __init__(self, directory: Path) -> None:
        self._server = Redis(lodge(directory), free(), secrets.token_urlsafe(16))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> None:
        self._process = spawn(self._server.program(), output=subprocess.DEVNULL)
        _wait(self._server)

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, self._server.program())
            self._process = None


@contextmanager
def redis_of_its_own() -> Iterator[LoneRedis]:
    directory = Path(tempfile.mkdtemp(prefix="rdos-test-"))
    directory.chmod(0o711)
    lone = LoneRedis(directory)
    try:
        lone.start()
        yield lone
    finally:
        lone.stop()
        shutil.rmtree(directory, ignore_errors=True)


class LoneNats:
    """A bus that a test may take away and give back; the same one each time, with what it stored and who may use it."""

    def __init__(self, directory: Path) -> None:
        self.server = Nats(lodge(directory), "127.0.0.1", free(), free(), "hub", secrets.token_urlsafe(16))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._process = spawn(self.server.program(), output=subprocess.DEVNULL)
        _wait(self.server)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, self.server.program())
            self._process = None


@contextmanager
def nats_of_its_own(*, running: bool = True) -> Iterator[LoneNats]:
    directory = Path(tempfile.mkdtemp(prefix="rdos-test-"))
    directory.chmod(0o711)
    lone = LoneNats(directory)
    try:
        if running:
            lone.start()
        yield lone
    finally:
        lone.stop()
        shutil.rmtree(directory, ignore_errors=True)


def redis_of_this_worker(url: str) -> str:
    """A numbered database for each worker, so that none counts the tries of another."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"{url.rpartition('/')[0]}/{number % 16}"


def _begin(running: Running, lodging: Lodging, settings: dict[str, str]) -> dict[str, str]:
    redis = Redis(lodging, free(), secrets.token_urlsafe(16))
    nats = Nats(lodging, "127.0.0.1", free(), free(), "hub", secrets.token_urlsafe(16))
    postgres = Postgres(lodging, secrets.token_urlsafe(16), secrets.token_urlsafe(16), settings)
    _run(running, redis.program())
    _run(running, nats.program())
    postgres.initialise()
    _run(running, postgres.program())
    for server in (redis, nats, postgres):
        _wait(server)
    return {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": redis.url,
        "NATS_URL": nats.url,
        "MQTT_PORT": str(nats.mqtt_port),
        "RDOS_MASTER_KEY": secrets.token_urlsafe(32),
        "RDOS_VAR_DIR": str(running.directory / "var"),
        "RDOS_TEST_SERVERS": str(running.directory),
    }


def postgres_process() -> psutil.Process:
    """Of the server that this process has started itself."""
    assert _running is not None
    return next(psutil.Process(process.pid) for process, program in _running.processes if program.name == "postgres")


def _run(running: Running, program: Program) -> None:
    with (running.directory / f"{program.name}.log").open("ab") as log:
        process = spawn(program, output=log.fileno())
    running.processes.append((process, program))
    guard.remember(
        running.register,
        [
            guard.Entry(process.pid, psutil.Process(process.pid).create_time(), int(program.stop_signal))
            for process, program in running.processes
        ],
    )


def _wait(server: Postgres | Redis | Nats) -> None:
    deadline = time.monotonic() + PATIENCE
    while not server.ready():
        assert time.monotonic() < deadline, f"{type(server).__name__} did not start"
        time.sleep(0.02)


def stop() -> None:
    global _running
    if _running is None:
        return
    running, _running = _running, None
    for process, program in reversed(running.processes):
        end(process, program)
    running.register.unlink(missing_ok=True)
    running.watcher.communicate()
    shutil.rmtree(running.directory, ignore_errors=True)
