"""How much one socket may send: telemetry gives way first, and control only waits."""

from dataclasses import dataclass

FRAMES_PER_SECOND, MOST_FRAMES = 100.0, 300.0
# Telemetry is dropped below this share, so that there is always room for an answer.
KEPT_FOR_CONTROL = 0.5
BYTES_PER_SECOND, MOST_BYTES = 2.0 * 2**20, 24.0 * 2**20

MOST_DEBT = -2 * BYTES_PER_SECOND


@dataclass(slots=True)
class Budget:
    at: float
    frames: float = MOST_FRAMES
    octets: float = MOST_BYTES
    # Whoever does many small things a second may say more often, but no more.
    times: float = 1.0

    def spend(self, now: float, size: int) -> float:
        """Pays for one frame. Seconds to wait before the next one is read: 0 nearly always."""
        passed, self.at = now - self.at, now
        self.frames = min(MOST_FRAMES, self.frames + passed * FRAMES_PER_SECOND) - 1.0 / self.times
        # A debt of some seconds at most: one that grew as long as a node sends would hold up its answers for hours.
        self.octets = max(MOST_DEBT, min(MOST_BYTES, self.octets + passed * BYTES_PER_SECOND) - size)
        if self.frames >= 0.0 and self.octets >= 0.0:
            return 0.0
        return max(-self.frames / FRAMES_PER_SECOND, -self.octets / BYTES_PER_SECOND)

    @property
    def telemetry_has_room(self) -> bool:
        return self.frames >= KEPT_FOR_CONTROL * MOST_FRAMES
