"""What the hub may set: two intervals, labels, jobs, and whatever else it wants to keep here."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

from rdos_agent.files import read_object, write_private
from rdos_agent.problems import CannotStart, CommandRefused
from rdos_agent.wishes import Wishes, wishes

DEFAULTS = {"stats_interval_secs": 10, "health_interval_secs": 15}
SHORTEST, LONGEST = 1, 3600
LARGEST = 100 * 1024
SECRET = re.compile(r"secret|token|password|passphrase|api_?key|private_?key", re.IGNORECASE)


class Config:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = read_object(path) or {}
        self._changed = asyncio.Event()
        try:
            _check(self._values)
        except CommandRefused as refusal:
            raise CannotStart(f"{path}: {refusal} Mend it or remove it.") from refusal

    def update(self, changes: dict[str, Any]) -> None:
        """Objects are merged, null removes a key, all else replaces what was there."""
        values = _merged(self._values, changes)
        _check(values)
        write_private(self._path, json.dumps(values, indent=2))
        self._values = values
        self._changed.set()
        self._changed = asyncio.Event()

    def shown(self) -> dict[str, Any]:
        """Without secrets. They are left out, not blanked: sent back as it is, it changes nothing."""
        return {**DEFAULTS, **_public(self._values)}

    @property
    def jobs(self) -> Wishes:
        return wishes(self._values.get("jobs"))

    async def pause(self, interval: str) -> None:
        """For as long as the interval says, or until the config changes."""
        await self.rest(self._values.get(interval, DEFAULTS[interval]))

    async def rest(self, seconds: float) -> bool:
        """True when the config has changed meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                return await self._changed.wait()
        except TimeoutError:
            return False


def _merged(old: Any, changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value) if isinstance(value, dict) else value
    return result


def _check(values: dict[str, Any]) -> None:
    for key in DEFAULTS:
        seconds = values.get(key, SHORTEST)
        if type(seconds) is not int or not SHORTEST <= seconds <= LONGEST:
            raise CommandRefused("validation_error", f"{key} must be a whole number from {SHORTEST} to {LONGEST}.")
    labels = values.get("labels", {})
    if not isinstance(labels, dict) or not all(isinstance(label, str) for label in labels.values()):
        raise CommandRefused("validation_error", "labels must be an object of texts.")
    wishes(values.get("jobs"))
    if _size(values) > LARGEST:
        raise CommandRefused("validation_error", f"The config may have at most {LARGEST} bytes.")


def _size(values: dict[str, Any]) -> int:
    try:
        return len(json.dumps(values, allow_nan=False))
    except ValueError as error:
        raise CommandRefused("validation_error", "The config holds a number that JSON does not know.") from error


def _public(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _public(inner) for key, inner in value.items() if not SECRET.search(key)}
    if isinstance(value, list):
        return [_public(inner) for inner in value]
    return value
