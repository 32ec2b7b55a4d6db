"""A gateway is killed while somebody drives: the lease runs out, and whoever sweeps makes the robot stand."""

import signal

import pytest

from devices.models import DriveSession
from devices.services import driving
from rdos.kernel.clock import database_now
from tests.devices.conftest import until
from tests.devices.motors import Motors, rover
from tests.devices.wheel import Wheel
from tests.doors.running import mortal_gateway
from tests.people import Person
from tests.ports import free
from tests.servers import LoneNats


@pytest.mark.django_db(transaction=True)
def test_a_robot_whose_gateway_is_killed_is_stopped_by_the_sweep(
    operator: Person, motors: Motors, broker: LoneNats
) -> None:
    rover()
    port = free()
    with mortal_gateway(port, NATS_URL=broker.url) as process:
        bearer = {"authorization": f"Bearer {operator.signed_in.access_token}"}
        wheel = Wheel(f"ws://127.0.0.1:{port}", **bearer).start()
        wheel.hold(0.5)
        until(lambda: motors.told("rover-1")[-1:] == [(0.5, 0.0)])
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        wheel.vanish()
    # Its last words may still be on their way when it is dead.
    motors.catch_up()
    before = motors.zeros("rover-1")
    assert motors.told("rover-1")[-1] == (0.5, 0.0), "nobody said zero: the process died in the midst of it"
    until(lambda: driving.sweep(database_now()))
    until(lambda: motors.zeros("rover-1") == before + 4)
    assert motors.told("rover-1")[-4:] == [(0.0, 0.0)] * 4
    assert DriveSession.objects.get().ended_because == "abandoned"


@pytest.mark.django_db(transaction=True)
def test_a_gateway_that_is_told_to_stop_says_zero_before_it_goes(
    operator: Person, motors: Motors, broker: LoneNats
) -> None:
    rover()
    port = free()
    with mortal_gateway(port, NATS_URL=broker.url) as process:
        bearer = {"authorization": f"Bearer {operator.signed_in.access_token}"}
        wheel = Wheel(f"ws://127.0.0.1:{port}", **bearer).start()
        wheel.hold(0.5)
        until(lambda: motors.told("rover-1")[-1:] == [(0.5, 0.0)])
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) is not None
        wheel.vanish()
    until(lambda: motors.told("rover-1")[-3:] == [(0.0, 0.0)] * 3)
    assert DriveSession.objects.get().ended_because == "stopping"
