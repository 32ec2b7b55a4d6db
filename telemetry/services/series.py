"""Which series a measured name of a node belongs to."""

from collections.abc import Iterable
from uuid import UUID

from devices.models import Node
from telemetry.models import Series

# A node and the name of what it measures.
Key = tuple[UUID, str]

REMEMBERED = 500_000
# A series is never another one's, so what a process knows stays true until it forgets it.
_ids: dict[Key, int] = {}


def ids_of(keys: Iterable[Key]) -> dict[Key, int]:
    """Makes those that are missing; of a node that is gone there are none."""
    wanted = set(keys)
    if unknown := wanted - _ids.keys():
        _make_room()
        _learn(unknown)
        if missing := unknown - _ids.keys():
            _make(missing)
            _learn(missing)
    return {key: _ids[key] for key in wanted if key in _ids}


def _learn(keys: set[Key]) -> None:
    found = Series.objects.filter(node_id__in={node_id for node_id, _ in keys})
    for pk, node_id, name in found.values_list("pk", "node_id", "name"):
        _ids[node_id, name] = pk


def _make(keys: set[Key]) -> None:
    there = set(Node.objects.filter(pk__in={node_id for node_id, _ in keys}).values_list("pk", flat=True))
    # In one order, so that two processes never wait for each other.
    rows = [Series(node_id=node_id, name=name) for node_id, name in sorted(keys) if node_id in there]
    Series.objects.bulk_create(rows, ignore_conflicts=True)


def _make_room() -> None:
    if len(_ids) > REMEMBERED:
        _ids.clear()
