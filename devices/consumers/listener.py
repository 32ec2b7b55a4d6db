"""One who listens to what becomes of devices: of those they see, and no more than they read."""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from django.db import DatabaseError

from devices.access import devices_for, sees_every_device
from rdos.kernel.actors import Actor
from rdos.kernel.sockets.wire import MANY_UNSENT, Wire
from rdos.kernel.threads import in_thread


class Listener(Wire):
    __slots__ = ("_sorting", "_unsorted", "actor")

    def __init__(self, send: Any, actor: Actor) -> None:
        super().__init__(send)
        self.actor = actor
        # Events of which it is not known yet whether this one may hear them. The oldest give way.
        self._unsorted: deque[str] = deque(maxlen=MANY_UNSENT)
        self._sorting: asyncio.Task[None] | None = None

    def tell(self, words: Mapping[str, Any]) -> None:
        self.post(orjson.dumps(words).decode())

    def refuse(self, code: str, sentence: str) -> None:
        self.tell({"type": "error", "code": code, "message": sentence})

    def hear(self, topic: str, event: str) -> None:
        """Whoever does not read misses what is told meanwhile, and hears the next."""
        if sees_every_device(self.actor):
            self._pass_on(event)
            return
        self._unsorted.append(event)
        if self._sorting is None or self._sorting.done():
            self._sorting = asyncio.create_task(self._sort())

    def _pass_on(self, event: str) -> None:
        if not self.has_plenty:
            self.post(event)

    async def _sort(self) -> None:
        while self._unsorted:
            event = self._unsorted.popleft()
            # What nobody can look up is told to nobody.
            with suppress(DatabaseError):
                if await in_thread(_sees, self.actor, event):
                    self._pass_on(event)

    def leave(self) -> None:
        if self.listening is not None:
            self.listening()
        if self._sorting is not None:
            self._sorting.cancel()


def _sees(actor: Actor, event: str) -> bool:
    return devices_for(actor).filter(key=orjson.loads(event)["device_id"]).exists()
