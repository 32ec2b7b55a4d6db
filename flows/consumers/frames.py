"""The table of frame types of /ws/robot: what each does on the loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from flows import protocol
from flows.consumers.session import Session
from flows.consumers.turns import Cancelled, Rejected, Said
from flows.outcomes import Outcome
from flows.protocol import Frame, Line
from flows.services.robot_sessions import Heartbeat
from flows.services.signs import Sign

# Seconds: what was handed out later than this before a heartbeat may not have been seen by the robot yet.
UNSEEN_SECONDS = 10.0


class Board(Protocol):
    """Where a frame goes: what the process gathers."""

    def now(self) -> float: ...
    def tell(self, said: Said) -> bool: ...
    def heartbeat(self, heartbeat: Heartbeat) -> None: ...
    def log_lines(self, session: Session, lines: list[Line]) -> None: ...


# False when there is no room for it at present.
Take = Callable[[Board, Session, Frame], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    take: Take
    # Telemetry is dropped when a robot sends too much; what became of a run never is.
    is_telemetry: bool = False


def _heartbeat(board: Board, session: Session, frame: Frame) -> bool:
    beat = protocol.heartbeat(frame.fields)
    if beat.jobs is not None:
        session.keep_only(beat.jobs, board.now() - UNSEEN_SECONDS)
    if session.node_id is not None:
        board.heartbeat(Heartbeat(session.node_id, beat.status, beat.metrics))
    session.say("heartbeat_ack", {"robot_id": session.key}, frame.id)
    return True


def _accept(board: Board, session: Session, frame: Frame) -> bool:
    pk = protocol.job_id(frame)
    return board.tell(Sign(pk, session.key, session.fence_of(pk)))


def _reject(board: Board, session: Session, frame: Frame) -> bool:
    pk = protocol.job_id(frame)
    return _done(session, pk, board.tell(Rejected(pk, session.key, session.fence_of(pk))))


def _progress(board: Board, session: Session, frame: Frame) -> bool:
    pk, (percent, node, message) = protocol.job_id(frame), protocol.progress(frame.fields)
    return board.tell(Sign(pk, session.key, session.fence_of(pk), percent, node, message))


def _complete(board: Board, session: Session, frame: Frame) -> bool:
    pk, result = protocol.job_id(frame), protocol.result(frame.fields)
    return _done(session, pk, board.tell(Outcome(pk, session.key, True, result=result, fence=session.fence_of(pk))))


def _failed(board: Board, session: Session, frame: Frame) -> bool:
    pk, said = protocol.job_id(frame), protocol.failure(frame.fields)
    outcome = Outcome(
        pk,
        session.key,
        False,
        result=said.details,
        error=said.error,
        error_type=said.error_type,
        fence=session.fence_of(pk),
    )
    return _done(session, pk, board.tell(outcome))


def _cancelled(board: Board, session: Session, frame: Frame) -> bool:
    """Mostly the answer to a cancel, and then there is nothing to do any more."""
    pk, reason = protocol.job_id(frame), protocol.reason(frame.fields)
    return _done(session, pk, board.tell(Cancelled(pk, session.key, session.fence_of(pk), reason)))


def _done(session: Session, pk: UUID, taken: bool) -> bool:
    if taken:
        session.jobs.pop(pk, None)
    return taken


def _log(board: Board, session: Session, frame: Frame) -> bool:
    board.log_lines(session, protocol.log_lines(frame))
    return True


def _ping(board: Board, session: Session, frame: Frame) -> bool:
    session.say("pong", {"robot_id": session.key}, frame.id)
    return True


def _goodbye(board: Board, session: Session, frame: Frame) -> bool:
    session.for_good = True
    return True


def _nothing(board: Board, session: Session, frame: Frame) -> bool:
    """Having been heard is all there is to it."""
    return True


KINDS: dict[str, Kind] = {
    "heartbeat": Kind(_heartbeat),
    "job_accept": Kind(_accept),
    "job_reject": Kind(_reject),
    "job_progress": Kind(_progress, is_telemetry=True),
    "job_complete": Kind(_complete),
    "job_failed": Kind(_failed),
    "job_cancelled": Kind(_cancelled),
    "log_batch": Kind(_log, is_telemetry=True),
    "log_entry": Kind(_log, is_telemetry=True),
    "disconnect": Kind(_goodbye),
    "ping": Kind(_ping),
    "pong": Kind(_nothing),
    "status_response": Kind(_nothing),
}
