"""Somebody drives a robot by hand: through the socket, heard by motors on a real bus."""

from typing import Any

import pytest

from devices.models import BusNode, DriveSession, Node
from devices.services import driving
from rdos.kernel.clock import database_now
from rdos.kernel.models import JournalEntry
from tests.devices.conftest import until
from tests.devices.garage import STOPPED, Garage, garage, last, robot, stands, why_ended
from tests.devices.hal.payloads import RANGE
from tests.devices.motors import Motors, speeds
from tests.devices.wheel import Wheel
from tests.people import Person

__all__ = ["garage", "robot"]

# -- driving -----------------------------------------------------------------------------------------------------------


def test_a_hand_on_the_wheel_moves_the_robot_ten_times_a_second(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start(linear_limit=1.0, angular_limit=2.0)
    wheel.hold(0.4, -0.5)
    # Of one second that this machine gave us whole: another may be busy with something else.
    until(lambda: beats_of_the_best_second(motors) > 9)
    wheel.hear("state", dead_man=False, linear=0.4, angular=-0.5)


def beats_of_the_best_second(motors: Motors) -> int:
    moving = [at for at, message in list(motors.heard) if speeds(message) == (0.4, -0.5)]
    return max((sum(begun <= at < begun + 1 for at in moving) for begun in moving), default=0)


def test_nothing_goes_faster_than_the_session_allows(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start(linear_limit=0.3, angular_limit=0.5)
    wheel.hold(9, -6)
    until(lambda: last(motors) == (0.3, -0.5))
    assert {abs(linear) for linear, _ in motors.told("rover-1")} <= {0.0, 0.3}


def test_what_the_robot_really_does_is_shown(operator: Person, garage: Garage, motors: Motors, robot: Node) -> None:
    wheel = garage.wheel(operator).start()
    wheel.hold(0.4)
    motors.say("rover-1", 0.38, odometry={"x_meters": 7, "y_meters": 0, "theta_rad": 0})
    motors.say_range("rover-1", RANGE | {"device_id": "rover-1"})
    state: dict[str, Any] = until(lambda: _with_ranges(wheel))
    assert state["motor"]["actual_linear_meters_per_sec"] == 0.38
    assert state["motor"]["odometry"]["x_meters"] == 7
    assert state["ranges"][0] | {"sensor": "tof-front", "meters": 0.243} == state["ranges"][0]
    assert state["telemetry_age_ms"] < 5000 and not state["latched"]


def _with_ranges(wheel: Wheel) -> dict[str, Any] | None:
    state = wheel.hear("state")
    return state if state["ranges"] and state["motor"] and state["seq"] else None


def test_a_robot_with_a_credential_is_told_and_heard_where_nobody_anonymous_is(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    BusNode.objects.update(credential_hash="x")
    wheel = garage.wheel(operator).start()
    wheel.hold(0.4)
    until(lambda: speeds(motors.heard_apart[-1]) == (0.4, 0.0) if motors.heard_apart else False)
    assert set(motors.told("rover-1")) <= {STOPPED}
    motors.say("rover-1", 0.9)
    motors.say("rover-1", 0.3, before="own.")
    state: dict[str, Any] = until(lambda: _with_motor(wheel))
    assert state["motor"]["actual_linear_meters_per_sec"] == 0.3


def _with_motor(wheel: Wheel) -> dict[str, Any] | None:
    state = wheel.hear("state")
    return state if state["motor"] else None


def test_a_drive_is_noted_from_its_beginning_to_its_end(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start()
    session = DriveSession.objects.get(ended_at=None)
    assert (session.driver_label, session.linear_limit, session.angular_limit) == ("oskar", 1.0, 2.0)
    wheel.send("release")
    assert wheel.ended() == "released"
    assert why_ended() == "released"
    entries = JournalEntry.objects.filter(action__startswith="drive.").order_by("id")
    assert list(entries.values_list("action", flat=True)) == ["drive.begin", "drive.end"]


# -- the dead man ------------------------------------------------------------------------------------------------------


def test_a_hand_that_is_silent_stops_the_robot_and_then_the_session(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start()
    wheel.drive(0.5)
    until(lambda: last(motors) == (0.5, 0.0))
    wheel.hear("state", dead_man=True)
    assert wheel.ended() == "silent"
    times = [(at, message["payload"]["linear_meters_per_sec"]) for at, message in motors.heard]
    begun = next(at for at, speed in times if speed == 0.5)
    moved_until = max(at for at, speed in times if speed == 0.5)
    assert moved_until - begun < 1.0, "the firmware's own watchdog is one second"
    assert sum(speed == 0 for at, speed in times if at > moved_until) >= 5
    assert why_ended() == "silent"


def test_a_hand_that_comes_back_in_time_goes_on(operator: Person, garage: Garage, motors: Motors, robot: Node) -> None:
    wheel = garage.wheel(operator).start()
    wheel.drive(0.5)
    wheel.hear("state", dead_man=True)
    before = len(motors.told("rover-1"))
    wheel.drive(0.5)
    until(lambda: (0.5, 0.0) in motors.told("rover-1")[before:])


def test_whoever_vanishes_leaves_a_robot_that_stands(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start()
    wheel.hold(0.5)
    until(lambda: last(motors) == (0.5, 0.0))
    wheel.vanish()
    until(lambda: stands(motors, 5))
    assert why_ended() in ("lost", "silent")


@pytest.mark.parametrize(
    "frame",
    [
        '{"type": "drive", "linear": NaN, "angular": 0}',
        '{"type": "drive", "linear": "1", "angular": 0}',
        '{"type": "drive", "linear": true, "angular": 0}',
        '{"type": "drive", "linear": 1}',
        '{"type": "drive", "linear": 1, "angular": 0, "seq": -1}',
        '{"type": "drive", "linear": 1e999, "angular": 0}',
        "[]",
        "no json",
        b"\x00\x01",
    ],
)
def test_what_is_not_understood_moves_no_wheel_and_is_no_sign_of_life(
    operator: Person, garage: Garage, motors: Motors, robot: Node, frame: Any
) -> None:
    wheel = garage.wheel(operator).start()
    for _ in range(3):
        wheel.socket.send(frame)
    wheel.hear("error")
    assert wheel.ended() == "silent"
    assert set(motors.told("rover-1")) == {STOPPED}


def test_whoever_sends_nothing_but_noise_is_hung_up_on(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start()
    for _ in range(20):
        wheel.socket.send("noise")
    until(lambda: stands(motors))
    assert why_ended() == "lost"


# -- leases ------------------------------------------------------------------------------------------------------------


def test_a_session_whose_process_is_gone_is_swept_and_its_robot_stopped(
    operator: Person, motors: Motors, robot: Node
) -> None:
    at = database_now()
    session = driving.begin(actor=operator.actor, node=robot, limits=driving.Speeds(1, 1), at=at)
    assert driving.sweep(at + driving.LEASE / 2) == 0
    assert driving.sweep(at + driving.LEASE) == 1
    assert driving.sweep(at + driving.LEASE) == 0
    session.refresh_from_db()
    assert session.ended_because == "abandoned"
    until(lambda: motors.zeros("rover-1") == 4)


def test_a_lapsed_session_keeps_nobody_from_driving(operator: Person, admin: Person, robot: Node) -> None:
    at = database_now()
    driving.begin(actor=operator.actor, node=robot, limits=driving.Speeds(1, 1), at=at - driving.LEASE)
    driving.begin(actor=admin.actor, node=robot, limits=driving.Speeds(1, 1), at=at)
    assert DriveSession.objects.filter(ended_because="abandoned").count() == 1


def test_a_renewed_lease_is_not_swept(operator: Person, robot: Node) -> None:
    at = database_now()
    session = driving.begin(actor=operator.actor, node=robot, limits=driving.Speeds(1, 1), at=at)
    assert driving.look(session_id=session.pk, actor=operator.actor, at=at + driving.LEASE / 2) is None
    assert driving.sweep(at + driving.LEASE) == 0
