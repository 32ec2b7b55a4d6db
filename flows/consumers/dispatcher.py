"""Everything a process knows of its robots' sockets: who is there, who has room, and the beat that keeps it true."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence, Set
from contextlib import nullcontext, suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from flows import doorbell
from flows.authentication import robot_by
from flows.consumers.assignments import assignment
from flows.consumers.session import Job, Session
from flows.consumers.stores import Stores
from flows.consumers.turns import Returned, Said, store
from flows.protocol import Dialect, Line
from flows.services import dispatching, robot_sessions, steps
from flows.services.dispatching import Dealt
from flows.services.robot_sessions import Heartbeat, Part
from rdos.kernel.batches import Batch
from rdos.kernel.bells import exchange
from rdos.kernel.clock import database_now
from rdos.kernel.intake import LogLine
from rdos.kernel.sockets.closing import REPLACED, SILENT, STOPPING, Closing
from rdos.kernel.sorting import is_outage
from rdos.kernel.threads import in_thread

BEAT_SECONDS = 0.5
# Bells may be lost, and what waits for its moment rings none: this often the queue is asked instead.
LOOK_SECONDS = 1.0
RENEW_SECONDS = 10.0
SEEN_SECONDS = 20.0
# How long a revoked key may still be used by a socket that is open.
CHECK_SECONDS = 20.0
# Orders that are no frame by their own name. Casare's robots know no restart: they shut down, and are started again by
# whatever keeps them running; one that can start itself again reads that it should.
ORDERED: dict[str, tuple[str, dict[str, Any]]] = {
    "shutdown": ("shutdown", {"graceful": True}),
    "restart": ("shutdown", {"graceful": True, "restart": True}),
}
REVOKED = Closing(4001, "its key is not good any more")
MOST_SAID = 20_000

logger = logging.getLogger("rdos.robots")


class Dispatcher:
    def __init__(self) -> None:
        self.sessions: dict[UUID, Session] = {}
        self.stores = Stores()
        self.stopping = False
        self._by_node: dict[UUID, Session] = {}
        # One turn at a time. None asks for work, and nothing else.
        self._turns: Batch[Said | None] = Batch(self._take_turn, name="turns of robots", most=MOST_SAID)
        self._doubts: Batch[Session] = Batch(self._look_up, name="doubts about robots", most=1_000_000)
        self._loop = asyncio.get_running_loop()
        # How often there was a reason to look into the queue.
        self._reasons = 0
        self._deaf = [exchange().listen(doorbell.QUEUE, self._hear_queue), exchange().on_regained(self._look)]
        self._beat = asyncio.create_task(self._keep_time())

    async def stop(self) -> None:
        """The sockets are closed by now. Robots come back to their runs, whose leases go on for a while."""
        self.stopping = True
        self._beat.cancel()
        for stop_listening in self._deaf:
            stop_listening()
        await self._turns.drain(0.7)
        await self.stores.drain(0.5)

    # --- Sessions

    def enter(self, session: Session, entered: robot_sessions.Entered) -> None:
        session.node_id, session.max_concurrent = entered.node_id, entered.max_concurrent
        session.entered(entered.held, self.now())
        self._by_node[entered.node_id] = session
        if session.listening is None:
            session.listening = exchange().listen(doorbell.of_robot(session.key), partial(self._hear, session))
        self._look()

    def leave(self, session: Session, ended: Closing) -> None:
        self.sessions.pop(session.session_id, None)
        if session.listening is not None:
            session.listening()
        if session.node_id is None:
            return
        if self._by_node.get(session.node_id) is session:
            del self._by_node[session.node_id]
        if not self.stopping and ended is not STOPPING:
            self.stores.parted(Part(session.node_id, session.session_id, ended.reason, session.for_good))

    # --- What robots say

    def now(self) -> float:
        return self._loop.time()

    def tell(self, said: Said) -> bool:
        return self._turns.add(said)

    def heartbeat(self, heartbeat: Heartbeat) -> None:
        self.stores.heartbeat(heartbeat)

    def log_lines(self, session: Session, lines: list[Line]) -> None:
        at = timezone.now()
        for line in lines:
            if line.job_id is not None:
                self.stores.line(session.key, steps.Line(line.job_id, at, line.level, line.message, line.source))
            elif session.node_id is not None:
                self.stores.node_line(LogLine(session.node_id, at, line.level, line.message, line.source))

    # --- Turns: what was said is stored, then whoever has room is given work

    def _look(self) -> None:
        self._reasons += 1
        self._turns.add(None)

    def _take_turn(self, items: list[Said | None]) -> None:
        """In a thread. One transaction, because what a disk takes longest for is the end of one."""
        at, reason, said = database_now(), self._reasons, [one for one in items if one is not None]
        hungry = [] if self.stopping else self._hungry(reason, {one.robot_key for one in said})
        if not said and not hungry:
            return
        # Where nothing was said, dealing is a transaction of its own.
        with transaction.atomic() if said else nullcontext():
            store(said, at)
            found = self._deal(hungry, at)
        for session in hungry:
            session.looked_at = reason
        if found:
            self._loop.call_soon_threadsafe(self._hand_out, found)

    def _hungry(self, reason: int, speakers: set[str]) -> list[Session]:
        """Not those for whom there was nothing, as long as there is no reason to look again. What is stored only now
        is one: until then a robot that is done has no room in its row."""
        hungry = [one for one in tuple(self._by_node.values()) if one.is_hungry]
        return [one for one in hungry if one.looked_at != reason or one.key in speakers]

    def _deal(self, hungry: Sequence[Session], at: datetime) -> list[Dealt]:
        try:
            return dispatching.deal(node_ids=[one.node_id for one in hungry if one.node_id], at=at) if hungry else []
        except Exception as error:  # The edge of a turn: what was said is stored whatever stands in the queue.
            if is_outage(error):
                raise
            logger.exception("No work could be handed out", extra={"action": "deal_failed"})
            return []

    def _hand_out(self, found: Sequence[Dealt]) -> None:
        for dealt in found:
            session, grant = self._by_node.get(dealt.node_id), dealt.grant
            if session is not None and session.takes(grant.execution_id) and not self.stopping:
                session.jobs[grant.execution_id] = Job(grant.fence, self.now())
                session.post(assignment(session.dialect, grant))
            else:
                self._turns.add(Returned(grant.execution_id, dealt.robot_key, grant.fence))
        # There may be more where this came from.
        self._look()

    # --- Bells

    def _hear_queue(self, topic: str, text: str) -> None:
        self._look()

    def _hear(self, session: Session, topic: str, text: str) -> None:
        word, _, rest = text.partition(" ")
        if word == "cancel":
            self._call_off(session, UUID(rest))
        elif word == "session" and rest != str(session.session_id):
            self._doubts.add(session)
        elif word in doorbell.ORDERS:
            session.say(*ORDERED.get(word, (word, {})))

    def _call_off(self, session: Session, pk: UUID, reason: str = "Cancelled") -> None:
        if session.call_off(pk):
            session.say("job_cancel", {"job_id": pk, "reason": reason})
            self._look()

    def _look_up(self, doubts: list[Session]) -> None:
        """In a thread. A bell may come late, and then it is about a session that is gone: only the row ends one."""
        rows = robot_sessions.standing({one.node_id for one in doubts if one.node_id})
        for session in doubts:
            speaking, most = rows.get(session.node_id, (None, 1)) if session.node_id else (session.session_id, 1)
            session.max_concurrent = most
            if speaking != session.session_id:
                self._loop.call_soon_threadsafe(session.end, REPLACED)

    # --- The beat

    async def _keep_time(self) -> None:
        looked = renewed = seen = checked = self.now()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = self.now()
            self._ping_and_judge(now)
            if now - looked >= LOOK_SECONDS and any(one.is_hungry for one in self.sessions.values()):
                looked = now
                self._look()
            if now - renewed >= RENEW_SECONDS:
                renewed = now
                await self._guarded(self._renew)
                for session in self.sessions.values():
                    self._doubts.add(session)
            if now - seen >= SEEN_SECONDS:
                seen = now
                await self._guarded(self._note_seen)
            if now - checked >= CHECK_SECONDS:
                checked = now
                await self._guarded(self._check_keys)

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception:  # The edge of the beat: it must go on whatever one step met.
            logger.exception("A step of the dispatcher's beat failed", extra={"action": "dispatcher_step_failed"})

    async def _renew(self) -> None:
        """All leases of this process in one statement. What is not renewed is not the robot's any more."""
        held = {pk: job.fence for session in self.sessions.values() for pk, job in session.jobs.items()}
        if not held:
            return
        kept = await in_thread(_by_database_time, robot_sessions.renew, held)
        for session in list(self.sessions.values()):
            for pk in [pk for pk, job in session.jobs.items() if held.get(pk) == job.fence and pk not in kept]:
                self._call_off(session, pk, "It is not yours any more")

    async def _note_seen(self) -> None:
        since = self.now() - SEEN_SECONDS
        heard = [one.node_id for one in self.sessions.values() if one.node_id and one.heard_at >= since]
        if heard:
            await in_thread(_by_database_time, robot_sessions.note_seen, heard)

    async def _check_keys(self) -> None:
        shown = {session: session.credential for session in self.sessions.values()}
        good = await in_thread(_good_keys, {(one.key, credential) for one, credential in shown.items()})
        for session, credential in shown.items():
            if (session.key, credential) not in good:
                session.end(REVOKED)

    def _ping_and_judge(self, now: float) -> None:
        for session in list(self.sessions.values()):
            if now - session.heard_at > settings.ROBOT_HEARTBEAT_TIMEOUT:
                session.end(SILENT)
            elif session.dialect is Dialect.FLAT and now >= session.next_ping_at and session.open:
                session.next_ping_at = now + settings.WS_PING_INTERVAL
                session.say("ping", {})


def _good_keys(shown: Set[tuple[str, str]]) -> set[tuple[str, str]]:
    at = database_now()
    return {(name, key) for name, key in shown if robot_by(key, name=name, address="", at=at)}


def _by_database_time(call: Callable[..., Any], *arguments: Any) -> Any:
    return call(*arguments, database_now())


_dispatcher: Dispatcher | None = None


def dispatcher() -> Dispatcher:
    """The one of this process, made by its first robot."""
    global _dispatcher
    if _dispatcher is None or _dispatcher._loop is not asyncio.get_running_loop():
        _dispatcher = Dispatcher()
    return _dispatcher


async def stop() -> None:
    if _dispatcher is not None:
        with suppress(Exception):
            await _dispatcher.stop()
