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
from devices.consumers.closing import REFUSED, STOPPING, TOO_MANY_BAD_FRAMES, TRY_AGAIN, Closing
from devices.consumers.frames import kind_of
from devices.consumers.session import Session
from devices.consumers.switchboard import Switchboard, switchboard
from devices.errors import MalformedFrame
from devices.services.admission import Admitted, Attempt
from rdos.kernel.addresses import address_of_scope

FIRST_FRAME_SECONDS = 10.0
LONGEST_FIRST_FRAME = 64 * 1024
# A little over 5 MiB, which busy encoders really send. The server itself lets more pass, because closing in the midst
# of a frame resets the connection before its Close frame is read.
LONGEST_FRAME = 5 * 2**20 + 64 * 1024
# Of one address, before they have said who they are.
MOST_UNAUTHENTICATED = 2000
MOST_BAD_FRAMES = 20
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
    await receive()
    # No subprotocol is picked and no header asked for: the programs send neither.
    await send({"type": "websocket.accept"})
    session = Session(uuid4(), send, address, asyncio.get_running_loop().time())
    session.reader = asyncio.current_task()
    board.sessions[session.session_id] = session
    code, reason = 1006, "connection lost"
    try:
        await _enter(board, session, receive)
        code, reason = await _listen(board, session, receive)
    except Unwelcome as unwelcome:
        await _turn_away(send, unwelcome)
    except (Gone, OSError):
        # uvicorn says so when something is sent to whoever has left.
        return
    except asyncio.CancelledError:
        # Our own doing, when a half-open socket took no goodbye; else the server's, which stops.
        if session.closing is None:
            code, reason = 1012, "the hub stopped"
            raise
    finally:
        ended = session.closing
        board.leave(session, ended.code if ended else code, ended.reason if ended else reason)


async def _enter(board: Switchboard, session: Session, receive: Receive) -> None:
    if board.unauthenticated[session.address] >= MOST_UNAUTHENTICATED or board.stopping:
        raise Unwelcome(TRY_AGAIN)
    board.unauthenticated[session.address] += 1
    try:
        async with asyncio.timeout(FIRST_FRAME_SECONDS):
            shown = _credentials(await receive())
    except TimeoutError:
        raise _unwelcome("No authentication within 10 seconds") from None
    finally:
        board.unauthenticated[session.address] -= 1
        if not board.unauthenticated[session.address]:
            del board.unauthenticated[session.address]
    await _show(board, session, shown)


async def _show(board: Switchboard, session: Session, shown: protocol.Credentials) -> None:
    await board.opened()
    outcome = await board.desk.show(Attempt(session.session_id, session.address, shown))
    if outcome is None:
        raise Unwelcome(TRY_AGAIN)
    if not isinstance(outcome, Admitted):
        board.refused(session.address, outcome.detail, shown.node_id[:36])
        raise _unwelcome(outcome.detail)
    board.admit(session, outcome)
    await session.send({"type": "websocket.send", "text": _welcome(outcome)})
    session.begin()


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


async def _listen(board: Switchboard, session: Session, receive: Receive) -> tuple[int, str]:
    time = asyncio.get_running_loop().time
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return _ending(message)
        text = message.get("text")
        session.heard_at = now = time()
        pause = session.budget.spend(now, len(text) if text is not None else len(message.get("bytes") or b""))
        while _take(board, session, text) is False:
            # What cannot be stored now is not lost: nothing more is read from this node until it can.
            await asyncio.sleep(FULL_SECONDS)
        if pause:
            # Not dropped, only read later: the node's own sending is slowed down by it.
            await asyncio.sleep(min(pause, 1.0))


def _ending(message: MutableMapping[str, Any]) -> tuple[int, str]:
    """uvicorn gives a reason, though perhaps an empty one, only when a Close frame came."""
    if message.get("code") == STOPPING.code:
        return STOPPING.code, STOPPING.reason
    if "reason" not in message:
        return 1006, "connection lost"
    return message.get("code") or 1005, message["reason"] or "closed by the node"


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
