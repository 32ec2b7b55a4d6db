"""The line on which jobs come: kept only while the config wants jobs, and beside the one on which commands come."""

import logging
import time
from functools import partial
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from rdos_agent import __version__, tls
from rdos_agent.agent import Agent
from rdos_agent.arguments import SOCKET_PATH
from rdos_agent.identity import Identity
from rdos_agent.problems import UnexpectedAnswer
from rdos_agent.reconnecting import LARGEST_FRAME, Backoff, Direct, Outcome

LOOK_SECONDS = 1.0
FORBIDDEN = 403
logger = logging.getLogger(__name__)


class Pinned(ClientConnection):
    """The secret goes with the handshake, so the certificate is looked at before it."""

    def __init__(self, *arguments: Any, fingerprint: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._fingerprint = fingerprint

    async def handshake(self, *arguments: Any, **options: Any) -> None:
        tls.check_fingerprint(self, self._fingerprint)
        await super().handshake(*arguments, **options)


async def keep_working(agent: Agent) -> None:
    backoff, said = Backoff(), ""
    while True:
        identity = agent.identity.identity
        if identity is None or not agent.config.jobs.enabled or agent.jobs.is_shut:
            await agent.config.rest(LOOK_SECONDS)
            continue
        started = time.monotonic()
        outcome, sentence = await _attempt(agent, identity)
        if sentence != said:
            logger.warning("Jobs: %s", sentence)
        said = sentence
        await agent.config.rest(backoff.seconds(outcome, lasted=time.monotonic() - started))


async def _attempt(agent: Agent, identity: Identity) -> tuple[Outcome, str]:
    try:
        async with _opened(agent, identity) as line:
            await agent.jobs.serve(line, agent.config.jobs)
        return Outcome.SERVED, "The connection is closed."
    except InvalidStatus as refusal:
        refused = refusal.response.status_code == FORBIDDEN
        return Outcome.REFUSED if refused else Outcome.FAILED, f"The hub gives no jobs: {refusal}"
    except TimeoutError:
        return Outcome.FAILED, "The hub did not answer in time."
    except (OSError, WebSocketException, UnexpectedAnswer) as error:
        return Outcome.FAILED, f"No connection to the hub: {error}"


def _opened(agent: Agent, identity: Identity) -> connect:
    url = f"{agent.url.removesuffix(SOCKET_PATH)}/ws/robot/{identity.node_id}"
    return Direct(
        url,
        ssl=tls.context(agent.arguments, url),
        additional_headers={"X-Api-Key": f"node:{identity.node_id}:{identity.node_secret}"},
        create_connection=cast(Any, partial(Pinned, fingerprint=agent.arguments.fingerprint)),
        compression=None,
        user_agent_header=f"rdos-agent/{__version__}",
        max_size=4 * LARGEST_FRAME,
        ping_interval=30,
        ping_timeout=60,
        close_timeout=1,
    )
