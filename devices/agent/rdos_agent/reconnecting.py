"""Coming back: soon after an accident, seldom to a hub that refuses, and never in step with other nodes."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator
from enum import IntEnum

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from rdos_agent import __version__, tls
from rdos_agent.agent import Agent
from rdos_agent.problems import RefusedByHub, UnexpectedAnswer
from rdos_agent.session import introduce, serve

FIRST, LONGEST = 1.0, 60.0
GOOD_SESSION = 60.0
LARGEST_FRAME = 5 * 1024 * 1024
logger = logging.getLogger(__name__)


class Outcome(IntEnum):
    """How an attempt went; its number is the exit code."""

    SERVED = 0
    FAILED = 1
    REFUSED = 2
    ANOTHER_TRY = 3


class Direct(connect):
    """To the address that was given and no other: a secret is not carried wherever a redirect points."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Backoff:
    def __init__(self) -> None:
        self._longest = FIRST

    def seconds(self, outcome: Outcome, *, lasted: float) -> float:
        if outcome is Outcome.REFUSED:
            return random.uniform(LONGEST, 2 * LONGEST)  # noqa: S311, it only spreads
        if lasted >= GOOD_SESSION:
            self._longest = FIRST
        longest, self._longest = self._longest, min(2 * self._longest, LONGEST)
        return random.uniform(0, longest)  # noqa: S311, it only spreads


async def keep_connected(agent: Agent) -> Outcome:
    backoff, said = Backoff(), ""
    while True:
        started = time.monotonic()
        outcome, sentence = await _attempt(agent)
        if sentence != said or outcome is not Outcome.REFUSED:
            logger.warning("%s", sentence)
        said = sentence
        if agent.restarting or (agent.arguments.once and outcome is not Outcome.ANOTHER_TRY):
            return outcome
        await asyncio.sleep(backoff.seconds(outcome, lasted=time.monotonic() - started))


async def _attempt(agent: Agent) -> tuple[Outcome, str]:
    served = False
    try:
        # Left with an exception, the library would say 1011 (an error) to the hub.
        async with _opened(agent) as line, _politely(line):
            tls.check_fingerprint(line, agent.arguments.fingerprint)
            await introduce(agent, line)
            served = True
            await serve(agent, line)
        return Outcome.SERVED, "The connection is closed."
    except RefusedByHub as refusal:
        outcome = Outcome.ANOTHER_TRY if agent.refused() else Outcome.REFUSED
        return outcome, f"The hub refused this node: {refusal}"
    except ConnectionClosed as closed:
        return Outcome.SERVED if served else Outcome.FAILED, f"The connection ended: {closed}."
    except TimeoutError:
        return Outcome.FAILED, "The hub did not answer in time."
    except (OSError, WebSocketException, UnexpectedAnswer) as error:
        return Outcome.FAILED, f"No connection to the hub: {error}"


@contextlib.asynccontextmanager
async def _politely(line: ClientConnection) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await line.close()


def _opened(agent: Agent) -> connect:
    return Direct(
        agent.url,
        ssl=tls.context(agent.arguments, agent.url),
        compression=None,
        user_agent_header=f"rdos-agent/{__version__}",
        max_size=LARGEST_FRAME,
        # A stalled hub is given time; a dead one is noticed within two minutes.
        ping_interval=30,
        ping_timeout=60,
        # Enough to say goodbye, and short enough to end within two seconds of a signal.
        close_timeout=1,
    )
