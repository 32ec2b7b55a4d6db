"""Flows that the hub deployed here: kept as one file each, for whatever runs them on this machine."""

import json
import re
from pathlib import Path
from typing import Any

from rdos_agent.files import read_object, write_private
from rdos_agent.problems import CannotStart, CommandRefused

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
Action = dict[str, Any]


class Flows:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, action: Action) -> None:
        path = self._path(action)
        kept = {name: value for name, value in action.items() if name != "type"}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(path, json.dumps(kept))
        except (OSError, RecursionError) as error:
            raise CommandRefused("storage_failed", f"The flow could not be stored: {error}") from error

    def drop(self, action: Action) -> None:
        try:
            self._path(action).unlink()
        except FileNotFoundError as error:
            raise CommandRefused("unknown_flow", "This flow is not here.") from error
        except OSError as error:
            raise CommandRefused("storage_failed", f"The flow could not be removed: {error}") from error

    def report(self) -> dict[str, Any]:
        """What is here, for the hub to compare."""
        found = [_told(path) for path in sorted(self._folder.glob("*.json"))]
        return {"flows": [row for row in found if row]}

    def _path(self, action: Action) -> Path:
        flow_id = action.get("flow_id")
        if not isinstance(flow_id, str) or not ID.fullmatch(flow_id):
            raise CommandRefused("validation_error", "flow_id must be 1-64 letters, digits, _ or -.")
        return self._folder / f"{flow_id}.json"


def _told(path: Path) -> dict[str, Any] | None:
    """A file that somebody spoiled is no flow."""
    try:
        kept = read_object(path) or {}
    except CannotStart:
        return None
    return {"flow_id": path.stem, "version": kept.get("version")}
