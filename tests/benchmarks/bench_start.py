"""From `manage.py up` on an empty state directory, and on a used one, to the first 200. Goal: under 6 s."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from statistics import median

from tests.benchmarks.measuring import PROJECT, RUNS, free_port
from tests.servers import HANDED_ON

DEADLINE_SECONDS = 90.0


def run() -> Iterator[str]:
    first, again = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory(prefix="rdos-bench-") as state:
            os.chmod(state, 0o755)
            first.append(seconds_to_live(state))
            again.append(seconds_to_live(state))
    lines = ["### `manage.py up` to the first 200 on /health/live", "", "| | seconds, median [min-max] |", "|---|---|"]
    for name, seconds in (("first start", first), ("next start", again)):
        lines.append(f"| {name} | {median(seconds):.1f} [{min(seconds):.1f}-{max(seconds):.1f}] |")
    yield "\n".join(lines) + "\n"


def seconds_to_live(state: str) -> float:
    port = free_port()
    # Servers that another benchmark stands on are not this hub's.
    inherited = {name: value for name, value in os.environ.items() if name not in HANDED_ON}
    environment = inherited | {
        "RDOS_VAR_DIR": state,
        "PORT": str(port),
        "NATS_PORT": str(free_port()),
        "MQTT_PORT": str(free_port()),
    }
    began = time.monotonic()
    hub = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for_200(f"http://127.0.0.1:{port}/health/live", hub)
        return time.monotonic() - began
    finally:
        hub.send_signal(signal.SIGINT)
        hub.wait(60)


def _wait_for_200(url: str, hub: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and hub.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    raise RuntimeError("the hub never answered")
