"""From the command line to the end of the process."""

import asyncio
import logging
import os
import signal
import sys
from urllib.parse import urlsplit

from rdos_agent.agent import Agent
from rdos_agent.arguments import Arguments, parse
from rdos_agent.problems import CannotStart
from rdos_agent.reconnecting import Outcome, keep_connected
from rdos_agent.state import hold
from rdos_agent.working import keep_working

# A name that is being looked up cannot be interrupted, and would keep the process.
PATIENCE_AFTER_SIGNAL = 1.8
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
logger = logging.getLogger(__name__)


def main() -> int:
    arguments = parse(sys.argv[1:], os.environ)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    try:
        with hold(arguments.state):
            outcome = asyncio.run(_run(arguments))
    except CannotStart as problem:
        logger.error("%s", problem)
        return Outcome.REFUSED
    if outcome is None:
        # The lock closes with this process image; the file may be a newer one by now.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606, no shell is wanted
    return outcome


async def _run(arguments: Arguments) -> int | None:
    """The exit code; None for a restart."""
    agent = Agent(arguments)
    _warn(agent)
    work = asyncio.create_task(keep_connected(agent))
    _end_on_signals(agent, work)
    beside = asyncio.create_task(keep_working(agent))
    try:
        outcome = await work
    except asyncio.CancelledError:
        return 0
    finally:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
    return None if agent.restarting else int(outcome)


def _warn(agent: Agent) -> None:
    parts = urlsplit(agent.url)
    if parts.scheme == "ws" and parts.hostname not in LOOPBACK:
        logger.warning("The connection is not encrypted: whoever listens can take this node's place. Use https://.")
    if agent.arguments.insecure:
        logger.warning("--insecure trusts any certificate: whoever answers can pose as the hub. Use --fingerprint.")


def _end_on_signals(agent: Agent, work: asyncio.Task[Outcome]) -> None:
    loop = asyncio.get_running_loop()

    def end() -> None:
        logger.info("Ending.")
        loop.call_later(PATIENCE_AFTER_SIGNAL, os._exit, 0)
        agent.commands.stop()
        work.cancel()

    for kind in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(kind, end)
        except NotImplementedError:  # Windows: the interpreter's own handling ends it
            return
