"""Which topics a node has. Anybody may make up more of them, so a node has no more than so many."""

from collections.abc import Container
from datetime import datetime, timedelta
from uuid import UUID

from devices.services.bus_states import MOST_TOPICS

# A topic of which nothing was heard for so long makes room.
REMEMBERED = timedelta(hours=1)


class Topics:
    def __init__(self) -> None:
        self._heard: dict[UUID, dict[str, datetime]] = {}

    def admits(self, node_id: UUID, topic: str, at: datetime) -> bool:
        heard = self._heard.setdefault(node_id, {})
        if topic not in heard and len(heard) >= MOST_TOPICS:
            # The one that was heard least lately stands first.
            oldest = next(iter(heard))
            if at - heard[oldest] < REMEMBERED:
                return False
            del heard[oldest]
        heard.pop(topic, None)
        heard[topic] = at
        return True

    def forget_all_but(self, node_ids: Container[UUID]) -> None:
        self._heard = {node_id: heard for node_id, heard in self._heard.items() if node_id in node_ids}
