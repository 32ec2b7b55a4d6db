"""/ws/robot/{key}: a plain ASGI application, for the same reasons as that of nodes
(docs/adr/0005-node-sockets-are-plain-asgi.md)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from django.conf import settings

from devices.errors import MalformedFrame
from flows import protocol
from flows.authentication import robot_by
from flows.consumers.dispatcher import Dispatcher, dispatcher
from flows.consumers.frames import KINDS
from flows.consumers.session import Session
from flows.protocol import Frame
from flows.services import robot_sessions
from rdos.kernel.actors import Actor
from rdos.kernel.addresses import address_of_scope
from rdos.kernel.clock import database_now
from rdos.kernel.errors import DomainError
from rdos.kernel.sockets.closing import LOST, STOPPING, TOO_MANY_BAD_FRAMES, TRY_AGAIN, Closing, ending
from rdos.kernel.sockets.doorway import Crowded, Doorway
from rdos.kernel.threads import in_thread

# A little over 5 MiB, as for nodes: results are cut to what is kept of them.
LONGEST_FRAME = 5 * 2**20 + 64 * 1024
LONGEST_KEY = 512
ANSWER_SECONDS = 8.0
MOST_BAD_FRAMES = 20
FULL_SECONDS = 0.1
# A robot that registers again and again waits for it.
REGISTERS_EVERY = 1.0
REFUSED = 4001
ENDS = ("job_complete", "job_failed", "job_cancelled", "job_reject")

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

logger = logging.getLogger("rdos.robots")
_doorway = Doorway()


async def robot_socket(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    credential = _key(scope)
    actor = await _actor(scope, credential)
    if actor is None:
        # Before it is accepted, so that it is an HTTP 403.
        await send({"type": "websocket.close", "code": REFUSED})
        return
    await send({"type": "websocket.accept"})
    board = dispatcher()
    session = Session(uuid4(), actor, credential, send, board.now())
    session.reader = asyncio.current_task()
    board.sessions[session.session_id] = session
    session.begin()
    ended = LOST
    try:
        ended = await _listen(board, session, receive)
    except OSError:
        # uvicorn says so when something is sent to whoever has left.
        return
    except asyncio.CancelledError:
        # Our own doing, when a half-open socket took no goodbye; else the server's, which stops.
        if session.closing is None:
            ended = STOPPING
            raise
    finally:
        board.leave(session, session.closing or ended)


async def _actor(scope: Mapping[str, Any], key: str) -> Actor | None:
    address = address_of_scope(scope)
    if not 0 < len(key) <= LONGEST_KEY:
        return None
    name = scope["url_route"]["kwargs"]["key"]
    with suppress(Crowded, TimeoutError), _doorway.standing(address):
        async with asyncio.timeout(ANSWER_SECONDS):
            return await in_thread(_known, key, name, address)
    return None


def _key(scope: Mapping[str, Any]) -> str:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if shown := headers.get(b"x-api-key") or headers.get(b"x-api-token"):
        return shown.decode("latin-1")
    query: bytes = scope.get("query_string", b"")
    try:
        asked = parse_qs(query.decode("latin-1"), max_num_fields=20)
    except ValueError:
        return ""
    return (asked.get("api_key") or [""])[0]


def _known(key: str, name: str, address: str) -> Actor | None:
    return robot_by(key, name=name, address=address, at=database_now())


async def _listen(board: Dispatcher, session: Session, receive: Receive) -> Closing:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return ending(message, "robot")
        text = message.get("text")
        session.heard_at = now = board.now()
        pause = session.budget.spend(now, len(text) if text is not None else len(message.get("bytes") or b""))
        while not await _take(board, session, text):
            # What cannot be stored now is not lost: nothing more is read from this robot until it can.
            await asyncio.sleep(FULL_SECONDS)
            session.heard_at = board.now()
        if pause:
            # Not dropped, only read later: the robot's own sending is slowed down by it.
            await asyncio.sleep(min(pause, 1.0))


async def _take(board: Dispatcher, session: Session, text: str | None) -> bool:
    """False when there is no room for it at present."""
    try:
        if text is None:
            raise MalformedFrame("The frame is binary.", kinds={"frame": "binary"})
        if len(text) > LONGEST_FRAME:
            raise MalformedFrame("The frame is larger than 5 MiB.", kinds={"frame": "too_large"})
        return await _dispatch(board, session, protocol.read(text))
    except MalformedFrame as error:
        _refuse(session, error)
        return True


async def _dispatch(board: Dispatcher, session: Session, frame: Frame) -> bool:
    if session.closing is not None and frame.type not in ENDS:
        # It was shown the door. What became of its runs is heard all the same.
        return True
    if session.node_id is None:
        session.dialect = frame.dialect
    if frame.type == "register":
        await _register(board, session, frame)
        return True
    kind = KINDS.get(frame.type)
    if kind is None:
        session.unknown += 1
    elif kind.is_telemetry and not session.budget.telemetry_has_room:
        session.dropped += 1
    else:
        if session.node_id is None:
            await _enter(board, session, None)
        return kind.take(board, session, frame)
    return True


async def _register(board: Dispatcher, session: Session, frame: Frame) -> None:
    fields = protocol.registration(frame.fields)
    if (early := session.registered_at + REGISTERS_EVERY - board.now()) > 0:
        await asyncio.sleep(early)
    session.registered_at, session.dialect = board.now(), frame.dialect
    if await _enter(board, session, fields):
        session.is_registered = True
        session.say("register_ack", _welcome(session), frame.id)


async def _enter(board: Dispatcher, session: Session, fields: Mapping[str, Any] | None) -> bool:
    try:
        entered = await in_thread(_entered, session, fields)
    except DomainError as error:
        session.say("error", {"code": error.code, "message": error.detail})
        return False
    except Exception:  # The database may be away: the robot comes back when it is there again.
        logger.exception("A robot could not enter", extra={"action": "robot_not_entered", "robot": session.key})
        session.end(TRY_AGAIN)
        return False
    board.enter(session, entered)
    return True


def _entered(session: Session, fields: Mapping[str, Any] | None) -> robot_sessions.Entered:
    at = database_now()
    return robot_sessions.enter(actor=session.actor, session_id=session.session_id, fields=fields, at=at)


def _welcome(session: Session) -> dict[str, Any]:
    interval = max(1, min(30, settings.ROBOT_HEARTBEAT_TIMEOUT // 3))
    return {
        "success": True,
        "robot_id": session.key,
        "message": "Registered",
        "config": {"heartbeat_interval": interval},
    }


def _refuse(session: Session, error: MalformedFrame) -> None:
    session.bad_frames += 1
    name = ", ".join(error.kinds.values()) or "malformed"
    session.say("error", {"code": name, "message": error.detail})
    if session.bad_frames >= MOST_BAD_FRAMES:
        session.end(TOO_MANY_BAD_FRAMES)
    logger.info("A malformed frame was refused", extra={"action": "frame_refused", "robot": session.key, "frame": name})
