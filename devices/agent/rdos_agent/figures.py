"""What the machine is doing, in numbers; a number that cannot be had is left out."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rdos_agent import __version__, machine

DISK_FULL = 90.0
MEMORY_FULL = 95.0


class Figures:
    def __init__(self, *, name: str, state: Path) -> None:
        self._name = name
        self._disk = Path(state.resolve().anchor)
        self._started = time.monotonic()
        self._processor = machine.Processor()

    def stats(self) -> dict[str, float]:
        """`uptime_secs` is the machine's here, and the agent's in `health`."""
        readings: dict[str, Callable[[], float | None]] = {
            "cpu_percent": self._processor.percent,
            "load_1m": lambda: os.getloadavg()[0],
            "uptime_secs": machine.uptime,
            "temperature_celsius": machine.temperature,
        }
        single = {key: value for key, reading in readings.items() if (value := _tried(reading)) is not None}
        return {**single, **self._shares()}

    def _shares(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for kind, (total, percent) in self._filled():
            found |= {f"{kind}_percent": round(percent, 1), f"{kind}_total_bytes": total}
        return found

    def _filled(self) -> Iterator[tuple[str, tuple[int, float]]]:
        with contextlib.suppress(OSError, ValueError, LookupError):
            yield "memory", machine.memory()
        with contextlib.suppress(OSError):
            usage = shutil.disk_usage(self._disk)
            # As `df` counts: what only root may use is neither used nor free.
            yield "disk", (usage.total, 100 * usage.used / max(usage.used + usage.free, 1))

    def health(self) -> dict[str, Any]:
        reason = self._complaint(self._shares())
        return {
            "status": "warning" if reason else "ok",
            "version": __version__,
            "uptime_secs": int(time.monotonic() - self._started),
            **({"reason": reason} if reason else {}),
            **({"name": self._name} if self._name else {}),
        }

    def _complaint(self, shares: dict[str, float]) -> str:
        limits = {"disk": DISK_FULL, "memory": MEMORY_FULL}
        full = [kind for kind, limit in limits.items() if shares.get(f"{kind}_percent", 0) > limit]
        return ", ".join(f"{kind} {shares[f'{kind}_percent']:.0f} % full" for kind in full)


def _tried(reading: Callable[[], float | None]) -> float | None:
    try:
        value = reading()
    except (OSError, ValueError, LookupError, AttributeError):  # not every system has each
        return None
    return None if value is None else round(value, 2)
