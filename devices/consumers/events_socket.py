"""/api/v1/ws/events: whoever subscribes hears what becomes of devices. A plain ASGI application, like that of nodes
(docs/adr/0005-node-sockets-are-plain-asgi.md)."""

import asyncio
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any

import orjson
from django.db import DatabaseError

from accounts.access import allows
from accounts.services.socket_actors import actor_of_socket
from devices.consumers.listener import Listener
from devices.consumers.node_socket import LARGEST_MESSAGE, Receive, Send
from devices.services.bus_events import SUBJECT
from rdos.kernel.actors import Actor
from rdos.kernel.addresses import address_of_scope
from rdos.kernel.bells import exchange
from rdos.kernel.clock import database_now
from rdos.kernel.sockets.budget import Budget
from rdos.kernel.sockets.closing import REFUSED, Closing
from rdos.kernel.sockets.doorway import Crowded, Doorway
from rdos.kernel.threads import in_thread

LONGEST_MESSAGE = 64 * 1024
ANSWER_SECONDS = 8.0
# Whoever was signed out meanwhile hears no longer than this.
LOOK_AGAIN_SECONDS = 15.0
# The only one of which anything is ever told; any other may be subscribed to.
DEVICES = "devices"
GREETING = {"type": "connection", "status": "connected", "message": "Connected to Tafy Hub"}
TURNED_AWAY = 4003
SIGNED_OUT = Closing(REFUSED, "you are not signed in any more")

_doorway = Doorway()


async def events_socket(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    actor = await _actor(scope)
    if actor is None:
        # Before it is accepted, so that it is an HTTP 403.
        await send({"type": "websocket.close", "code": TURNED_AWAY})
        return
    if (limit := scope.get("extensions", {}).get(LARGEST_MESSAGE)) is not None:
        limit(2 * LONGEST_MESSAGE)
    await send({"type": "websocket.accept"})
    listener = Listener(send, actor)
    listener.reader = asyncio.current_task()
    listener.tell(GREETING)
    listener.begin()
    watch = asyncio.create_task(_look_again(scope, listener))
    try:
        await _listen(listener, receive)
    except OSError:
        # uvicorn says so when something is sent to whoever has left.
        return
    except asyncio.CancelledError:
        # Our own doing, when a half-open socket took no goodbye; else the server's, which stops.
        if listener.closing is None:
            raise
    finally:
        watch.cancel()
        listener.leave()


async def _actor(scope: Mapping[str, Any]) -> Actor | None:
    with suppress(Crowded, TimeoutError), _doorway.standing(address_of_scope(scope)):
        async with asyncio.timeout(ANSWER_SECONDS):
            return await in_thread(_who_may_listen, scope)
    return None


def _who_may_listen(scope: Mapping[str, Any]) -> Actor | None:
    actor = actor_of_socket(scope, database_now())
    return actor if actor is not None and allows(actor, "nodes.read") else None


async def _look_again(scope: Mapping[str, Any], listener: Listener) -> None:
    while listener.closing is None:
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        with suppress(DatabaseError):
            actor = await in_thread(_who_may_listen, scope)
            if actor is None:
                listener.end(SIGNED_OUT)
            else:
                listener.actor = actor


async def _listen(listener: Listener, receive: Receive) -> None:
    time = asyncio.get_running_loop().time
    budget = Budget(time())
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        pause = budget.spend(time(), len(text) if text is not None else len(message.get("bytes") or b""))
        _answer(listener, text)
        if pause:
            await asyncio.sleep(min(pause, 1.0))


def _answer(listener: Listener, text: str | None) -> None:
    """A message that cannot be read is answered like one that can: the socket goes on."""
    if text is None:
        return listener.refuse("binary", "Messages are texts.")
    if len(text) > LONGEST_MESSAGE:
        return listener.refuse("too_large", f"A message has at most {LONGEST_MESSAGE} characters.")
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return listener.refuse("json_invalid", "The message is not valid JSON.")
    if not isinstance(said, dict):
        return listener.refuse("dict_type", "The message must be a JSON object.")
    return _do(listener, said)


def _do(listener: Listener, said: dict[str, Any]) -> None:
    """Any other type is heard in silence."""
    match said.get("type"):
        case "ping":
            listener.tell({"type": "pong"})
        case "subscribe":
            topic = said.get("topic")
            # First the answer, then what it is about.
            listener.tell({"type": "subscribed", "topic": topic})
            if topic == DEVICES and listener.listening is None:
                listener.listening = exchange().listen(SUBJECT, listener.hear)
