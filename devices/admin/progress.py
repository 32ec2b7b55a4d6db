"""How far an operation is, in numbers, words and the parts of a bar."""

from collections.abc import Mapping
from dataclasses import dataclass

from devices.choices import OPEN_COMMANDS, CommandStatus
from devices.services.operations import FAILED

# In the order of the bar: what is over first.
WORDS = {
    CommandStatus.ACKED: "done",
    CommandStatus.REJECTED: "rejected",
    CommandStatus.EXPIRED: "expired",
    CommandStatus.CANCELLED: "cancelled",
    CommandStatus.SENT: "sent",
    CommandStatus.QUEUED: "queued",
}


@dataclass(frozen=True)
class Part:
    word: str
    status: str
    count: int
    # On a bar of a thousand.
    start: float
    width: float


@dataclass(frozen=True)
class Progress:
    told: int
    settled: int
    open: int
    failed: int
    skipped: int
    parts: tuple[Part, ...]

    @property
    def tone(self) -> str:
        if self.open:
            return "info"
        return "bad" if self.failed else "warn" if not self.told else "good"

    @property
    def word(self) -> str:
        if self.open:
            return "Under way"
        return "Over, with failures" if self.failed else "Nobody was told" if not self.told else "Done"

    @property
    def troubles(self) -> str:
        said = [f"{self.failed} failed"] if self.failed else []
        return ", ".join(said + ([f"{self.skipped} skipped"] if self.skipped else []))


def of(counts: Mapping[str, int], skipped: int) -> Progress:
    told = sum(counts.values())
    still_open = sum(counts[status] for status in OPEN_COMMANDS)
    failed = sum(counts[status] for status in FAILED)
    return Progress(told, told - still_open, still_open, failed, skipped, tuple(_parts(counts, told)))


def _parts(counts: Mapping[str, int], told: int) -> list[Part]:
    parts, start = [], 0.0
    for status, word in WORDS.items():
        if count := counts[status]:
            width = 1000 * count / told
            parts.append(Part(word, status.value, count, round(start, 2), round(width, 2)))
            start += width
    return parts
