"""Nodes as the bridge finds them on the bus, and what they say of their hardware."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from devices.choices import NodeStatus
from devices.models import BusNode, HalState, Node

INBOX = "/console/devices/busnode/"
CAPABILITIES = {"motor.differential": "v1.0", "sensor.range-tof": "v1.0"}


def found(key: str = "esp32-a1b2c3", *, heard: bool = True, claimed: bool = False, **fields: Any) -> Node:
    """A device that spoke on the bus; one that is claimed has an owner."""
    at = timezone.now()
    bus = {name: fields.pop(name) for name in ("kind", "capabilities", "latched_at", "mac_address") if name in fields}
    status = NodeStatus.ONLINE if heard else NodeStatus.PENDING if claimed else NodeStatus.DISCOVERED
    known = {"name": key, "device_type": "esp32", "address": "10.0.0.21", "status": status, "claimed": claimed} | fields
    node = Node.objects.create(key=key, on_bus=True, last_seen_at=at if heard else None, **known)
    BusNode.objects.create(
        node=node,
        heard_until=at + timedelta(seconds=30) if heard else None,
        **({"kind": "esp32", "capabilities": CAPABILITIES} | bus),
    )
    return node


def says(node: Node, topic: str, schema: str, payload: dict[str, Any], *, seconds_ago: int = 0) -> HalState:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    fields = {"schema": schema, "payload": payload, "at": at}
    return HalState.objects.update_or_create(node=node, topic=topic, defaults=fields)[0]


def drives(node: Node, **payload: Any) -> HalState:
    said = {
        "actual_linear_meters_per_sec": 0.48,
        "actual_angular_rad_per_sec": 0.1,
        "commanded_linear_meters_per_sec": 0.5,
        "commanded_angular_rad_per_sec": 0.1,
        "odometry": {"x_meters": 1.2, "y_meters": -0.4, "theta_rad": 0.7854},
        "wheel_velocities": {"left_meters_per_sec": 0.46, "right_meters_per_sec": 0.5},
        "status": "moving",
    }
    return says(node, "motor/differential-telemetry", "tafylabs/hal/motor/differential-telemetry/1.0", said | payload)


def measures(node: Node, metres: object, sensor: str = "tof-front", **payload: Any) -> HalState:
    said = {
        "sensor_id": sensor,
        "range_meters": metres,
        "raw_mm": 245,
        "filtered_mm": 243,
        "quality": 100,
        "status": "ok",
        "statistics": {"total_readings": 9, "valid_readings": 9, "timeouts": 0, "success_rate": 1},
    }
    return says(node, f"sensor/range-tof.{sensor}", "tafylabs/hal/sensor/range-tof/1.0", said | payload)


def balances(node: Node) -> HalState:
    said = {
        "acceleration": {"x_meters_per_sec2": 0.02, "y_meters_per_sec2": -0.1, "z_meters_per_sec2": 9.81},
        "angular_velocity": {"x_rad_per_sec": 0, "y_rad_per_sec": 0.01, "z_rad_per_sec": 0.1},
        "orientation": {"euler": {"roll_rad": 0.01, "pitch_rad": -0.02, "yaw_rad": 1.5708}},
        "calibration_status": {"system": 3, "accelerometer": 3, "gyroscope": 2, "magnetometer": 0},
    }
    return says(node, "sensor/imu", "tafylabs/hal/sensor/imu/1.0", said)


def has_cameras(node: Node, *names: str) -> HalState:
    cameras = [
        {
            "device": f"/dev/video{number}",
            "name": name,
            "driver": "uvcvideo",
            "capabilities": ["video_capture", "streaming"],
            "formats": [{"name": "Motion-JPEG", "fourcc": "MJPG"}, {"name": "YUYV 4:2:2", "fourcc": "YUYV"}],
            "resolutions": [{"width": 640, "height": 480}, {"width": 1280, "height": 720}],
        }
        for number, name in enumerate(names)
    ]
    return says(node, "camera.discovery", "", {"camera_count": len(cameras), "cameras": cameras or None})


def everything() -> dict[str, str]:
    """One that is ours and says all it can, and two that nobody claimed."""
    robot = found("esp32-ours", claimed=True, latched_at=timezone.now(), mac_address="a1:b2:c3:d4:e5:f6")
    drives(robot), measures(robot, 0.08), balances(robot), has_cameras(robot, "Pi camera")
    stranger = found("esp32-with-a-name-as-long-as-anybody-would-give-it-and-longer", heard=False)
    found("node-7f3a91c2", kind="unknown", capabilities={})
    return {"bus_node": str(robot.pk), "found": str(stranger.pk)}
