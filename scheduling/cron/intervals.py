"""Times that no wall shows: every so often in real time, and the spread of those that are due at once."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from scheduling.errors import InvalidInterval, InvalidJitter

NOTHING = timedelta(0)
MICROSECOND = timedelta(microseconds=1)


def following_interval(every: timedelta, anchor: datetime, after: datetime) -> datetime:
    """The first whole multiple of `every` from the anchor on that is strictly after `after`."""
    if every <= NOTHING:
        raise InvalidInterval
    # In UTC: between two times of one zone Python counts what the wall shows.
    first = anchor.astimezone(UTC)
    passed = after.astimezone(UTC) - first
    return first if passed < NOTHING else first + (passed // every + 1) * every


def spread(trigger_id: UUID, due: datetime, jitter: timedelta) -> timedelta:
    """How much later this one starts: the same whoever asks, and less than the jitter."""
    if jitter < NOTHING:
        raise InvalidJitter
    if not jitter:
        return NOTHING
    said = trigger_id.bytes + due.astimezone(UTC).isoformat().encode()
    number = int.from_bytes(blake2b(said, digest_size=8).digest())
    return number % (jitter // MICROSECOND) * MICROSECOND
