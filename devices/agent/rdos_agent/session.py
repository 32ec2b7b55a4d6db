"""One connection, from the first frame to the last."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from rdos_agent import __version__
from rdos_agent.agent import Agent
from rdos_agent.frames import Frame, decoded, encoded, frame
from rdos_agent.problems import RefusedByHub, UnexpectedAnswer
from rdos_agent.together import first_to_end

ANSWER_SECONDS = 10
PROTOCOL_VERSION = 1
logger = logging.getLogger(__name__)


async def introduce(agent: Agent, line: ClientConnection) -> None:
    credentials = agent.credentials()
    about = {"software_version": __version__, "protocol_version": PROTOCOL_VERSION, "device_type": "agent"}
    # A hub may refuse before it was asked and hang up: its reason can still be read then.
    with contextlib.suppress(ConnectionClosed):
        await line.send(encoded(frame("auth", {**credentials, **about})))
    async with asyncio.timeout(ANSWER_SECONDS):
        answer = decoded(await line.recv())
    match answer:
        case {"type": "auth_error"}:
            raise RefusedByHub(_reason(answer or {}))
        case {"type": "register_ack", "payload": {"node_id": str(node_id), "node_secret": str(secret)}}:
            agent.registered(node_id, secret)
        case {"type": "auth_ok"} if "node_id" in credentials:
            agent.recognised()
            logger.info("Connected as node %s.", credentials["node_id"])
        case _:
            raise UnexpectedAnswer("The first frame was no answer to this node's introduction.")


def _reason(answer: Frame) -> str:
    """Hubs differ in where they put it."""
    payload = answer.get("payload")
    inner = payload if isinstance(payload, dict) else {}
    found = inner.get("error") or inner.get("message") or answer.get("message")
    return str(found or "no reason given")[:200]


async def serve(agent: Agent, line: ClientConnection) -> None:
    """Until the connection ends, or the outbox has said its last words."""
    # What became of its flows while nobody was listening.
    agent.commands.report_flows()
    await first_to_end(
        _listen(agent, line),
        _repeat(agent, line, "health", agent.figures.health),
        _repeat(agent, line, "stats", agent.figures.stats),
        agent.outbox.deliver(line),
    )


async def _listen(agent: Agent, line: ClientConnection) -> None:
    async for raw in line:
        message = decoded(raw)
        if message is None:
            logger.warning("Ignored a frame of %d bytes that is no message.", len(raw))
        elif message["type"] == "ping":
            await line.send(encoded(frame("pong")))
        elif message["type"] == "command":
            agent.commands.receive(message.get("payload"))


async def _repeat(agent: Agent, line: ClientConnection, kind: str, figures: Callable[[], dict[str, Any]]) -> None:
    while True:
        await line.send(encoded(frame(kind, figures())))
        await agent.config.pause(f"{kind}_interval_secs")
