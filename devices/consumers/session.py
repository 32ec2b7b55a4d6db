"""One node's connection, as long as it lives in this process."""

from typing import Any
from uuid import UUID

from devices.drivers import Driver
from rdos.kernel.sockets.budget import Budget
from rdos.kernel.sockets.wire import Wire

# A busy node runs one command after another and answers nothing else meanwhile.
PATIENCE_WITH_BUSY_NODES = 300.0
GET_CONFIG = "get_config"


class Session(Wire):
    """Made before the node is let in, so that what is claimed for it always finds it."""

    __slots__ = (
        "address", "bad_frames", "budget", "driver", "dropped", "heard_at", "in_flight", "next_ping_at", "node_id",
        "questions", "seen_noted_at", "session_id", "stats", "unknown",
    )  # fmt: skip

    def __init__(self, session_id: UUID, send: Any, address: str, now: float) -> None:
        super().__init__(send)
        self.session_id = session_id
        self.address = address
        self.node_id: UUID | None = None
        self.driver: Driver | None = None
        self.heard_at = now
        self.seen_noted_at = now
        self.next_ping_at = now
        self.budget = Budget(now)
        # The last stats frame that was not looked into yet.
        self.stats: Any = None
        self.bad_frames = 0
        self.unknown = 0
        self.dropped = 0
        # Commands it has not answered, with when each was sent; and those a configuration answers.
        self.in_flight: dict[UUID, float] = {}
        self.questions: set[UUID] = set()

    def is_silent(self, now: float, threshold: float) -> bool:
        if now - self.heard_at <= threshold:
            return False
        busy_since = max(self.in_flight.values(), default=None)
        return busy_since is None or now - max(busy_since, self.heard_at) > PATIENCE_WITH_BUSY_NODES

    # --- What it was asked

    def asked(self, command_id: UUID, name: Any, now: float) -> None:
        self.in_flight[command_id] = now
        if name == GET_CONFIG:
            self.questions.add(command_id)

    def answered(self, command_id: UUID) -> None:
        self.in_flight.pop(command_id, None)
        self.questions.discard(command_id)

    def config_arrived(self) -> None:
        """Edge and relay acknowledge no question for their configuration. What else they are busy with goes on."""
        for command_id in tuple(self.questions):
            self.answered(command_id)
