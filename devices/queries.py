"""Questions about nodes."""

from collections.abc import Mapping
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, Q, QuerySet, TextField, Value

from devices.access import connections_for, nodes_for
from devices.choices import GroupKind
from devices.models import Connection, Node, NodeGroup
from rdos.kernel.actors import Actor


def selected(
    found: QuerySet[Node],
    *,
    device_type: str = "",
    status: str = "",
    labels: Mapping[str, str] | None = None,
    search: str = "",
) -> QuerySet[Node]:
    if device_type:
        found = found.filter(device_type=device_type)
    if status:
        found = found.filter(status=status)
    if search:
        found = found.filter(Q(name__icontains=search) | Q(key__icontains=search) | Q(description__icontains=search))
    return _labelled(found, labels or {})


def _labelled(found: QuerySet[Node], labels: Mapping[str, str]) -> QuerySet[Node]:
    if labels and connection.features.supports_json_field_contains:
        return found.filter(labels__contains=dict(labels))
    # SQLite: Django would take a name of digits for a place in a list, and the value for JSON. No label has a quote.
    for number, (name, value) in enumerate(labels.items()):
        path = Value(f'$."{name}"' if '"' not in name else "$.-")
        kept = Func(F("labels"), path, function="JSON_EXTRACT", output_field=TextField())
        found = found.alias(**{f"label{number}": kept}).filter(**{f"label{number}": value})
    return found


def members(group: NodeGroup, actor: Actor) -> QuerySet[Node]:
    """Those that the actor sees: a group shows nobody a node."""
    seen = nodes_for(actor)
    return selected(seen, **group.query) if group.kind == GroupKind.QUERY else seen.filter(groups=group)


def hidden_members(group: NodeGroup, actor: Actor) -> QuerySet[Node]:
    everybody = Node.objects.all()
    held = selected(everybody, **group.query) if group.kind == GroupKind.QUERY else everybody.filter(groups=group)
    return held.exclude(pk__in=nodes_for(actor).values("pk"))


def connections_of(actor: Actor, node_id: UUID) -> QuerySet[Connection]:
    return connections_for(actor).filter(node_id=node_id)


def connected(actor: Actor) -> QuerySet[Node]:
    return nodes_for(actor).exclude(session_id=None).order_by("name", "id")
