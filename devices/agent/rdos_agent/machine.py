"""Where the figures come from: /proc and /sys on Linux, elsewhere psutil if it is there."""

import contextlib
import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROC = Path("/proc")
LINUX = (PROC / "stat").is_file()
PLAUSIBLE = range(-50, 150)


def _psutil() -> Any:
    try:
        return importlib.import_module("psutil")
    except ImportError:
        return None


psutil = _psutil()


class Processor:
    """Busy since the last reading; the first time, since the machine started."""

    def __init__(self) -> None:
        self._busy, self._total = 0, 0
        self._last: float | None = None

    def percent(self) -> float | None:
        if not LINUX:
            return None if psutil is None else float(psutil.cpu_percent())
        busy, total = _ticks()
        passed = total - self._total
        if passed > 0:
            self._last = 100 * max(busy - self._busy, 0) / passed
            self._busy, self._total = busy, total
        return self._last


def _ticks() -> tuple[int, int]:
    first = (PROC / "stat").read_text().splitlines()[0]
    # user nice system idle iowait irq softirq steal; what follows is counted in these already.
    ticks = [int(word) for word in first.split()[1:9]]
    return sum(ticks) - sum(ticks[3:5]), sum(ticks)


def memory() -> tuple[int, float]:
    """All of it in bytes, and the percentage that is not to be had."""
    if not LINUX:
        if psutil is None:
            raise LookupError
        facts = psutil.virtual_memory()
        return int(facts.total), float(facts.percent)
    lines = (line.split() for line in (PROC / "meminfo").read_text().splitlines())
    kibibytes = {words[0]: int(words[1]) for words in lines}
    total = kibibytes["MemTotal:"]
    return total * 1024, 100 * (total - kibibytes["MemAvailable:"]) / total


def uptime() -> float | None:
    if not LINUX:
        return None if psutil is None else int(time.time() - psutil.boot_time())
    return int(float((PROC / "uptime").read_text().split()[0]))


def temperature() -> float | None:
    """The hottest of the sensors that make sense."""
    found = list(_sensors("/sys/class/thermal", "thermal_zone*/temp")) or list(
        _sensors("/sys/class/hwmon", "hwmon*/temp*_input")
    )
    return max(found, default=None)


def _sensors(folder: str, pattern: str) -> Iterator[float]:
    for path in Path(folder).glob(pattern):
        with contextlib.suppress(OSError, ValueError):
            degrees = int(path.read_text()) / 1000
            if int(degrees) in PLAUSIBLE:
                yield degrees
