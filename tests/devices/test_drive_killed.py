"""A gateway is killed while somebody drives: the lease runs out, and whoever sweeps makes the robot stand."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from django.conf import settings

from devices.models import DriveSession
from devices.services import driving
from rdos.kernel.clock import database_now
from tests.architecture import ROOT
from tests.devices.conftest import until
from tests.devices.motors import Motors, rover
from tests.devices.wheel import Wheel
from tests.doors.running import own_database
from tests.people import Person
from tests.ports import free
from tests.servers import LoneNats


@contextmanager
def gateway(port: int, broker: LoneNats) -> Iterator[subprocess.Popen[bytes]]:
    """On the test's own database and bus."""
    ours = {"DATABASE_URL": own_database(), "REDIS_URL": settings.REDIS_URL, "NATS_URL": broker.url}
    command = [sys.executable, "manage.py", "gateway", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ours, "LOG_LEVEL": "error"})
    try:
        until(lambda: _is_up(port), 60)
        yield process
    finally:
        process.kill()
        process.wait(10)


def _is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.django_db(transaction=True)
def test_a_robot_whose_gateway_is_killed_is_stopped_by_the_sweep(
    operator: Person, motors: Motors, broker: LoneNats
) -> None:
    rover()
    port = free()
    with gateway(port, broker) as process:
        bearer = {"authorization": f"Bearer {operator.signed_in.access_token}"}
        wheel = Wheel(f"ws://127.0.0.1:{port}", **bearer).start()
        wheel.hold(0.5)
        until(lambda: motors.told("rover-1")[-1:] == [(0.5, 0.0)])
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        wheel.vanish()
    before = len(motors.heard)
    assert motors.told("rover-1")[-1] == (0.5, 0.0), "nobody said zero: the process died in the midst of it"
    until(lambda: driving.sweep(database_now()))
    until(lambda: motors.told("rover-1")[before:] == [(0.0, 0.0)] * 4)
    assert DriveSession.objects.get().ended_because == "abandoned"


@pytest.mark.django_db(transaction=True)
def test_a_gateway_that_is_told_to_stop_says_zero_before_it_goes(
    operator: Person, motors: Motors, broker: LoneNats
) -> None:
    rover()
    port = free()
    with gateway(port, broker) as process:
        bearer = {"authorization": f"Bearer {operator.signed_in.access_token}"}
        wheel = Wheel(f"ws://127.0.0.1:{port}", **bearer).start()
        wheel.hold(0.5)
        until(lambda: motors.told("rover-1")[-1:] == [(0.5, 0.0)])
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) is not None
        wheel.vanish()
    assert motors.told("rover-1")[-3:] == [(0.0, 0.0)] * 3
    assert DriveSession.objects.get().ended_because == "stopping"
