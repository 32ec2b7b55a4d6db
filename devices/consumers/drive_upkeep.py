"""What goes on beside a driver's own words: the beat, the looks at the database, the bells, and what comes after."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from accounts.services.socket_actors import actor_of_socket
from devices.choices import DriveEnd
from devices.consumers.driver import Driver
from devices.services import driving, halting, standstill
from rdos.kernel import bus
from rdos.kernel.bells import exchange
from rdos.kernel.clock import database_now
from rdos.kernel.errors import DomainError
from rdos.kernel.journal import SYSTEM
from rdos.kernel.threads import in_thread

# At least ten times a second, and at once when the hand moves, but no more often than every 25 ms.
BEAT_SECONDS, SHORTEST_BEAT_SECONDS = 0.08, 0.025
LOOK_SECONDS = 1.0
# When the hub stops.
LAST_WORDS, BETWEEN_LAST_WORDS = 3, 0.1
# Why it ended is written by whoever ended it.
TOLD_BY_OTHERS = (DriveEnd.HALTED, DriveEnd.TAKEN_OVER, DriveEnd.ABANDONED)

logger = logging.getLogger("rdos.driving")
_endings: set[asyncio.Task[None]] = set()


async def beat(driver: Driver) -> None:
    while driver.because is None:
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_SECONDS):
                await driver.changed.wait()
        driver.changed.clear()
        driver.beat(asyncio.get_running_loop().time(), bus_is_here=_bus_is_here())
        await asyncio.sleep(SHORTEST_BEAT_SECONDS)


def _bus_is_here() -> bool:
    with suppress(bus.BusAway):
        return bus.connected()
    return False


async def look(scope: Mapping[str, Any], driver: Driver, session_id: UUID) -> None:
    """Every second, whoever is at the wheel is looked up again. If that takes too long, the beat ends it."""
    while driver.because is None:
        await asyncio.sleep(LOOK_SECONDS)
        begun = asyncio.get_running_loop().time()
        try:
            because = await in_thread(_looked, scope, session_id)
        except Exception:  # The database may be away: the session ends by that, and the process goes on.
            logger.exception("A driver could not be looked up", extra={"action": "driver_not_looked_up"})
            continue
        if because is None:
            driver.looked_at = begun
        else:
            driver.finish(because)


def _looked(scope: Mapping[str, Any], session_id: UUID) -> DriveEnd | None:
    at = database_now()
    return driving.look(session_id=session_id, actor=actor_of_socket(scope, at), at=at)


def listen(driver: Driver, session_id: UUID) -> Callable[[], object]:
    stops = [
        exchange().listen(halting.BELL, partial(_hear_halt, driver)),
        exchange().listen(driving.bell(session_id), partial(_hear_end, driver)),
    ]
    return lambda: [stop() for stop in stops]


def _hear_halt(driver: Driver, topic: str, text: str) -> None:
    if text == standstill.EVERYONE or driver.key in text.split(" "):
        driver.finish(DriveEnd.HALTED)


def _hear_end(driver: Driver, topic: str, text: str) -> None:
    driver.finish(DriveEnd(text))


def note_end(driver: Driver) -> None:
    """It is finished also when the socket's own task is gone."""
    task = asyncio.create_task(_note_end(driver))
    _endings.add(task)
    task.add_done_callback(_endings.discard)


async def _note_end(driver: Driver) -> None:
    try:
        await in_thread(_end, driver)
    except Exception:  # The database may be away: the lease runs out, and the sweep writes it then.
        logger.exception("The end of a drive is not written", extra={"action": "drive_end_not_written"})


def _end(driver: Driver) -> None:
    if driver.watch is not None:
        driver.watch.end()
    if driver.session_id and driver.because and driver.because not in TOLD_BY_OTHERS:
        driving.end(session_id=driver.session_id, because=driver.because, who=SYSTEM, at=database_now())


async def stop() -> None:
    """The sockets are closed by now. Whom they drove hears so until the very end."""
    for _ in range(LAST_WORDS):
        if not (keys := standstill.repeater.keys()):
            break
        with suppress(DomainError):
            await in_thread(standstill.say, keys)
        await asyncio.sleep(BETWEEN_LAST_WORDS)
    if _endings:
        await asyncio.wait(_endings, timeout=1.0)
