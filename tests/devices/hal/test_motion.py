"""Which commands move a robot, how that is written, and what its telemetry proves."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from devices.drivers import check_arguments, get
from devices.hal import catalogue, writing
from devices.hal.motion import STANDSTILL, Evidence, Speeds, is_latched, shows, wanted
from rdos.kernel.errors import InvalidInput
from tests.devices.hal.payloads import DRIVE, MOTOR

AT = datetime(2026, 1, 5, 9, 0, 10, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "speeds"),
    [
        ({"type": "move", "data": {"linear": 0.5, "angular": 0.0}}, Speeds(0.5, 0)),
        ({"type": "move", "linear": -10, "angular": 6.28}, Speeds(-10, 6.28)),
        ({"type": "stop"}, STANDSTILL),
        ({"linear_meters_per_sec": 0.5, "angular_rad_per_sec": 1}, Speeds(0.5, 1)),
        ({"type": "ping"}, None),
        ({"linear": 1, "angular": 1}, None),
        ({"linear_meters_per_sec": 0.5}, None),
        ({}, None),
        ({"type": ["move"]}, None),
    ],
)
def test_what_a_command_asks_of_the_wheels(action: dict[str, Any], speeds: Speeds | None) -> None:
    assert wanted(action) == speeds


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"linear": 10.01, "angular": 0}, "linear"),
        ({"linear": 0, "angular": -6.29}, "angular"),
        ({"linear": "1", "angular": 0}, "linear"),
        ({"linear": 1}, "angular"),
        ({"linear": True, "angular": 0}, "linear"),
        ({"linear": float("nan"), "angular": 0}, "linear"),
        ({"linear": float("inf"), "angular": 0}, "linear"),
    ],
)
def test_a_speed_that_is_none_is_refused_by_name(given: dict[str, Any], key: str) -> None:
    for action in ({"type": "move", **given}, {"type": "move", "data": given}):
        with pytest.raises(InvalidInput) as refusal:
            wanted(action)
        assert list(refusal.value.errors or ()) == [key]


def test_data_that_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidInput):
        wanted({"type": "move", "data": [1, 2]})


@pytest.mark.parametrize("linear", [-10.5, -10, 0, 9.99, 10, 10.5, "1", True, None])
@pytest.mark.parametrize("nested", [False, True])
def test_the_driver_and_the_wheels_agree_on_what_is_a_speed(linear: Any, nested: bool) -> None:
    given = {"linear": linear, "angular": 0}
    action = {"type": "move", "data": given} if nested else {"type": "move", **given}
    move = next(spec for spec in get("esp32").commands if spec.name == "move")
    assert _accepts(lambda: check_arguments(move, action)) == _accepts(lambda: wanted(action))


def _accepts(ask: Any) -> bool:
    try:
        ask()
    except InvalidInput:
        return False
    return True


# -- writing ------------------------------------------------------------------------------------------------------


def test_driving_is_written_as_the_firmware_reads_it() -> None:
    assert orjson.loads(writing.drive("esp32-a1b2c3", Speeds(0.5, 0), AT)) == DRIVE


def test_a_time_is_written_in_utc_with_its_letter() -> None:
    there = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert orjson.loads(writing.stop("a", there))["ts"] == "2026-01-05T09:00:10.250Z"


def test_what_is_written_is_valid_and_fits_into_a_packet_of_the_firmware() -> None:
    written = writing.drive("x" * 64, Speeds(-9.123456789012345, 6.123456789012345), AT)
    assert catalogue.deviations(orjson.loads(written)) == []
    assert len(written) < 1024 - len("hal/v1/motor/cmd")


def test_a_stop_for_all_breaks_one_rule_and_no_other() -> None:
    said = orjson.loads(writing.stop_everyone(AT))
    assert said["device_id"] == "*"
    assert said["payload"] == {"linear_meters_per_sec": 0, "angular_rad_per_sec": 0}
    assert catalogue.deviations(said) == ["device_id breaks the rule pattern"]


@pytest.mark.parametrize("device_id", ["*", "a.b", ">", "", "x" * 65])
def test_nothing_is_written_to_an_id_that_is_none(device_id: str) -> None:
    with pytest.raises(InvalidInput):
        writing.stop(device_id, AT)


@pytest.mark.parametrize("speeds", [Speeds(10.1, 0), Speeds(0, -6.3), Speeds(float("inf"), 0)])
def test_nothing_is_written_that_is_too_fast(speeds: Speeds) -> None:
    with pytest.raises(InvalidInput):
        writing.drive("a", speeds, AT)


def test_a_camera_is_told_by_the_same_strict_hand() -> None:
    said = {"kind": "camera/control", "device_id": "camera-pi4", "caps": (), "at": AT}
    assert orjson.loads(writing.message(payload={"command": "snapshot"}, **said))["payload"] == {"command": "snapshot"}
    with pytest.raises(InvalidInput):
        writing.message(payload={"command": "explode"}, **said)


# -- evidence -----------------------------------------------------------------------------------------------------


def telemetry(linear: Any, angular: Any, **more: Any) -> dict[str, Any]:
    motion = {"actual_linear_meters_per_sec": linear, "actual_angular_rad_per_sec": angular}
    return {**motion, "status": "moving", **more}


def commanded(linear: float, angular: float) -> dict[str, float]:
    return {"commanded_linear_meters_per_sec": linear, "commanded_angular_rad_per_sec": angular}


def test_the_telemetry_of_the_firmware_proves_its_command() -> None:
    assert shows(MOTOR["payload"], Speeds(0.5, 0)) == Evidence.SEEN


@pytest.mark.parametrize(
    ("payload", "speeds", "evidence"),
    [
        (telemetry(0.49, 0.01), Speeds(0.5, 0), Evidence.SEEN),
        (telemetry(0.2, 0), Speeds(0.5, 0), Evidence.NOT_YET),
        (telemetry(-0.5, 0), Speeds(0.5, 0), Evidence.NOT_YET),
        (telemetry(0.5, 0, **commanded(0.5, 0)), Speeds(0.5, 0), Evidence.SEEN),
        # On its way to another speed, and there at last.
        (telemetry(0.5, 0, **commanded(0.9, 0)), Speeds(0.5, 0), Evidence.NOT_YET),
        (telemetry(1.0, 0, **commanded(1.0, 0)), Speeds(3, 0), Evidence.CLAMPED),
        (telemetry(1.0, 2.0), Speeds(3, 5), Evidence.CLAMPED),
        (telemetry(0.5, -2.0), Speeds(0.5, -5), Evidence.CLAMPED),
        (telemetry(3.0, 0), Speeds(3, 0), Evidence.SEEN),
        (telemetry(0, 0, status="emergency_stop"), Speeds(0.5, 0), Evidence.REFUSED),
        (telemetry(0, 0, status="emergency_stop", **commanded(0.5, 0)), STANDSTILL, Evidence.SEEN),
        (telemetry(0, 0, status="idle"), STANDSTILL, Evidence.SEEN),
        (telemetry(0.3, 0), STANDSTILL, Evidence.NOT_YET),
        (telemetry(0.3, 0, status="emergency_stop"), STANDSTILL, Evidence.NOT_YET),
        ({}, STANDSTILL, Evidence.NOT_YET),
        (telemetry(None, 0), STANDSTILL, Evidence.NOT_YET),
        (telemetry(False, 0), STANDSTILL, Evidence.NOT_YET),
        (telemetry(float("nan"), 0), STANDSTILL, Evidence.NOT_YET),
    ],
)
def test_what_telemetry_proves(payload: dict[str, Any], speeds: Speeds, evidence: Evidence) -> None:
    assert shows(payload, speeds) == evidence


def test_a_robot_with_narrower_limits_is_measured_by_them() -> None:
    assert shows(telemetry(0.3, 0), Speeds(0.5, 0), limits=Speeds(0.3, 1)) == Evidence.CLAMPED


def test_a_latched_robot_says_so() -> None:
    assert is_latched({"status": "emergency_stop"})
    assert not is_latched({"status": "idle"})
    assert not is_latched({})
