"""/ws/node: a plain ASGI application, because a consumer object per socket costs more than all it does here
(docs/adr/0005-node-sockets-are-plain-asgi.md)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.utils import timezone

from devices import protocol
from devices.consumers.frames import kind_of
from devices.consumers.session import Session
from devices.consumers.switchboard import Switchboard, switchboard
from devices.errors import MalformedFrame
from devices.services.admission import Admitted, Attempt, Outcome
from rdos.kernel.addresses import address_of_scope
from rdos.kernel.sockets.closing import LOST, REFUSED, STOPPING, TOO_MANY_BAD_FRAMES, TRY_AGAIN, Closing, ending
from rdos.kernel.sockets.doorway import Crowded

FIRST_FRAME_SECONDS = 10.0
LONGEST_FIRST_FRAME = 64 * 1024
# What the server in front offers: a stranger is not let send what a node may.
LARGEST_MESSAGE = "rdos.largest_message"
# A little over 5 MiB, which busy encoders really send. The server itself lets more pass, because closing in the midst
# of a frame resets the connection before its Close frame is read.
LONGEST_FRAME = 5 * 2**20 + 64 * 1024
# Clients wait ten seconds for the answer to their first frame.
ANSWER_SECONDS = 8.0
MOST_BAD_FRAMES = 20
ANSWERS = ("command_ack", "config_response")
FULL_SECONDS = 0.25

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

logger = logging.getLogger("rdos.nodes")


class Gone(Exception):
    """The other side went away before it was let in."""


class Unwelcome(Exception):
    """The socket is closed before the node was let in."""

    def __init__(self, closing: Closing, answer: str = "") -> None:
        self.closing = closing
        self.answer = answer


async def node_socket(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    board, address = switchboard(), address_of_scope(scope)
    limit = scope.get("extensions", {}).get(LARGEST_MESSAGE, _unlimited)
    limit(2 * LONGEST_FIRST_FRAME)
    await receive()
    # No subprotocol is picked and no header asked for: the programs send neither.
    await send({"type": "websocket.accept"})
    session = Session(uuid4(), send, address, asyncio.get_running_loop().time())
    session.reader = asyncio.current_task()
    board.sessions[session.session_id] = session
    ended = LOST
    try:
        await _enter(board, session, receive)
        limit(None)
        ended = await _listen(board, session, receive)
    except Unwelcome as unwelcome:
        await _turn_away(send, unwelcome)
    except (Gone, OSError):
        # uvicorn says so when something is sent to whoever has left.
        return
    except asyncio.CancelledError:
        # Our own doing, when a half-open socket took no goodbye; else the server's, which stops.
        if session.closing is None:
            ended = STOPPING
            raise
    finally:
        board.leave(session, session.closing or ended)


def _unlimited(octets: int | None) -> None:
    """Other servers have one limit for all."""


async def _enter(board: Switchboard, session: Session, receive: Receive) -> None:
    if board.stopping:
        raise Unwelcome(TRY_AGAIN)
    try:
        with board.doorway.standing(session.address):
            async with asyncio.timeout(FIRST_FRAME_SECONDS):
                shown = _credentials(await receive())
    except TimeoutError:
        raise _unwelcome("No authentication within 10 seconds") from None
    except Crowded:
        raise Unwelcome(TRY_AGAIN) from None
    await _show(board, session, shown)


async def _show(board: Switchboard, session: Session, shown: protocol.Credentials) -> None:
    outcome = await _outcome(board, Attempt(session.session_id, session.address, shown))
    if outcome is None:
        raise Unwelcome(TRY_AGAIN)
    if not isinstance(outcome, Admitted):
        board.refused(session.address, outcome.detail, shown.node_id)
        raise _unwelcome(outcome.detail)
    board.admit(session, outcome)
    if session.closing is not None:
        raise Gone
    await session.send({"type": "websocket.send", "text": _welcome(outcome)})
    session.begin()


async def _outcome(board: Switchboard, attempt: Attempt) -> Outcome | None:
    """None when the hub cannot tell in time: the client is closed, instead of leaving and coming back, and again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            await board.opened()
            return await board.desk.show(attempt)
    return None


