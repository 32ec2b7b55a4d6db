"""Takes what nodes measure, on the loop, and stores it in the background.

Every value is a node's last one for a while; a sample of each series is kept every few seconds. When the database is
away, last values stay and the oldest samples go.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings

from rdos.kernel.batches import Batch, KeyedBatch
from rdos.kernel.intake import Reading
from telemetry.models.series import LONGEST_NAME
from telemetry.services import storing
from telemetry.services.series import Key
from telemetry.services.storing import Point, Value

FLUSHED_EVERY = 0.5
MOST_LAST_VALUES = 200_000
# A few minutes of a thousand nodes.
MOST_SAMPLES = 200_000
# Names are a node's to choose, but not without end.
MOST_NAMES = 200
MOST_NODES = 20_000
LONG_AGO = datetime.min.replace(tzinfo=UTC)

# When each series of each node is due for its next sample.
_due: dict[UUID, dict[str, datetime]] = {}
_last: KeyedBatch[Key, Value] = KeyedBatch(
    storing.remember, name="last values", every=FLUSHED_EVERY, most=MOST_LAST_VALUES, drop_oldest=True
)
_samples: Batch[Point] = Batch(storing.append, name="samples", every=FLUSHED_EVERY, most=MOST_SAMPLES, drop_oldest=True)


def take(readings: Sequence[Reading]) -> None:
    """On the loop."""
    every = timedelta(seconds=settings.SAMPLE_SECONDS)
    for reading in readings:
        due = _due_of(reading.node_id)
        for name, value in reading.values:
            if math.isfinite(value) and (name in due or _is_new_name(name, due)):
                _note((reading.node_id, name), reading.at, float(value), due, every)


def dropped_samples() -> int:
    return _samples.dropped


async def drain(timeout: float) -> bool:
    """For a clean stop. False when time was up before everything was stored."""
    return all([await batch.drain(timeout) for batch in (_last, _samples) if batch.size])


def _note(key: Key, at: datetime, value: float, due: dict[str, datetime], every: timedelta) -> None:
    _last.add(key, (at, value))
    if at >= due[key[1]]:
        due[key[1]] = at + every
        _samples.add((key, at, value))


def _due_of(node_id: UUID) -> dict[str, datetime]:
    due = _due.get(node_id)
    if due is None:
        if len(_due) >= MOST_NODES:
            # The price of forgetting is one early sample of each series.
            _due.clear()
        due = _due[node_id] = {}
    return due


def _is_new_name(name: str, due: dict[str, datetime]) -> bool:
    if len(due) >= MOST_NAMES or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        return False
    due[name] = LONG_AGO
    return True
