"""Everything a process knows of its node sockets, and the beat that keeps their picture true."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from random import uniform
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from devices import drivers, protocol
from devices.consumers.closing import BY_WORD, EXPIRED
from devices.consumers.desk import Desk
from devices.consumers.postbox import Postbox
from devices.consumers.session import Session
from devices.consumers.stores import Stores
from devices.services import gateways, presence
from devices.services.admission import Admitted
from devices.services.presence import End, Refusals
from rdos.kernel.batches import Batch
from rdos.kernel.bells import exchange
from rdos.kernel.clock import database_now
from rdos.kernel.sockets.closing import LOST, REPLACED, SILENT, STOPPING, TRY_AGAIN, Closing
from rdos.kernel.sockets.doorway import Doorway
from rdos.kernel.threads import in_thread

BEAT_SECONDS = 0.5
# Bells may be lost: this often the rows are asked instead.
LOOK_SECONDS = 2.0
COMPARE_SECONDS = 10.0
SEEN_SECONDS = 30.0

T = TypeVar("T")

logger = logging.getLogger("rdos.nodes")


class Switchboard:
    def __init__(self) -> None:
        self.gateway_id = uuid4()
        self.stores = Stores()
        self.desk = Desk(self.gateway_id, unclaimed=self._unclaimed)
        self.sessions: dict[UUID, Session] = {}
        self.doorway = Doorway()
        self._refused: Counter[tuple[str, str, str]] = Counter()
        self._postbox = Postbox(self.gateway_id, self.sessions)
        self._doubts: Batch[tuple[Session, Closing]] = Batch(self._look_up, name="doubts", most=1_000_000)
        self._loop = asyncio.get_running_loop()
        self._beat: asyncio.Task[None] | None = None
        self._open = asyncio.Event()
        self._regained = exchange().on_regained(self._postbox.wake_all)
        self.stopping = False

    async def opened(self) -> None:
        """The lease comes first: a session names its gateway."""
        if self._beat is None:
            self._beat = asyncio.create_task(self._keep_time())
        await self._open.wait()

    async def stop(self) -> None:
        """The sockets are closed by now; what they said last is stored, and the rows say that nobody is here."""
        self.stopping = True
        self._regained()
        if self._beat is None:
            return
        self._beat.cancel()
        await self._guarded(self._say_last)
        with suppress(Exception):
            await in_thread(_now, gateways.close_lease, self.gateway_id)

    async def _say_last(self) -> None:
        self.stores.read_out()
        await self.stores.drain(1.0)

    # --- Sessions

    def admit(self, session: Session, admitted: Admitted) -> None:
        session.node_id, session.driver = admitted.node_id, _driver(admitted.device_type)
        session.next_ping_at = self._loop.time() + uniform(0.3, 1.0) * settings.NODE_KEEPALIVE_SECONDS  # noqa: S311
        session.listening = exchange().listen(f"node.{admitted.node_id}", partial(self._hear, session))
        self._postbox.wake(admitted.node_id)

    def leave(self, session: Session, ended: Closing) -> None:
        self.sessions.pop(session.session_id, None)
        if session.listening is not None:
            session.listening()
        # When the hub stops, one step marks everybody, without an alarm each.
        if session.node_id is None or self.stopping or ended is STOPPING:
            return
        silence = self._loop.time() - session.heard_at
        heard = timezone.now() - timedelta(seconds=max(0.0, silence))
        self.stores.ended(End(session.node_id, session.session_id, ended.code, ended.reason, heard))

    def refused(self, address: str, reason: str, node_id: str) -> None:
        if len(self._refused) < 1000 or (address, reason, node_id) in self._refused:
            self._refused[address, reason, node_id] += 1

    def _unclaimed(self, admitted: Admitted) -> None:
        """Let in after it had stopped waiting: nobody holds that session."""
        self.stores.ended(End(admitted.node_id, admitted.session_id, LOST.code, LOST.reason, timezone.now()))

    # --- Bells

    def _hear(self, session: Session, topic: str, text: str) -> None:
        word, _, rest = text.partition(" ")
        if word == "wake" and session.node_id:
            self._postbox.wake(session.node_id)
        elif (word == "session" and rest != str(session.session_id)) or word == "check":
            self._doubts.add((session, REPLACED))
        elif word.startswith("close:"):
            self._doubts.add((session, BY_WORD.get(word.removeprefix("close:"), REPLACED)))

    def _look_up(self, doubts: list[tuple[Session, Closing]]) -> None:
        """In a thread. A bell may come late, and then it is about a session that is gone: only the row ends one."""
        rows = presence.standing([one.node_id for one, _ in doubts if one.node_id])
        at = database_now()
        for session, closing in doubts:
            speaking, expires_at = rows.get(session.node_id, (None, None)) if session.node_id else (None, None)
            self._loop.call_soon_threadsafe(_judge, session, speaking, expires_at, at, closing)

    # --- The beat

    async def _keep_time(self) -> None:
        await self._open_lease()
        looked = compared = renewed = self._loop.time()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = self._loop.time()
            await self._guarded(self._attend)
            if now - looked >= LOOK_SECONDS and self.sessions:
                looked = now
                self._postbox.wake_all()
            if now - renewed >= gateways.RENEW_SECONDS:
                renewed = now
                await self._guarded(self._renew)
            if now - compared >= COMPARE_SECONDS:
                compared = now
                await self._guarded(self._compare)

    async def _open_lease(self) -> None:
        while not self._open.is_set():
            try:
                await in_thread(_now, gateways.sweep)
                await in_thread(_now, gateways.open_lease, self.gateway_id)
                self._open.set()
            except Exception:  # The database may be away; nobody is let in until it is back.
                logger.exception("The gateway has no lease yet", extra={"action": "gateway_not_open"})
                await asyncio.sleep(1.0)

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception:  # The edge of the beat: it must go on whatever one step met.
            logger.exception("A step of the gateway's beat failed", extra={"action": "gateway_step_failed"})

    async def _renew(self) -> None:
        if not await in_thread(_now, gateways.renew, self.gateway_id):
            await self._begin_anew()
        refused, self._refused = self._refused, Counter()
        if refused:
            told = [Refusals(address, reason, node, times) for (address, reason, node), times in refused.items()]
            await in_thread(presence.note_refusals, told, timezone.now())

    async def _begin_anew(self) -> None:
        """Others took this process for dead and its nodes for gone: they dial in again, and the picture is true."""
        logger.error("The gateway's lease was lost", extra={"action": "gateway_lease_lost"})
        await in_thread(_now, gateways.open_lease, self.gateway_id)
        for session in list(self.sessions.values()):
            session.end(TRY_AGAIN)

    async def _compare(self) -> None:
        """What the rows say against what is connected here: a bell may have been lost either way."""
        before = {pk: one for pk, one in self.sessions.items() if one.open}
        rows = await in_thread(presence.present, self.gateway_id)
        at = await in_thread(database_now)
        for session_id, session in before.items():
            row = rows.get(session_id)
            _judge(session, session_id if row else None, row[1] if row else None, at, REPLACED)
        for session_id, (node_id, _) in rows.items():
            if session_id not in self.sessions:
                self.stores.ended(End(node_id, session_id, LOST.code, LOST.reason, at))

    async def _attend(self) -> None:
        self.stores.read_out()
        self._ping_and_judge(self._loop.time())

    def _ping_and_judge(self, now: float) -> None:
        ping = ""
        for session in list(self.sessions.values()):
            if not session.open or session.node_id is None:
                continue
            if session.is_silent(now, settings.NODE_OFFLINE_SECONDS):
                session.end(SILENT)
            elif now >= session.next_ping_at:
                session.next_ping_at = now + settings.NODE_KEEPALIVE_SECONDS
                ping = ping or protocol.envelope("ping", timezone.now())
                session.post(ping)
            if session.heard_at - session.seen_noted_at > SEEN_SECONDS:
                session.seen_noted_at = session.heard_at
                self.stores.seen(session.node_id, session.session_id, timezone.now())


def _judge(
    session: Session, speaking: UUID | None, expires_at: datetime | None, at: datetime, closing: Closing
) -> None:
    if speaking != session.session_id:
        session.end(closing)
    elif expires_at is not None and expires_at <= at:
        session.end(EXPIRED)


def _now(call: Callable[..., T], *arguments: Any) -> T:
    """By the database's clock, so that a process whose own clock jumps is not taken for dead."""
    return call(*arguments, database_now())


def _driver(device_type: str) -> drivers.Driver:
    """A node outlives the configuration that its driver came from."""
    return drivers.get(device_type if drivers.known(device_type) else "generic")


_switchboard: Switchboard | None = None


def switchboard() -> Switchboard:
    """The one of this process, made by its first node."""
    global _switchboard
    if _switchboard is None or _switchboard._loop is not asyncio.get_running_loop():
        _switchboard = Switchboard()
    return _switchboard


async def stop() -> None:
    if _switchboard is not None:
        await _switchboard.stop()
