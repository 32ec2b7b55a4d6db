"""Robots do not answer, but they drive: what their motors report is taken for the answer to what they were told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from devices.bridge.stores import Stores
from devices.hal import motion
from devices.hal.motion import Evidence, Speeds
from devices.services.commands import Reply

WORDS = {Evidence.SEEN: "the motors report it", Evidence.CLAMPED: "the motors report it, at the robot's own limit"}
REFUSED = "The robot stands in emergency stop and ignores motion; only its own serial line releases it"


@dataclass(frozen=True, slots=True)
class Awaited:
    command_id: UUID
    speeds: Speeds


class Evidences:
    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._awaited: dict[UUID, dict[UUID, Awaited]] = {}

    def expect(self, command_id: UUID, node_id: UUID, speeds: Speeds) -> None:
        self._awaited.setdefault(node_id, {})[command_id] = Awaited(command_id, speeds)

    def begin_anew(self, rows: list[tuple[UUID, UUID, Speeds]]) -> None:
        """The rows say what is still open: other bridges send as well, and others see the answer."""
        self._awaited = {}
        for command_id, node_id, speeds in rows:
            self.expect(command_id, node_id, speeds)

    def look(self, node_id: UUID, payload: Mapping[str, Any]) -> None:
        for one in list(self._awaited.get(node_id, {}).values()):
            found = motion.shows(payload, one.speeds)
            if found is Evidence.NOT_YET:
                continue
            self._awaited[node_id].pop(one.command_id)
            self._stores.reply(_reply(one.command_id, node_id, found))


def _reply(command_id: UUID, node_id: UUID, found: Evidence) -> Reply:
    if found is Evidence.REFUSED:
        return Reply(command_id, node_id, False, error=REFUSED, error_code=motion.LATCHED)
    return Reply(command_id, node_id, True, data={"evidence": WORDS[found]})
