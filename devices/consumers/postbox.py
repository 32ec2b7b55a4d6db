"""Commands on their way from the table to the wire, in the order of their numbers."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from devices import protocol
from devices.consumers.session import Session
from devices.services import commands
from devices.services.commands import Letter
from rdos.kernel.batches import Batch
from rdos.kernel.clock import database_now

# Of all nodes together: a backlog goes out piece by piece, and never fills a session's memory at once.
MOST_AT_ONCE = 50


class Postbox:
    def __init__(self, gateway_id: UUID, sessions: Mapping[UUID, Session]) -> None:
        self._gateway_id = gateway_id
        self._sessions = sessions
        # Nodes for which something waits; None stands for all of them. One batch, and so one claim at a time: two could
        # overtake each other between the commit and the wire.
        self._wakes: Batch[UUID | None] = Batch(self._claim, name="commands to send", most=1_000_000)
        self._stuffed: dict[UUID, Session] = {}
        self._loop = asyncio.get_running_loop()

    def wake(self, node_id: UUID) -> None:
        self._wakes.add(node_id)

    def wake_all(self) -> None:
        self._stuffed = {pk: one for pk, one in self._stuffed.items() if one.has_plenty and pk in self._sessions}
        self._wakes.add(None)

    def _claim(self, wakes: list[UUID | None]) -> None:
        """In a thread: what waits for these nodes is theirs now, and goes on the wire after the commit."""
        at = database_now()
        named = None if None in wakes else {one for one in wakes if one is not None}
        busy = {one.node_id for one in tuple(self._stuffed.values()) if one.has_plenty and one.node_id}
        letters = commands.claim(
            gateway_id=self._gateway_id,
            node_ids=None if named is None else list(named - busy),
            but_not=list(busy) if named is None else [],
            at=at,
            most=MOST_AT_ONCE,
        )
        if letters:
            lives = [(letter.expires_at - at).total_seconds() for letter in letters]
            self._loop.call_soon_threadsafe(self._deliver, letters, lives)
        if len(letters) == MOST_AT_ONCE:
            self._loop.call_soon_threadsafe(self._again, set(wakes))

    def _again(self, wakes: set[UUID | None]) -> None:
        for one in wakes:
            self._wakes.add(one)

    def _deliver(self, letters: list[Letter], lives: list[float]) -> None:
        at, now = timezone.now(), self._loop.time()
        for letter, seconds in zip(letters, lives, strict=True):
            # A session that is gone took its letters with it: they are sent again to the next one.
            if session := self._sessions.get(letter.session_id):
                session.asked(letter.command_id, letter.action.get("type"), now)
                payload = {"command_id": letter.command_id, "action": letter.action}
                # Whoever reads too late to be told in time is not told: its asker has gone.
                session.post(protocol.envelope("command", at, payload), until=now + seconds)
                if session.has_plenty:
                    self._stuffed[letter.session_id] = session
