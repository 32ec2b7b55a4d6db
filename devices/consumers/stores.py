"""The batches of a process that holds node sockets: what thousands of frames say, stored in a few transactions."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from devices.consumers.session import Session
from devices.models import Node
from devices.services import presence, replies
from devices.services.commands import Reply
from devices.services.presence import End, Health
from devices.services.replies import Report
from rdos.kernel.batches import Batch, KeyedBatch
from rdos.kernel.intake import FRAMES, LOG_LINES, NODE_EVENTS, READINGS, LogLine, NodeEvent, NodeFrame, Reading
from rdos.kernel.sorting import sorting_out

HEALTH_SECONDS = 0.25
# Control that cannot be stored at once waits here; beyond this the node's own reading is held up instead.
MOST_WAITING = 20_000

K = TypeVar("K")
T = TypeVar("T")

logger = logging.getLogger("rdos.nodes")


class Stores:
    def __init__(self) -> None:
        self._replies = _batch(_take_replies, "replies")
        self._events = _batch(_take_events, "node events")
        self._frames = _batch(_take_frames, "node frames")
        self._ends = _batch(_take_ends, "ended sessions", most=1_000_000)
        self._lines: Batch[LogLine] = Batch(
            sorting_out(_take_lines, "log lines"), name="log lines", every=0.5, most=MOST_WAITING, drop_oldest=True
        )
        self._health: KeyedBatch[UUID, Health] = KeyedBatch(
            _by_key(presence.note_health, "health"), name="health", every=HEALTH_SECONDS, most=MOST_WAITING
        )
        self._seen: KeyedBatch[UUID, tuple[UUID, datetime]] = KeyedBatch(
            _by_key(presence.note_seen, "last seen"), name="last seen", most=MOST_WAITING
        )
        self._dirty: dict[UUID, Session] = {}

    def stats(self, session: Session) -> None:
        self._dirty[session.session_id] = session

    def health(self, node_id: UUID, health: Health) -> None:
        self._health.add(node_id, health)

    def seen(self, node_id: UUID, session_id: UUID, at: datetime) -> None:
        self._seen.add(node_id, (session_id, at))

    def reply(self, reply: Reply | Report) -> bool:
        return self._replies.add(reply)

    def event(self, event: NodeEvent) -> bool:
        return self._events.add(event)

    def log_lines(self, lines: list[LogLine]) -> None:
        for line in lines:
            self._lines.add(line)

    def frame(self, frame: NodeFrame) -> bool:
        return self._frames.add(frame)

    def ended(self, end: End) -> None:
        self._ends.add(end)

    def read_out(self) -> None:
        """Looks into the newest stats of each node that sent any: what came between was already out of date."""
        dirty, self._dirty = self._dirty, {}
        at = timezone.now()
        readings = []
        for session in dirty.values():
            stats, session.stats = session.stats, None
            if stats is not None and (reading := _reading(session, stats, at)):
                readings.append(reading)
        if readings:
            READINGS.give(readings)

    async def drain(self, seconds: float) -> None:
        """All of them together in this time: a hub that is asked to stop has only so long."""
        ends_at = asyncio.get_running_loop().time() + seconds
        for batch in (self._replies, self._events, self._frames, self._health, self._lines, self._ends):
            await batch.drain(max(0.0, ends_at - asyncio.get_running_loop().time()))


def _batch(store: Callable[[list[T]], object], name: str, most: int = MOST_WAITING) -> Batch[T]:
    return Batch(sorting_out(store, name), name=name, most=most)


def _by_key(store: Callable[[dict[K, T]], object], name: str) -> Callable[[dict[K, T]], None]:
    def of_pairs(pairs: list[tuple[K, T]]) -> None:
        store(dict(pairs))

    flush = sorting_out(of_pairs, name)
    return lambda found: flush(list(found.items()))


def _reading(session: Session, stats: Any, at: datetime) -> Reading | None:
    if session.node_id is None or session.driver is None:
        return None
    try:
        return Reading(session.node_id, at, session.driver.metrics(stats))
    except Exception:  # The edge to drivers from outside: one that stumbles must not stop the beat for all.
        facts = {"action": "driver_failed", "driver": session.driver.device_type, "node_id": str(session.node_id)}
        logger.exception("A driver could not read what its node sent", extra=facts)
        return None


def _take_replies(items: list[Reply | Report]) -> None:
    replies.take(items, timezone.now())


def _take_events(items: list[NodeEvent]) -> None:
    _give(items, NODE_EVENTS.give)


def _take_lines(items: list[LogLine]) -> None:
    _give(items, LOG_LINES.give)


def _take_frames(items: list[NodeFrame]) -> None:
    by_type: dict[str, list[NodeFrame]] = {}
    for item in items:
        by_type.setdefault(item.type, []).append(item)
    with transaction.atomic():
        for name, found in by_type.items():
            FRAMES[name].give(_of_known_nodes(found))


def _give(items: list[Any], give: Callable[[list[Any]], None]) -> None:
    with transaction.atomic():
        give(_of_known_nodes(items))


def _of_known_nodes(items: list[Any]) -> list[Any]:
    """A node may have been deleted since it spoke, and what it said with it."""
    known = set(Node.objects.filter(pk__in={item.node_id for item in items}).values_list("pk", flat=True))
    return [item for item in items if item.node_id in known]


def _take_ends(ends: list[End]) -> None:
    presence.part(ends, timezone.now())
