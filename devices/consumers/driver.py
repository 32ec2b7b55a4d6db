"""Somebody at the wheel, as long as they are here: what they want, what the robot is told, and the dead man between."""

import asyncio
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from devices.choices import DriveEnd
from devices.consumers.drive_frames import Wish
from devices.consumers.watch import Watch
from devices.hal import subjects, writing
from devices.hal.motion import STANDSTILL, Speeds
from devices.services.standstill import repeater, say_soon
from rdos.kernel import bus
from rdos.kernel.sockets.budget import Budget
from rdos.kernel.sockets.closing import Closing
from rdos.kernel.sockets.wire import Wire

ENDED = 4000
# Nothing heard for so long is as good as a hand that let go; and for so long, as nobody there.
DEAD_MAN_SECONDS, SILENT_SECONDS = 0.4, 2.0
# The lease: who could not be looked up for so long drives nobody any more.
UNCHECKED_SECONDS = 3.0
BUS_AWAY_SECONDS = 1.0
STATE_SECONDS = 0.2


class Driver(Wire):
    __slots__ = (
        "_bus_seen_at", "_shown_at", "_subject", "because", "budget", "changed", "has_credential", "heard_at", "key",
        "limits", "looked_at", "said", "seq", "session_id", "wanted", "watch",
    )  # fmt: skip

    def __init__(self, send: Any, key: str, now: float) -> None:
        super().__init__(send)
        self.key = key
        self.has_credential = False
        self._subject = subjects.motor(key, own=False)
        self.session_id: UUID | None = None
        self.limits = STANDSTILL
        self.watch: Watch | None = None
        # What the hand asks for, what the robot was told last, and why nobody drives any more.
        self.wanted = STANDSTILL
        self.said = STANDSTILL
        self.because: DriveEnd | None = None
        self.seq = 0
        self.heard_at = now
        self.looked_at = now
        self.changed = asyncio.Event()
        self.budget = Budget(now)
        self._bus_seen_at = now
        self._shown_at = 0.0

    def tell(self, name: str, **fields: Any) -> None:
        self.post(orjson.dumps({"type": name, **fields}).decode())

    def begins(self, session_id: UUID, limits: Speeds, now: float, *, has_credential: bool) -> None:
        self.session_id, self.limits = session_id, limits
        self.has_credential, self._subject = has_credential, subjects.motor(self.key, own=has_credential)
        self.heard_at = self.looked_at = self._bus_seen_at = now

    def hears(self, wish: Wish, now: float) -> None:
        self.heard_at, self.seq = now, wish.seq
        if wish.speeds != self.wanted:
            self.wanted = wish.speeds
            self.changed.set()

    def beat(self, now: float, *, bus_is_here: bool) -> None:
        """Several times a second: tells the robot what it is to do, or finds that nobody drives it."""
        if bus_is_here:
            self._bus_seen_at = now
        if self.because is None and (because := self._why_over(now)):
            self.finish(because)
        if self.because is not None:
            return
        self.said = self.wanted if now - self.heard_at <= DEAD_MAN_SECONDS else STANDSTILL
        bus.publish_soon(self._subject, writing.drive(self.key, self.said, timezone.now()))
        if now - self._shown_at >= STATE_SECONDS:
            self._shown_at = now
            self._show(now)

    def _why_over(self, now: float) -> DriveEnd | None:
        if self.watch is not None and self.watch.is_latched:
            return DriveEnd.LATCHED
        if now - self.heard_at > SILENT_SECONDS:
            return DriveEnd.SILENT
        if now - self.looked_at > UNCHECKED_SECONDS:
            return DriveEnd.UNCHECKED
        return DriveEnd.BUS_AWAY if now - self._bus_seen_at > BUS_AWAY_SECONDS else None

    def _show(self, now: float) -> None:
        silence = now - self.heard_at
        self.tell(
            "state",
            seq=self.seq,
            # How long the answer to `seq` lay here: the rest of the round trip is the wire's.
            held_ms=round(1000 * silence),
            dead_man=silence > DEAD_MAN_SECONDS,
            linear=self.said.linear,
            angular=self.said.angular,
            **(self.watch.shown(now) if self.watch else {}),
        )

    def finish(self, because: DriveEnd) -> None:
        """The first reason counts. From here on the robot is told nothing but zero."""
        if self.because is not None:
            return
        self.because = because
        self.changed.set()
        if self.session_id is not None:
            self._let_go(because)
        self.tell("ended", because=because.value, detail=because.label)
        # What was said before the goodbye is read before it.
        asyncio.get_running_loop().call_soon(self.end, Closing(ENDED, because.value))

    def _let_go(self, because: DriveEnd) -> None:
        say_soon(self.key)
        # Whoever took over begins at zero, and must not be told so again and again.
        if because != DriveEnd.TAKEN_OVER:
            repeater.begin([self.key])
