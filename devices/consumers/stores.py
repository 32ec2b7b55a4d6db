"""The batches of a process that holds node sockets: what thousands of frames say, stored in a few transactions."""

from collections.abc import Callable
from typing import Any
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

HEALTH_SECONDS = 0.25
# Control that cannot be stored at once waits here; beyond this the node's own reading is held up instead.
MOST_WAITING = 20_000


class Stores:
    def __init__(self) -> None:
        self._replies: Batch[Reply | Report] = Batch(_take_replies, name="replies", most=MOST_WAITING)
        self._events: Batch[NodeEvent] = Batch(_take_events, name="node events", most=MOST_WAITING)
        self._lines: Batch[LogLine] = Batch(
            _take_lines, name="log lines", every=0.5, most=MOST_WAITING, drop_oldest=True
        )
        self._frames: Batch[NodeFrame] = Batch(_take_frames, name="node frames", most=MOST_WAITING)
        self._ends: Batch[End] = Batch(_take_ends, name="ended sessions", most=1_000_000)
        self._health: KeyedBatch[UUID, Health] = KeyedBatch(
            presence.note_health, name="health", every=HEALTH_SECONDS, most=MOST_WAITING
        )
        self._seen: KeyedBatch[UUID, Any] = KeyedBatch(presence.note_seen, name="last seen", most=MOST_WAITING)
        self._dirty: dict[UUID, Session] = {}

    def stats(self, session: Session) -> None:
        self._dirty[session.session_id] = session

    def health(self, node_id: UUID, health: Health) -> None:
        self._health.add(node_id, health)

    def seen(self, node_id: UUID, session_id: UUID, at: Any) -> None:
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
            if stats is not None and session.node_id is not None and session.driver is not None:
                readings.append(Reading(session.node_id, at, session.driver.metrics(stats)))
        if readings:
            READINGS.give(readings)

    async def drain(self, seconds: float) -> None:
        for batch in (self._replies, self._events, self._frames, self._health, self._lines, self._ends):
            await batch.drain(seconds)


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
