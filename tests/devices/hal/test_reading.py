"""HAL messages as devices really send them, and those that nobody can read."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from devices.errors import MalformedFrame
from devices.hal import reading
from devices.hal.catalogue import FOLDER, MOST_DEVIATIONS, deviations, kinds, validator
from devices.hal.figures import LONGEST_NAME, MOST_FIGURES, figures
from tests.devices.hal.payloads import DRIVE, MOTOR, RANGE, RANGE_EVENT


def read(said: Any) -> reading.HalMessage:
    return reading.message(orjson.dumps(said))


def refused(data: bytes) -> str:
    with pytest.raises(MalformedFrame) as refusal:
        reading.message(data)
    return refusal.value.kinds["message"]


def with_payload(**payload: Any) -> dict[str, Any]:
    return {**MOTOR, "payload": payload}


def test_telemetry_without_caps_and_with_a_number_for_a_time_is_read() -> None:
    message = read(MOTOR)
    assert (message.kind, message.device_id) == ("motor/differential-telemetry", "esp32-a1b2c3")
    assert (message.said_at, message.caps) == (None, ())
    assert message.payload["status"] == "moving"


def test_names_of_capabilities_may_have_three_parts() -> None:
    assert read(RANGE_EVENT).caps == ("motor.differential:v1.0", "sensor.range.tof:v1.0")


def test_a_time_with_a_zone_is_one() -> None:
    assert read(DRIVE).said_at == datetime(2026, 1, 5, 9, 0, 10, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("ts", ["2026-01-05T09:00:10", "yesterday", "", None, True, 12.5, [], {}])
def test_any_other_time_is_none(ts: Any) -> None:
    assert read({**MOTOR, "ts": ts}).said_at is None


@pytest.mark.parametrize("schema", ["acme/hal/battery/state/2.1", "no schema at all", None, 7, "x" * 5000])
def test_a_schema_that_nobody_knows_is_no_reason_to_refuse(schema: Any) -> None:
    assert read({**MOTOR, "schema": schema}).device_id == "esp32-a1b2c3"


@pytest.mark.parametrize("caps", ["motor", None, {"motor": 1}, [1, None, "", "x" * 300]])
def test_caps_that_are_none_are_left_out(caps: Any) -> None:
    assert read({**MOTOR, "caps": caps}).caps == ()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"device_id": NaN}', "not_json"),
        (b"[" * 5000 + b"]" * 5000, "not_json"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"{}", "bad_device_id"),
        (b'{"device_id": "a", "payload": []}', "no_payload"),
        (b'{"device_id": "a"}', "no_payload"),
        (b'{"device_id": "a", "payload": ' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}", "too_deep"),
        (b'{"device_id": "a", "payload": {"a": "' + b"x" * reading.MOST_BYTES + b'"}}', "too_large"),
    ],
)
def test_what_nobody_can_use_is_refused_by_name(data: bytes, kind: str) -> None:
    assert refused(data) == kind


@pytest.mark.parametrize("device_id", ["a.b", "*", ">", "a b", "", "x" * 65, "ä", "a\n", 7, None])
def test_an_id_that_cannot_be_part_of_a_subject_is_refused(device_id: Any) -> None:
    assert refused(orjson.dumps({**MOTOR, "device_id": device_id})) == "bad_device_id"


# -- deviations ---------------------------------------------------------------------------------------------------


def test_what_keeps_to_the_schemas_deviates_nowhere() -> None:
    assert deviations(DRIVE) == []


def test_deviations_are_told_by_place_and_never_by_value() -> None:
    assert deviations(MOTOR) == ["ts breaks the rule type", "caps is missing"]
    told = deviations(RANGE_EVENT)
    assert "caps.1 breaks the rule pattern" in told
    assert "payload.alert is not in the schema" in told


def test_a_message_that_is_wrong_everywhere_is_told_in_a_few_lines() -> None:
    told = deviations(with_payload(**{f"strange_{number}": "x" * 1000 for number in range(500)}))
    assert len(told) == MOST_DEVIATIONS
    assert max(map(len, told)) < 200


@pytest.mark.parametrize("message", [{}, {"schema": None}, {"schema": {}}, {**DRIVE, "payload": None}])
def test_whatever_comes_has_deviations_and_no_traceback(message: dict[str, Any]) -> None:
    assert deviations(message)


def test_there_are_nine_payloads_and_an_envelope() -> None:
    assert kinds() == {
        "motor/differential",
        "motor/differential-telemetry",
        "sensor/range-tof",
        "sensor/imu",
        "camera/frame",
        "camera/status",
        "camera/control",
        "system/discovery",
        "system/heartbeat",
    }


@pytest.mark.parametrize("kind", ["envelope", *sorted(kinds())])
def test_every_schema_is_one_of_draft_7_and_strict_at_its_top(kind: str) -> None:
    schema = orjson.loads((FOLDER / f"{kind}.json").read_bytes())
    validator(kind).check_schema(schema)
    assert schema["$id"] == f"https://tafy.studio/schemas/hal/{kind}/1.0"
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= set(schema["properties"])
    assert not validator(kind).is_valid({})


# -- figures ------------------------------------------------------------------------------------------------------


def test_the_numbers_of_motor_telemetry_have_short_names() -> None:
    found = dict(figures(read(MOTOR)))
    assert found["motor.actual_linear_meters_per_sec"] == 0.5
    assert found["motor.odometry.x_meters"] == 1.2
    assert found["motor.wheel_velocities.left_meters_per_sec"] == 0.5
    assert "motor.status" not in found


def test_each_sensor_has_numbers_of_its_own() -> None:
    assert dict(figures(read(RANGE)))["range.tof-front.range_meters"] == 0.243


def test_a_message_of_a_schema_nobody_knows_has_figures_too() -> None:
    message = read({**MOTOR, "schema": "acme/hal/battery/state/2.1", "payload": {"volts": 12.5}})
    assert figures(message) == [("battery.volts", 12.5)]
    assert figures(read({**MOTOR, "schema": "?", "payload": {"volts": 12.5}})) == [("hal.volts", 12.5)]


def test_what_is_no_number_is_no_figure() -> None:
    payload = {"yes": True, "text": "1", "list": [1, 2], "none": None, "ok": 1}
    assert figures(read(with_payload(**payload))) == [("motor.ok", 1.0)]


def test_endless_numbers_are_no_figures() -> None:
    payload = {"nan": float("nan"), "up": float("inf"), "down": float("-inf"), "huge": 10**400}
    message = reading.HalMessage("tafylabs/hal/motor/differential/1.0", "a", payload)
    assert figures(message) == []


def test_figures_are_bounded_in_number_and_in_their_names() -> None:
    payload = {
        "x" * 64: 1,
        "a b": 1,
        "a.b": 1,
        "a\x00": 1,
        "": 1,
        "deep": {"deep": {"deep": {"deep": 1}}},
        **{f"n{number}": number for number in range(500)},
    }
    found = figures(read(with_payload(**payload)))
    assert len(found) == MOST_FIGURES
    assert all(len(name) <= LONGEST_NAME for name, _ in found)
    assert found[0] == ("motor.n0", 0.0)


@pytest.mark.parametrize("sensor", ["a.b", "x" * 65, 7, None, "a b"])
def test_a_sensor_whose_name_is_none_is_left_out_of_the_name(sensor: Any) -> None:
    message = read({**RANGE, "payload": {"sensor_id": sensor, "range_meters": 1}})
    assert figures(message)[-1] == ("range.range_meters", 1.0)
