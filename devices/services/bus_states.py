"""The last message of each kind that nodes sent about their hardware."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q

from devices.models import BusNode, HalState, Node
from rdos.kernel.intake import NodeEvent
from rdos.kernel.journal.storable import storable

LONGEST_TOPIC = 128
# Of a node: anybody may make up sensors.
MOST_TOPICS = 64
# Of one state. The firmware sends at most 1 KiB; a list of cameras is longer.
LARGEST = 16 * 1024
MOST_NUMBERS, LONGEST_NAME = 64, 64
TOO_LARGE = "too_large"
REMEMBERED = timedelta(days=7)
MOST_FORGOTTEN = 5000
ALERT_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class State:
    at: datetime
    schema: str
    payload: Mapping[str, Any]

    def of_numbers(self) -> "State":
        """What can be kept of one that is too large."""
        numbers = {name: value for name, value in self.payload.items() if _is_small(name, value)}
        return State(self.at, self.schema, {**dict(islice(numbers.items(), MOST_NUMBERS)), TOO_LARGE: True})


def _is_small(name: str, value: Any) -> bool:
    return len(name) <= LONGEST_NAME and isinstance(value, bool | int | float)


def keep(found: Mapping[tuple[UUID, str], State]) -> None:
    """A topic that is there stays; a new one needs room."""
    node_ids = {node_id for node_id, _ in found}
    there = set(Node.objects.filter(pk__in=node_ids).values_list("pk", flat=True))
    kept = set(HalState.objects.filter(node_id__in=there).values_list("node_id", "topic"))
    room = Counter(dict.fromkeys(there, MOST_TOPICS))
    room.subtract(node_id for node_id, _ in kept)
    rows = []
    # In one order, so that two bridges never wait for each other.
    for (node_id, topic), state in sorted(found.items(), key=_by_key):
        is_new = (node_id, topic) not in kept
        if node_id in there and not (is_new and room[node_id] <= 0):
            room[node_id] -= is_new
            rows.append(_row(node_id, topic, state))
    HalState.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["node", "topic"],
        update_fields=["schema", "payload", "at"],
        batch_size=500,
    )


def _row(node_id: UUID, topic: str, state: State) -> HalState:
    payload = storable(dict(state.payload))
    if len(orjson.dumps(payload)) > LARGEST:
        payload = storable(state.of_numbers().payload)
    return HalState(node_id=node_id, topic=topic, schema=state.schema, payload=payload, at=state.at)


def forget(at: datetime) -> int:
    """What a node has not said for days is no picture of it."""
    old = HalState.objects.filter(at__lt=at - REMEMBERED).order_by("pk").values_list("pk", flat=True)[:MOST_FORGOTTEN]
    return HalState.objects.filter(pk__in=list(old)).delete()[0]


def first_alerts(events: Sequence[NodeEvent]) -> list[NodeEvent]:
    """Those that were not told a moment ago, by this bridge or another. In the transaction that stores them."""
    _hold({event.node_id for event in events})
    return [event for event in events if _is_first(event)]


def _hold(node_ids: Collection[UUID]) -> None:
    """As whoever stores their signs of life, and in the same order, so that two bridges never wait for each other."""
    nodes = Node.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=node_ids, on_bus=True)
    list(nodes.order_by("pk").values_list("pk"))


def _is_first(event: NodeEvent) -> bool:
    old = Q(alerted_at=None) | Q(alerted_at__lte=event.at - ALERT_EVERY)
    return BusNode.objects.filter(old, pk=event.node_id).update(alerted_at=event.at) == 1


def _by_key(item: tuple[tuple[UUID, str], State]) -> tuple[UUID, str]:
    return item[0]
