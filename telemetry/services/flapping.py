"""A connection that comes and goes fills one row instead of the list. Only its events are damped, never its state.

A node's first three disconnects within ten minutes are told one by one. From the fourth on, whatever its connection
does joins one row, until it was calm for ten minutes. All of it is read from rows, so any process decides alike.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from telemetry.models import Event
from telemetry.services.drafts import Draft

CONNECT = "node.connect"
DISCONNECT = "node.disconnect"
FLAPPING = "node.flapping"
WINDOW = timedelta(minutes=10)
TOLERATED = 3
MESSAGE = "The connection is flapping: it came or went {times} times more"


@dataclass
class _Past:
    """What the rows say of one node's connection."""

    lost_at: list[datetime] = field(default_factory=list)
    group_key: str = ""
    joined_at: datetime | None = None

    def is_flapping(self, at: datetime) -> bool:
        return self.joined_at is not None and self.joined_at > at - WINDOW

    def lost_too_often(self, at: datetime) -> bool:
        return sum(lost > at - WINDOW for lost in self.lost_at) >= TOLERATED


def damped(drafts: Iterable[Draft]) -> list[Draft]:
    """The same events, in the same order, some of them made to join a row."""
    found = list(drafts)
    connections = [draft for draft in found if draft.action in (CONNECT, DISCONNECT)]
    if not connections:
        return found
    nodes = {draft.node_id for draft in connections if draft.node_id}
    pasts = _pasts(nodes, min(draft.at for draft in connections))
    return [_damped(draft, pasts[draft.node_id]) if draft.action in (CONNECT, DISCONNECT) else draft for draft in found]


def _pasts(node_ids: Collection[UUID], since: datetime) -> dict[UUID | None, _Past]:
    pasts: dict[UUID | None, _Past] = defaultdict(_Past)
    events = Event.objects.filter(node_id__in=node_ids)
    lost = events.filter(action=DISCONNECT, created_at__gt=since - WINDOW)
    for node_id, at in lost.values_list("node_id", "created_at"):
        pasts[node_id].lost_at.append(at)
    groups = events.filter(action=FLAPPING, group_key__gt="", last_at__gt=since - WINDOW).order_by("last_at")
    for node_id, key, at in groups.values_list("node_id", "group_key", "last_at"):
        pasts[node_id].group_key, pasts[node_id].joined_at = key, at
    return pasts


def _damped(draft: Draft, past: _Past) -> Draft:
    lost = draft.action == DISCONNECT
    if past.is_flapping(draft.at) or (lost and past.lost_too_often(draft.at)):
        return _joined(draft, past)
    if lost:
        past.lost_at.append(draft.at)
    return draft


def _joined(draft: Draft, past: _Past) -> Draft:
    """The disconnect that opens the row gives it its severity: in maintenance it is quiet."""
    if not past.is_flapping(draft.at):
        past.group_key = f"flapping:{draft.node_id}:{draft.at.timestamp() // WINDOW.total_seconds():.0f}"
    past.joined_at = max(draft.at, past.joined_at or draft.at)
    return replace(draft, message=MESSAGE, details=None, action=FLAPPING, group_key=past.group_key)
