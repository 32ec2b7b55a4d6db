"""The last message of each kind that nodes sent about their hardware."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from devices.models import BusNode, HalState, Node
from rdos.kernel.intake import NodeEvent
from rdos.kernel.journal.storable import storable

LONGEST_TOPIC = 128
ALERT_EVERY = timedelta(seconds=60)


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


def first_alerts(events: Sequence[NodeEvent]) -> list[NodeEvent]:
    """Those that were not told a moment ago, by this bridge or another. In the transaction that stores them."""
    return [event for event in events if _is_first(event)]


def _is_first(event: NodeEvent) -> bool:
    old = Q(alerted_at=None) | Q(alerted_at__lte=event.at - ALERT_EVERY)
    return BusNode.objects.filter(old, pk=event.node_id).update(alerted_at=event.at) == 1


def _by_key(item: tuple[tuple[UUID, str], State]) -> tuple[UUID, str]:
    return item[0]
