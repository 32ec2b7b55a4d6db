"""What one message about a node's hardware shows: its numbers by name, and what a drawing of them needs."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from devices.admin import health
from rdos.kernel.figures import words

Payload = Mapping[str, Any]
Facts = dict[str, Any]

# An ESP32 stops by itself below this.
TOO_NEAR = 0.1
# How far a bar and a map reach, in metres: the first that holds what is shown.
REACHES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
BAR, MAP = 200, 120
STATUS_TONES = {
    "moving": "info",
    "idle": "idle",
    "ok": "good",
    "ready": "good",
    "streaming": "info",
    "stalled": "bad",
    "error": "bad",
    "emergency_stop": "bad",
    "disconnected": "bad",
}
MOST_CAMERAS = 16
MOST_WORDS = 12
AXES = ("x", "y", "z")
VECTORS = (
    ("Acceleration", "acceleration", "meters_per_sec2", "m/s²"),
    ("Turning", "angular_velocity", "rad_per_sec", "rad/s"),
    ("Magnetic field", "magnetic_field", "gauss", "G"),
)
ANGLES = (("Roll", "roll_rad"), ("Pitch", "pitch_rad"), ("Yaw", "yaw_rad"))


def number(value: Any) -> float | None:
    """A device may say anything at all in the place of a number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e12 else None


def part(payload: Payload, name: str) -> Payload:
    found = payload.get(name)
    return found if isinstance(found, Mapping) else {}


def measure(value: Any, unit: str, digits: int = 2) -> str:
    known = number(value)
    return "–" if known is None else f"{known:.{digits}f} {unit}".replace("-", "−")


def status(payload: Payload) -> Facts:
    word = payload.get("status")
    if not isinstance(word, str) or not word:
        return {}
    return {"status": words(word)[:40], "tone": STATUS_TONES.get(word, "warn")}


def motor(payload: Payload) -> Facts:
    wheels = part(payload, "wheel_velocities")
    rows = [
        ("Forward", *_pair(payload, "linear_meters_per_sec", "m/s")),
        ("Turning", *_pair(payload, "angular_rad_per_sec", "rad/s")),
    ]
    sides = [(side, number(wheels.get(f"{side.lower()}_meters_per_sec"))) for side in ("Left", "Right")]
    beside = (("current_draw_amps", "Current", "A"), ("temperature_celsius", "Temperature", "°C"))
    facts = [(label, measure(payload[name], unit)) for name, label, unit in beside if name in payload]
    error = payload.get("error_code")
    return {
        "speeds": rows,
        "wheels": [(side, measure(speed, "m/s")) for side, speed in sides if speed is not None],
        "facts": [*facts, *([("Error", str(error)[:40])] if error else [])],
        "pose": pose(part(payload, "odometry")),
    }


def _pair(payload: Payload, name: str, unit: str) -> tuple[str, str]:
    return measure(payload.get(f"actual_{name}"), unit), measure(payload.get(f"commanded_{name}"), unit)


def pose(odometry: Payload) -> Facts | None:
    """On a map with its start in the middle: x to the right, y up, and turning left is counted up."""
    x, y, theta = (number(odometry.get(name)) for name in ("x_meters", "y_meters", "theta_rad"))
    if x is None or y is None or theta is None:
        return None
    reach = _reach(max(abs(x), abs(y)))
    scale = MAP / 2 / reach
    degrees = math.degrees(theta) % 360
    said = f"x {measure(x, 'm')}, y {measure(y, 'm')}, heading {degrees:.0f}°"
    far = number(odometry.get("distance_meters"))
    return {
        "x": round(min(max(x * scale, -MAP / 2), MAP / 2), 1),
        "y": round(min(max(-y * scale, -MAP / 2), MAP / 2), 1),
        "turn": round(-degrees, 1),
        "said": said + ("" if far is None else f", {measure(far, 'm')} driven"),
        "reach": f"{reach:g} m",
    }


def _reach(far: float) -> float:
    return next((reach for reach in REACHES if far <= reach), far)


def distance(payload: Payload) -> Facts:
    metres, quality = number(payload.get("range_meters")), number(payload.get("quality"))
    reach = _reach(max(number(payload.get("max_range_meters")) or 0.0, 2.0, metres or 0.0))
    alert = payload.get("alert")
    near = alert or (metres is not None and metres < TOO_NEAR)
    return {
        "bar": round(BAR * min(max(metres or 0.0, 0.0), reach) / reach, 1),
        "mark": round(BAR * TOO_NEAR / reach, 1),
        "reach": f"{reach:g} m",
        "said": "no measurement" if metres is None else _near(metres),
        "is_near": bool(near),
        "warning": _warning(alert) if near else "",
        "quality": "" if quality is None else f"quality {quality:.0f} %",
    }


def _near(metres: float) -> str:
    return f"{metres * 1000:.0f} mm" if abs(metres) < 1 else measure(metres, "m")


def _warning(alert: Any) -> str:
    return words(alert)[:60] if isinstance(alert, str) and alert else f"Nearer than {TOO_NEAR * 1000:.0f} mm"


def inertia(payload: Payload) -> Facts:
    vectors = [(label, unit, _axes(part(payload, name), ending)) for label, name, ending, unit in VECTORS]
    euler = part(part(payload, "orientation"), "euler")
    calibrated = part(payload, "calibration_status")
    return {
        "vectors": [row for row in vectors if any(value != "–" for value in row[2])],
        "angles": [(label, f"{math.degrees(angle):.1f}°".replace("-", "−")) for label, angle in _angles(euler)],
        "calibration": [(words(str(name)), f"{level} of 3") for name, level in list(calibrated.items())[:MOST_WORDS]],
    }


def _axes(vector: Payload, ending: str) -> list[str]:
    return [measure(vector.get(f"{axis}_{ending}"), "").strip() for axis in AXES]


def _angles(euler: Payload) -> Iterator[tuple[str, float]]:
    for label, name in ANGLES:
        if (angle := number(euler.get(name))) is not None:
            yield label, angle


def cameras(payload: Payload) -> Facts:
    listed = payload.get("cameras")
    found = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return {"cameras": [_camera(one) for one in found[:MOST_CAMERAS]], "beyond": max(0, len(found) - MOST_CAMERAS)}


def _camera(one: Payload) -> Facts:
    formats = _objects(one, "formats")
    sizes = [(number(size.get("width")), number(size.get("height"))) for size in _objects(one, "resolutions")]
    return {
        "name": str(one.get("name") or one.get("card") or "Camera")[:80],
        "device": str(one.get("device") or "")[:80],
        "formats": ", ".join(str(kind.get("name") or kind.get("fourcc") or "")[:40] for kind in formats),
        "sizes": ", ".join(f"{wide:.0f}×{high:.0f}" for wide, high in sizes if wide is not None and high is not None),
    }


def _objects(one: Payload, name: str) -> list[Payload]:
    found = one.get(name)
    return [row for row in found if isinstance(row, Mapping)][:MOST_WORDS] if isinstance(found, list) else []


def anything(payload: Payload) -> Facts:
    return {"facts": health.facts(payload)}


# By the middle of the schema's name: a template, and what it is filled with.
BOARDS: dict[str, tuple[str, Callable[[Payload], Facts]]] = {
    "motor/differential-telemetry": ("motor", motor),
    "sensor/range-tof": ("range", distance),
    "sensor/imu": ("imu", inertia),
    "camera.discovery": ("cameras", cameras),
}
ANYTHING = ("anything", anything)
