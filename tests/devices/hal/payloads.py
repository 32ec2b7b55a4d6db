"""What real firmware puts on the bus, as it was observed."""

from typing import Any

MOTOR: dict[str, Any] = {
    "hal_major": 1,
    "hal_minor": 0,
    "schema": "tafylabs/hal/motor/differential-telemetry/1.0",
    "device_id": "esp32-a1b2c3",
    "ts": 120400,
    "payload": {
        "actual_linear_meters_per_sec": 0.5,
        "actual_angular_rad_per_sec": 0,
        "commanded_linear_meters_per_sec": 0.5,
        "commanded_angular_rad_per_sec": 0,
        "odometry": {"x_meters": 1.2, "y_meters": 0, "theta_rad": 0},
        "wheel_velocities": {"left_meters_per_sec": 0.5, "right_meters_per_sec": 0.5},
        "status": "moving",
    },
}
RANGE: dict[str, Any] = {
    "hal_major": 1,
    "hal_minor": 0,
    "schema": "tafylabs/hal/sensor/range-tof/1.0",
    "device_id": "esp32-a1b2c3",
    "ts": 120400,
    "payload": {
        "sensor_id": "tof-front",
        "range_meters": 0.243,
        "raw_mm": 245,
        "filtered_mm": 243,
        "quality": 100,
        "status": "ok",
        "statistics": {"total_readings": 9, "valid_readings": 9, "timeouts": 0, "success_rate": 1},
        "calibration": {"offset": 0, "scale": 1},
    },
}
RANGE_EVENT: dict[str, Any] = {
    "hal_major": 1,
    "hal_minor": 0,
    "schema": "tafylabs/hal/sensor/range-tof/1.0",
    "device_id": "esp32-a1b2c3",
    "caps": ["motor.differential:v1.0", "sensor.range.tof:v1.0"],
    "ts": 120400,
    "payload": {
        "sensor_id": "tof-front",
        "range_meters": 0.08,
        "quality": 100,
        "status": "ok",
        "event": "significant_change",
        "alert": "obstacle_detected",
        "alert_threshold_mm": 100,
    },
}
DRIVE: dict[str, Any] = {
    "hal_major": 1,
    "hal_minor": 0,
    "schema": "tafylabs/hal/motor/differential/1.0",
    "device_id": "esp32-a1b2c3",
    "caps": ["motor.differential:v1.0"],
    "ts": "2026-01-05T09:00:10.250Z",
    "payload": {"linear_meters_per_sec": 0.5, "angular_rad_per_sec": 0.0},
}
