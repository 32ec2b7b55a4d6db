"""Every serving process watches the clock, which cannot tell of its own silence."""

import asyncio
import logging
from datetime import datetime

from rdos.kernel.clock import database_now
from rdos.kernel.threads import in_thread
from rdos.ticks import heed_events, seal_journal, tell_events
from scheduling.services import lateness

LOOK_SECONDS = 2.0

logger = logging.getLogger("rdos.clock")


async def watch_clock() -> None:
    since: datetime | None = None
    while True:
        try:
            since = await in_thread(look, since)
        except Exception:  # The database may be away; whoever watches goes on.
            logger.exception("The clock could not be looked at", extra={"action": "clock_not_watched"})
        await asyncio.sleep(LOOK_SECONDS)


def look(since: datetime | None) -> datetime:
    """Since when it is watched. While it is late, nobody else seals and tells: an alarm that nobody sees is none."""
    at = database_now()
    if lateness.watch(at, since or at):
        seal_journal()
        tell_events()
        heed_events()
    return since or at
