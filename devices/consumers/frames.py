"""The table of frame types of /ws/node: what each does, and whether it gives way when a node sends too much.

A higher app adds a type with `rdos.kernel.intake.frames`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.utils import timezone

from devices import protocol
from devices.choices import NodeStatus
from devices.consumers.session import Session
from devices.drivers import Health as Judgement
from devices.services.commands import Reply
from devices.services.presence import Health
from devices.services.replies import Report
from rdos.kernel.intake import FRAMES, LogLine, NodeEvent, NodeFrame

LONGEST_REASON = 256

logger = logging.getLogger("rdos.nodes")


class Stores(Protocol):
    """Where a frame goes: the batches of the process."""

    def stats(self, session: Session) -> None: ...
    def health(self, node_id: UUID, health: Health) -> None: ...
    def reply(self, reply: Reply | Report) -> bool: ...
    def event(self, event: NodeEvent) -> bool: ...
    def log_lines(self, lines: list[LogLine]) -> None: ...
    def frame(self, frame: NodeFrame) -> bool: ...


Take = Callable[[Stores, Session, UUID, Any], object]


@dataclass(frozen=True, slots=True)
class Kind:
    take: Take
    # Telemetry is dropped when a node sends too much; control never is.
    is_telemetry: bool = False


def _stats(stores: Stores, session: Session, node_id: UUID, payload: Any) -> None:
    session.stats = protocol.mapping(payload, "stats")
    stores.stats(session)


def _health(stores: Stores, session: Session, node_id: UUID, payload: Any) -> None:
    given = protocol.mapping(payload, "health")
    protocol.shallow(given, "health")
    found = _judged(session, given)
    health = Health(
        session_id=session.session_id,
        at=timezone.now(),
        payload=given,
        version=protocol.text(given.get("version"), protocol.LONGEST_VERSION),
        status=found.state if found else NodeStatus.ONLINE.value,
        reason=protocol.text(found.reason, LONGEST_REASON) if found else "",
    )
    stores.health(node_id, health)


def _judged(session: Session, given: Any) -> Judgement | None:
    if session.driver is None:
        return None
    try:
        return session.driver.health(given)
    except Exception:  # The edge to drivers from outside: one that stumbles must not close its nodes' sockets.
        facts = {"action": "driver_failed", "driver": session.driver.device_type, "node_id": str(session.node_id)}
        logger.exception("A driver could not judge its node's health", extra=facts)
        return None


def _event(stores: Stores, session: Session, node_id: UUID, payload: Any) -> object:
    return stores.event(NodeEvent(node_id=node_id, at=timezone.now(), **protocol.event(payload)))


def _config(stores: Stores, session: Session, node_id: UUID, payload: Any) -> object:
    config = protocol.shallow(protocol.mapping(payload, "config_response"), "config_response")
    session.config_arrived()
    return stores.reply(Report(node_id, session.session_id, config))


def _ack(stores: Stores, session: Session, node_id: UUID, payload: Any) -> object:
    said = protocol.ack(payload)
    session.answered(said.command_id)
    return stores.reply(
        Reply(said.command_id, node_id, said.success, said.error, said.error_code, said.data, said.details)
    )


def _log(stores: Stores, session: Session, node_id: UUID, payload: Any) -> None:
    at = timezone.now()
    stores.log_lines([LogLine(node_id, at, *line) for line in protocol.log_lines(payload)])


def _nothing(stores: Stores, session: Session, node_id: UUID, payload: Any) -> None:
    """Having been heard is all there is to it."""


KINDS: dict[str, Kind] = {
    "stats": Kind(_stats, is_telemetry=True),
    "health": Kind(_health, is_telemetry=True),
    "log": Kind(_log, is_telemetry=True),
    "thumbnail": Kind(_nothing, is_telemetry=True),
    "event": Kind(_event),
    "config_response": Kind(_config),
    "command_ack": Kind(_ack),
    "pong": Kind(_nothing),
}


def kind_of(name: str) -> Kind | None:
    return KINDS.get(name) or (Kind(_hand_on(name)) if name in FRAMES else None)


def _hand_on(name: str) -> Take:
    def take(stores: Stores, session: Session, node_id: UUID, payload: Any) -> object:
        protocol.shallow(payload, name)
        return stores.frame(NodeFrame(node_id, session.session_id, timezone.now(), name, payload))

    return take
