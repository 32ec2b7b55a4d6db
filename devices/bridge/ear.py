"""What was heard since the last look. Of one device's telemetry only the newest counts."""

from collections import deque
from typing import Protocol

# In one look. Anybody may make up subjects.
MOST_SUBJECTS = 50_000
MOST_SHARED = 20_000
# Everybody publishes here, so what comes later replaces nothing.
SHARED = frozenset({
    "device.discovered",
    "hal.v1.sensor.range.event",
    "hal.v1.system.discovery",
    "hal.v1.system.heartbeat",
})  # fmt: skip


class Message(Protocol):
    subject: str
    data: bytes


class Ear:
    def __init__(self) -> None:
        self._newest: dict[str, bytes] = {}
        self._shared: deque[tuple[str, bytes]] = deque()
        self.heard = 0
        self.dropped = 0

    async def hear(self, message: Message) -> None:
        """Twenty thousand times a second, so nothing is looked into here."""
        self.heard += 1
        subject = message.subject
        if subject in SHARED or subject.endswith(".data") or ".event." in subject:
            self._hear_shared(subject, message.data)
        elif len(self._newest) < MOST_SUBJECTS or subject in self._newest:
            self._newest[subject] = message.data
        else:
            self.dropped += 1

    def _hear_shared(self, subject: str, data: bytes) -> None:
        if len(self._shared) < MOST_SHARED:
            self._shared.append((subject, data))
        else:
            self.dropped += 1

    def take(self) -> list[tuple[str, bytes]]:
        """What everybody said in its order, then the newest of each device's own."""
        newest, self._newest = self._newest, {}
        shared, self._shared = self._shared, deque()
        return [*shared, *newest.items()]
