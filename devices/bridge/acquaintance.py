"""Which keys on the bus are nodes of this hub, and what strangers said until they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from devices.models import Node

MOST_STRANGERS = 1000
MOST_SAID = 16


@dataclass(frozen=True, slots=True)
class Known:
    node_id: UUID
    key: str
    kind: str
    # Only what came on a subject of its own is its word: the broker lets nobody else speak there.
    has_credential: bool


def read() -> dict[str, Known]:
    rows = Node.objects.filter(on_bus=True).values_list("pk", "key", "bus__kind", "bus__credential_hash")
    return {key: Known(pk, key, kind, bool(digest)) for pk, key, kind, digest in rows}


class Strangers:
    """What they said waits a moment for their row."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, bytes]] = {}

    def note(self, key: str, subject: str, data: bytes) -> bool:
        """True when the key is new here."""
        said = self._said.get(key)
        if said is None:
            if len(self._said) >= MOST_STRANGERS:
                return False
            said = self._said[key] = {}
        if len(said) < MOST_SAID:
            said[subject] = data
        return True

    def now_known(self, known: dict[str, Known]) -> Iterator[tuple[str, bytes]]:
        """Of those that are not, nothing is kept: they will speak again."""
        said, self._said = self._said, {}
        for key, messages in said.items():
            if key in known:
                yield from messages.items()
