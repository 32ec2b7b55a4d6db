"""Figures as a person reads them: a name that ends in its unit, and a value with that unit."""

from typing import Any

LONGEST = 120
MEASURES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
SMALL = {"cpu": "CPU", "id": "ID", "ip": "IP", "udp": "UDP", "tcp": "TCP", "srt": "SRT", "os": "OS", "imu": "IMU"}
ENDINGS = ("percent", "bps", "bytes", "secs", "seconds", "celsius", "ms")
# What robots measure; the longer ending before the one that it ends in. Hundredths of these matter.
FINE = {
    "meters_per_sec2": "m/s²",
    "meters_per_sec": "m/s",
    "rad_per_sec": "rad/s",
    "meters": "m",
    "rad": "rad",
    "volts": "V",
    "amps": "A",
    "gauss": "G",
}


def words(name: str) -> str:
    """A dot stands between a thing and its part."""
    found = [_words(part) for part in name.split(".")]
    text = ": ".join(part for part in found if part)
    return text[:1].upper() + text[1:]


def _words(name: str) -> str:
    fine = _fine(name)
    parts = [part for part in (name[: -len(fine) - 1] if fine else name).replace("-", "_").split("_") if part]
    if len(parts) > 1 and parts[-1] in ENDINGS:
        parts = parts[:-1]
    return " ".join(SMALL.get(part.lower(), part) for part in parts)


def _fine(name: str) -> str:
    return next((ending for ending in FINE if name.endswith(f"_{ending}")), "")


def said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        fine = _fine(name)
        return (
            f"{value:{'.2f' if abs(value) < 1e9 else '.3g'}} {FINE[fine]}"
            if fine
            else _measured(name.rpartition("_")[2], float(value))
        )
    return str(value)[:LONGEST]


def _measured(unit: str, value: float) -> str:
    if unit in ("secs", "seconds"):
        return lasting(value)
    if unit in ("bps", "bytes"):
        return _scaled(value, "bit/s" if unit == "bps" else "B")
    suffix = {"percent": " %", "celsius": " °C", "ms": " ms"}.get(unit, "")
    return f"{value:,.1f}".removesuffix(".0").replace(",", " ") + suffix


def _scaled(value: float, unit: str) -> str:
    for size, letter in MEASURES:
        if abs(value) >= size:
            return f"{value / size:.1f} {letter}{unit}"
    return f"{value:.0f} {unit}"


def lasting(seconds: float) -> str:
    """In the two largest units."""
    if not abs(seconds) < 1e15:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")) if count]
    return " ".join(parts[:2]) or "0 s"
