"""How far an operation is, in numbers, words and the parts of a bar."""

from collections.abc import Mapping
from dataclasses import dataclass

from devices.choices import OPEN_COMMANDS, UNCONFIRMED, CommandStatus
from devices.services.operations import FAILED

# In the order of the bar: what is over first.
WORDS = {
    CommandStatus.ACKED.value: "done",
    CommandStatus.REJECTED.value: "rejected",
    CommandStatus.EXPIRED.value: "expired",
    UNCONFIRMED: "not confirmed",
    CommandStatus.CANCELLED.value: "cancelled",
    CommandStatus.SENT.value: "sent",
    CommandStatus.QUEUED.value: "queued",
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
    unconfirmed: int
    skipped: int
    parts: tuple[Part, ...]

    @property
    def tone(self) -> str:
        return self._look[0]

    @property
    def word(self) -> str:
        return self._look[1]

    @property
    def _look(self) -> tuple[str, str]:
        if self.open:
            return "info", "Under way"
        if self.failed:
            return "bad", "Over, with failures"
        if not self.told:
            return "warn", "Nobody was told"
        return ("idle", "Over, not confirmed") if self.unconfirmed else ("good", "Done")

    @property
    def troubles(self) -> str:
        counts = ((self.failed, "failed"), (self.unconfirmed, "not confirmed"), (self.skipped, "skipped"))
        return ", ".join(f"{count} {word}" for count, word in counts if count)

    @property
    def to_retry(self) -> str:
        """What those are called whom a retry tells again."""
        if self.failed and self.unconfirmed:
            return "that failed or did not confirm"
        return "that did not confirm" if self.unconfirmed else "that failed"


def of(counts: Mapping[str, int], skipped: int) -> Progress:
    """Of counts in which the expired hold those that did not confirm."""
    apart = {**counts, CommandStatus.EXPIRED.value: counts[CommandStatus.EXPIRED] - counts[UNCONFIRMED]}
    told, failed = sum(apart.values()), sum(apart[status] for status in FAILED)
    still_open = sum(apart[status] for status in OPEN_COMMANDS)
    parts = tuple(_parts(apart, told))
    return Progress(told, told - still_open, still_open, failed, counts[UNCONFIRMED], skipped, parts)


def _parts(counts: Mapping[str, int], told: int) -> list[Part]:
    parts, start = [], 0.0
    for status, word in WORDS.items():
        if count := counts[status]:
            width = 1000 * count / told
            parts.append(Part(word, status, count, round(start, 2), round(width, 2)))
            start += width
    return parts
