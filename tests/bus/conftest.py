"""A bus of this worker alone, and the real bridge as a process beside the test's database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection

from devices.models import Bridge
from rdos.environment import PROJECT_DIR
from rdos.kernel import bus as hub_bus
from rdos.kernel.bells import ring
from rdos.kernel.clock import database_now
from tests.bus.device import Device
from tests.devices.conftest import until
from tests.doors.running import own_database
from tests.servers import LoneNats, nats_of_its_own


@pytest.fixture(scope="package")
def shared_broker() -> Iterator[LoneNats]:
    with nats_of_its_own() as broker:
        yield broker


@pytest.fixture
def own_bus(shared_broker: LoneNats, settings: django_settings) -> Iterator[LoneNats]:  # type: ignore[valid-type]
    settings.NATS_URL = shared_broker.url
    hub_bus.close()
    yield shared_broker
    hub_bus.close()


# When a test is over its tables are emptied, and of the two it is the bridge that steps aside and tries again.
GIVES_WAY = "-c lock_timeout=300ms"


@dataclass
class BridgeChild:
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(15)


def start_bridge(broker: LoneNats, log: Path | None = None) -> BridgeChild:
    """As `up` starts it. Its words go to the test's own output."""
    environment = {**os.environ, "DATABASE_URL": database_url(), "NATS_URL": broker.url, "RDOS_SAMPLE_SECONDS": "1"}
    command = [sys.executable, str(PROJECT_DIR / "manage.py"), "bridge"]
    output = subprocess.DEVNULL if log is None else log.open("ab")
    return BridgeChild(subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stdout=output, stderr=output))


def database_url() -> str:
    found = own_database()
    if connection.vendor == "sqlite":
        return found
    return f"{found}{'&' if '?' in found else '?'}options={quote(GIVES_WAY)}"


@pytest.fixture(scope="package")
def shared_bridge(shared_broker: LoneNats, django_db_setup: None) -> Iterator[list[BridgeChild]]:
    held: list[BridgeChild] = []
    yield held
    for child in held:
        child.stop()


@pytest.fixture
def bridge(transactional_db: None, own_bus: LoneNats, shared_bridge: list[BridgeChild]) -> Iterator[BridgeChild]:
    """One for all tests that leave it alive: it must forget the nodes of the test before."""
    begun = database_now()
    if not shared_bridge or shared_bridge[-1].process.poll() is not None:
        shared_bridge.append(start_bridge(own_bus))
    else:
        ring("node.forgotten", "close:deleted")
    # A turn that was under way may have read the tables before they were emptied, and signed afterwards.
    until(lambda: Bridge.objects.filter(reached_at__isnull=False, seen_at__gte=begun).exists(), seconds=30)
    yield shared_bridge[-1]


@pytest.fixture
def device(own_bus: LoneNats) -> Iterator[Device]:
    """An anonymous client, which knows nothing of the hub."""
    found = Device(own_bus.server.port)
    yield found
    found.close()
