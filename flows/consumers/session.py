"""One robot's connection, as long as it lives in this process."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from flows.protocol import Dialect, written
from rdos.kernel.actors import Actor
from rdos.kernel.sockets.budget import Budget
from rdos.kernel.sockets.wire import Wire

# A robot with short runs says much: up to some thousand frames a second are no mischief.
TIMES_A_NODE = 50.0
# Runs that were called off before they came here.
MOST_CALLED_OFF = 1000


@dataclass(slots=True)
class Job:
    fence: int
    # By the loop's clock: when it was handed out, or the robot said that it has it.
    at: float


class Session(Wire):
    __slots__ = (
        "actor", "bad_frames", "budget", "called_off", "credential", "dialect", "dropped", "for_good", "heard_at",
        "is_registered", "jobs", "looked_at", "max_concurrent", "next_ping_at", "node_id", "registered_at",
        "session_id", "unknown",
    )  # fmt: skip

    def __init__(self, session_id: UUID, actor: Actor, credential: str, send: Any, now: float) -> None:
        super().__init__(send)
        self.session_id = session_id
        self.actor = actor
        # Shown once, and looked at again: it may be revoked while the socket lives.
        self.credential = credential
        self.dialect = Dialect.FLAT
        self.node_id: UUID | None = None
        # It is offered work only after it has said what it can.
        self.is_registered = False
        self.registered_at = 0.0
        self.max_concurrent = 1
        # Which bell it was given work after.
        self.looked_at = -1
        self.jobs: dict[UUID, Job] = {}
        self.called_off: dict[UUID, None] = {}
        self.heard_at = now
        self.next_ping_at = now
        self.budget = Budget(now, times=TIMES_A_NODE)
        self.bad_frames = 0
        self.unknown = 0
        self.dropped = 0
        self.for_good = False

    @property
    def key(self) -> str:
        return self.actor.id

    @property
    def is_hungry(self) -> bool:
        ready = self.is_registered and self.open and self.closing is None and not self.for_good
        return ready and len(self.jobs) < self.max_concurrent and not self.has_plenty

    def say(self, name: str, fields: Mapping[str, Any], answers: str = "") -> None:
        self.post(written(self.dialect, name, timezone.now(), fields, answers))

    def entered(self, held: Mapping[UUID, int], now: float) -> None:
        for pk, fence in held.items():
            self.jobs.setdefault(pk, Job(fence, now))

    def fence_of(self, pk: UUID) -> int | None:
        job = self.jobs.get(pk)
        return job.fence if job else None

    def call_off(self, pk: UUID) -> bool:
        """Whether it had it. If not, it may still be on its way here."""
        if self.jobs.pop(pk, None) is not None:
            return True
        self.called_off[pk] = None
        if len(self.called_off) > MOST_CALLED_OFF:
            del self.called_off[next(iter(self.called_off))]
        return False

    def takes(self, pk: UUID) -> bool:
        """Not what was called off on its way."""
        if pk in self.called_off:
            del self.called_off[pk]
            return False
        return self.closing is None

    def keep_only(self, named: Iterable[UUID], before: float) -> list[UUID]:
        """It says which runs it has. What it was handed before that and does not name, it knows nothing of."""
        unknown = self.jobs.keys() - set(named)
        gone = [pk for pk in unknown if self.jobs[pk].at < before]
        for pk in gone:
            del self.jobs[pk]
        return gone
