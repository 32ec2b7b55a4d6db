"""Which keys on the bus are nodes of this hub, and what strangers said until they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from devices.models import Node

MOST_STRANGERS = 1000
MOST_SAID = 16
# What is larger is not kept for it: it will speak again.
LARGEST_SAID = 4096
REMEMBERED = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Known:
    node_id: UUID
    key: str
    kind: str
    # Only what came from the account of such nodes is its word: nobody else is let in there by its name.
    has_credential: bool


def read() -> dict[str, Known]:
    rows = Node.objects.filter(on_bus=True).values_list("pk", "key", "bus__kind", "bus__credential_hash")
    return {key: Known(pk, key, kind, bool(digest)) for pk, key, kind, digest in rows}


@dataclass(slots=True)
class _Stranger:
    since: datetime
    said: dict[str, bytes]


class Strangers:
    """What they said waits a moment for their row."""

    def __init__(self) -> None:
        self._by_key: dict[str, _Stranger] = {}

    @property
    def are_waiting(self) -> bool:
        return bool(self._by_key)

    def note(self, key: str, subject: str, data: bytes, at: datetime) -> bool:
        """False when there are too many: they will speak again."""
        stranger = self._by_key.get(key)
        if stranger is None:
            if len(self._by_key) >= MOST_STRANGERS:
                return False
            stranger = self._by_key[key] = _Stranger(at, {})
        if len(data) <= LARGEST_SAID and (len(stranger.said) < MOST_SAID or subject in stranger.said):
            stranger.said[subject] = data
        return True

    def now_known(self, known: Mapping[str, Known], at: datetime) -> list[tuple[str, bytes]]:
        found = [item for key, one in self._by_key.items() if key in known for item in one.said.items()]
        self._by_key = {
            key: one for key, one in self._by_key.items() if key not in known and at - one.since < REMEMBERED
        }
        return found
