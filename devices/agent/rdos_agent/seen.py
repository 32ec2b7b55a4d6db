"""Command ids that were seen, with the answers they got: what is repeated is answered, not done, again."""

import json
import os
from pathlib import Path
from typing import Any

from rdos_agent.files import write_private

KEPT = 1000
Ack = dict[str, Any]


class Seen:
    """A journal of lines: appending is cheap, and a torn last line is only the one that was not finished."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = _read(path)
        answered = {key: ack for key, ack in found.items() if ack}
        # Last, however long ago they began.
        self._acks = answered | {key: _interrupted(key) for key in found if key not in answered}
        self._begun: set[str] = set()
        self._compact()

    def ack(self, command_id: str) -> Ack | None:
        return self._acks.get(command_id)

    def begin(self, command_id: str) -> None:
        """On disk before anything is done, so that a crash cannot do it twice."""
        self._begun.add(command_id)
        self._append(command_id, None)

    def finish(self, command_id: str, ack: Ack) -> None:
        self._begun.discard(command_id)
        self._acks[command_id] = ack
        self._append(command_id, ack)
        if self._lines > 2 * KEPT:
            self._compact()

    def _append(self, command_id: str, ack: Ack | None) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(command_id, ack))
            file.flush()
            os.fsync(file.fileno())
        self._lines += 1

    def _compact(self) -> None:
        self._acks = dict(list(self._acks.items())[-KEPT:])
        # What still runs is the last, because the first are forgotten: after a crash it must not be taken for new.
        lines = [*(_line(*item) for item in self._acks.items()), *(_line(key, None) for key in self._begun)]
        write_private(self._path, "".join(lines))
        self._lines = len(lines)


def _line(command_id: str, ack: Ack | None) -> str:
    return json.dumps({"command_id": command_id, "ack": ack}) + "\n"


def _read(path: Path) -> dict[str, Ack | None]:
    found: dict[str, Ack | None] = {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    for line in lines:
        try:
            entry = json.loads(line)
            found[entry["command_id"]] = entry["ack"]
        except (ValueError, KeyError, TypeError):  # torn by a crash
            continue
    return found


def _interrupted(command_id: str) -> Ack:
    return {
        "command_id": command_id,
        "success": False,
        "error": "The agent stopped while this ran; nobody knows how far it came.",
        "error_code": "interrupted",
    }
