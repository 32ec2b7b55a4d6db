"""What the contract saw devices send (P1 to P11), and variations of it."""

from typing import Any

AGENT, ROBOT, CAMERA = "node-7f3a91c2", "esp32-a1b2c3", "camera-pi4"


def p1(key: str = AGENT, **beside: Any) -> dict[str, Any]:
    text = [f"node_id={key}", "role=agent", "version=0.0.1", "platform=go"]
    return {
        "Instance": key, "Service": "_tafynode._tcp", "Domain": "local.", "HostName": "pi4.local.", "Port": 5353,
        "Text": text, "TTL": 3200, "AddrIPv4": ["10.0.0.5"], "AddrIPv6": None, **beside,
    }  # fmt: skip


def p1_of_a_robot(key: str = ROBOT) -> dict[str, Any]:
    """Its instance is its host name and not its id."""
    caps = "motor.differential:v1.0,sensor.range.tof:v1.0"
    text = [f"node_id={key}", "type=esp32", "version=1.2.0", f"caps={caps}"]
    return p1(key, Instance=f"tafy-{key}", HostName=f"tafy-{key}.local.", Port=80, Text=text, AddrIPv4=["10.0.0.21"])


def p2(key: str = AGENT) -> dict[str, Any]:
    return {"node_id": key, "role": "agent", "status": "online", "timestamp": "2026-01-05T09:00:10Z"}


def p3(key: str = ROBOT, **beside: Any) -> dict[str, Any]:
    return {
        "node_id": key, "type": "esp32", "status": "online", "uptime": 120345, "free_heap": 201344, "wifi_rssi": -61,
        "ip_address": "10.0.0.21", **beside,
    }  # fmt: skip


def p8(
    key: str = ROBOT, *, linear: float = 0.5, angular: float = 0.0, status: str = "moving", **beside: Any
) -> dict[str, Any]:
    """No `caps`, and milliseconds since it started for a time."""
    return {
        "hal_major": 1, "hal_minor": 0, "schema": "tafylabs/hal/motor/differential-telemetry/1.0", "device_id": key,
        "ts": 120400,
        "payload": {
            "actual_linear_meters_per_sec": linear, "actual_angular_rad_per_sec": angular,
            "commanded_linear_meters_per_sec": linear, "commanded_angular_rad_per_sec": angular,
            "odometry": {"x_meters": 1.2, "y_meters": 0, "theta_rad": 0},
            "wheel_velocities": {"left_meters_per_sec": linear, "right_meters_per_sec": linear}, "status": status,
            **beside,
        },
    }  # fmt: skip


def p9(key: str = ROBOT, *, metres: float = 0.243) -> dict[str, Any]:
    return {
        "hal_major": 1, "hal_minor": 0, "schema": "tafylabs/hal/sensor/range-tof/1.0", "device_id": key, "ts": 120500,
        "payload": {
            "sensor_id": "tof-front", "range_meters": metres, "raw_mm": 245, "filtered_mm": 243, "quality": 100,
            "status": "ok",
            "statistics": {"total_readings": 9, "valid_readings": 9, "timeouts": 0, "success_rate": 1},
            "calibration": {"offset": 0, "scale": 1},
        },
    }  # fmt: skip


def p10(key: str = ROBOT, *, metres: float = 0.08) -> dict[str, Any]:
    alert = {"alert": "obstacle_detected", "alert_threshold_mm": 100} if metres < 0.1 else {}
    return {
        "hal_major": 1, "hal_minor": 0, "schema": "tafylabs/hal/sensor/range-tof/1.0", "device_id": key,
        "caps": ["motor.differential:v1.0", "sensor.range.tof:v1.0"], "ts": 120600,
        "payload": {
            "sensor_id": "tof-front", "range_meters": metres, "quality": 100, "status": "ok",
            "event": "significant_change", **alert,
        },
    }  # fmt: skip


def p11(key: str = CAMERA, *, cameras: bool = True) -> dict[str, Any]:
    one = {
        "device": "/dev/video0", "name": "HD Webcam", "driver": "uvcvideo", "card": "HD Webcam", "bus_info": "usb-1",
        "version": "6.1.0", "capabilities": ["video_capture", "streaming"],
        "formats": [{"name": "Motion-JPEG", "fourcc": "MJPG", "description": "Motion-JPEG"}],
        "resolutions": [{"width": 640, "height": 480}],
    }  # fmt: skip
    return {
        "node_id": key, "camera_count": 1 if cameras else 0, "cameras": [one] if cameras else None,
        "timestamp": "2026-01-05T09:00:10.123456789+01:00",
    }  # fmt: skip
