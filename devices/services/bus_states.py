"""The last message of each kind that nodes sent about their hardware."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from devices.models import HalState, Node
from rdos.kernel.journal.storable import storable

LONGEST_TOPIC = 128
# A node may name its sensors as it likes, but not without end.
MOST_TOPICS = 64


@dataclass(frozen=True, slots=True)
class State:
    at: datetime
    schema: str
    payload: Mapping[str, Any]


def keep(found: Mapping[tuple[UUID, str], State]) -> None:
    there = set(Node.objects.filter(pk__in={node_id for node_id, _ in found}).values_list("pk", flat=True))
    # In one order, so that two bridges never wait for each other.
    rows = [
        HalState(node_id=node_id, topic=topic, schema=state.schema, payload=storable(dict(state.payload)), at=state.at)
        for (node_id, topic), state in sorted(found.items(), key=_by_key)
        if node_id in there
    ]
    HalState.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["node", "topic"],
        update_fields=["schema", "payload", "at"],
        batch_size=500,
    )


def _by_key(item: tuple[tuple[UUID, str], State]) -> tuple[UUID, str]:
    return item[0]
