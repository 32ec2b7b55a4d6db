"""A fresh hub has something to look at, until it is removed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rdos.up.bootstrap import PROJECT_DIR
from tests.up.hosting import scratch, until
from tests.up.test_story import Hub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def directory() -> Iterator[Path]:
    with scratch() as place:
        yield place / "var"


def test_six_virtual_nodes_come_online_and_stay_away_once_removed(directory: Path) -> None:
    hub = Hub(directory, "--tls").ready()
    until(lambda: "All 6 simulated nodes are online." in hub.said(), 30)
    remove = [sys.executable, "manage.py", "simulate", "--remove"]
    done = subprocess.run(remove, cwd=PROJECT_DIR, env=hub.environment, capture_output=True, text=True)
    assert "6 simulated nodes removed." in done.stdout, done.stderr
    until(lambda: "The hub wants none of these nodes any more." in hub.said(), 30)
    hub.stop()
    again = Hub(directory, "--tls").ready()
    until(lambda: "This hub needs no simulated nodes." in again.said(), 30)
    again.stop()