def _welcome(admitted: Admitted) -> str:
    at = timezone.now()
    if not admitted.secret:
        return protocol.envelope("auth_ok", at, {"node_id": admitted.node_id})
    return protocol.envelope("register_ack", at, {"node_id": admitted.node_id, "node_secret": admitted.secret})


def _credentials(message: MutableMapping[str, Any]) -> protocol.Credentials:
    if message["type"] == "websocket.disconnect":
        raise Gone
    text = message.get("text")
    if text is None:
        raise _unwelcome("The first frame must be text")
    if len(text) > LONGEST_FIRST_FRAME:
        raise _unwelcome("The first frame is too large")
    try:
        frame = protocol.read(text)
    except MalformedFrame as error:
        raise _unwelcome(error.detail) from None
    if frame.type != "auth":
        raise _unwelcome("The first frame must be auth")
    return protocol.credentials(frame.payload)


def _unwelcome(sentence: str) -> Unwelcome:
    # Edge and relay read the message at the top, the SDK in the payload.
    answer = protocol.envelope("auth_error", timezone.now(), {"message": sentence}, message=sentence)
    return Unwelcome(Closing(REFUSED, sentence[:100]), answer)


async def _turn_away(send: Send, unwelcome: Unwelcome) -> None:
    # Whoever is gone already need not be told.
    with suppress(Exception):
        if unwelcome.answer:
            await send({"type": "websocket.send", "text": unwelcome.answer})
        await send({"type": "websocket.close", "code": unwelcome.closing.code, "reason": unwelcome.closing.reason})


async def _listen(board: Switchboard, session: Session, receive: Receive) -> Closing:
    time = asyncio.get_running_loop().time
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return ending(message, "node")
        text = message.get("text")
        session.heard_at = now = time()
        pause = session.budget.spend(now, len(text) if text is not None else len(message.get("bytes") or b""))
        while _take(board, session, text) is False:
            # What cannot be stored now is not lost: nothing more is read from this node until it can, and it is not
            # called silent for that.
            await asyncio.sleep(FULL_SECONDS)
            session.heard_at = time()
        if pause:
            # Not dropped, only read later: the node's own sending is slowed down by it.
            await asyncio.sleep(min(pause, 1.0))


def _take(board: Switchboard, session: Session, text: str | None) -> object:
    """False when there is no room for it at present."""
    try:
        if text is None:
            raise MalformedFrame("The frame is binary.", kinds={"frame": "binary"})
        if len(text) > LONGEST_FRAME:
            raise MalformedFrame("The frame is larger than 5 MiB.", kinds={"frame": "too_large"})
        return _dispatch(board, session, protocol.read(text))
    except MalformedFrame as error:
        _refuse(session, error)
        return True


def _dispatch(board: Switchboard, session: Session, frame: protocol.Frame) -> object:
    if session.closing is not None and frame.type not in ANSWERS:
        # It was shown the door. Of what it still says only that counts which it was asked.
        return True
    kind = kind_of(frame.type)
    if kind is None:
        session.unknown += 1
    elif kind.is_telemetry and not session.budget.telemetry_has_room:
        session.dropped += 1
    elif session.node_id is not None:
        return kind.take(board.stores, session, session.node_id, frame.payload)
    return True


def _refuse(session: Session, error: MalformedFrame) -> None:
    session.bad_frames += 1
    name = ", ".join(error.kinds.values()) or "malformed"
    told = {"code": name, "message": error.detail}
    session.post(protocol.envelope("error", timezone.now(), told, message=error.detail))
    if session.bad_frames >= MOST_BAD_FRAMES:
        session.end(TOO_MANY_BAD_FRAMES)
    facts = {"action": "frame_refused", "node_id": str(session.node_id), "frame": name}
    logger.info("A malformed frame was refused", extra=facts)
