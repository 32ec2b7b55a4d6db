"""Starts a server, drives it, reads what it cost, and sets rows beside each other."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from tests.benchmarks.load import Result

PROJECT = Path(__file__).resolve().parents[2]
RUNS = 3


@dataclass(frozen=True)
class Server:
    """`command` is given to the running Python; `{port}` in it is replaced."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    port: int
    pid: int

    def kibibytes(self) -> float:
        """Resident memory."""
        return psutil.Process(self.pid).memory_info().rss / 1024

    def cpu_seconds(self) -> float:
        parent = psutil.Process(self.pid)
        times = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
        return sum(each.user + each.system for each in times)


@dataclass
class Row:
    name: str
    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    p50s: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)

    def add(self, result: Result, cpu_seconds: float, seconds: float) -> None:
        self.rates.append(result.per_second)
        self.cpu_us.append(cpu_seconds * 1e6 / max(1.0, result.per_second * seconds))
        self.p50s.append(result.p50_ms)
        self.p99s.append(result.p99_ms)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(server: Server, port: int = 0) -> Iterator[Running]:
    port = port or free_port()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **server.environment}
    command = [sys.executable, *(word.replace("{port}", str(port)) for word in server.command)]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, start_new_session=True)
    try:
        wait_for_port(port, process)
        yield Running(port, process.pid)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    # Some servers leave their workers behind; the session is ours alone.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")


def alternate(
    servers: Sequence[Server], drive: Callable[[Running], Result], seconds: float, runs: int = RUNS
) -> list[Row]:
    """Every candidate once, then all again: a busy moment of the machine hits all alike."""
    rows = {server.name: Row(server.name) for server in servers}
    for _ in range(runs):
        for server in servers:
            with started(server) as running:
                measure_into(rows[server.name], running, drive, seconds)
    return list(rows.values())


def measure_into(row: Row, running: Running, drive: Callable[[Running], Result], seconds: float) -> None:
    drive(running)
    before = running.cpu_seconds()
    result = drive(running)
    row.add(result, running.cpu_seconds() - before, seconds)


def table(title: str, rows: Sequence[Row], beside: str, unit: str = "req") -> str:
    reference = next(median(row.rates) for row in rows if row.name == beside)
    lines = [
        f"### {title}",
        "",
        f"| | {unit}/s, median [min-max] | beside {beside} | CPU us/{unit} | p50 / p99 ms |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        rate = median(row.rates)
        lines.append(
            f"| {row.name} | {rate:.0f} [{min(row.rates):.0f}-{max(row.rates):.0f}] | {rate / reference:.2f} "
            f"| {median(row.cpu_us):.0f} | {median(row.p50s):.2f} / {median(row.p99s):.2f} |"
        )
    return "\n".join(lines) + "\n"
