"""/ws/drive/{key}: a hand on a robot's wheel (docs/hal.md)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

import orjson

from devices.choices import DriveEnd
from devices.consumers import drive_entry, drive_frames, drive_upkeep
from devices.consumers.driver import Driver
from devices.consumers.watch import Watch
from devices.errors import AlreadyDriven, MalformedFrame
from devices.models import DriveSession
from rdos.kernel import bus
from rdos.kernel.errors import DomainError
from rdos.kernel.sockets.budget import Budget
from rdos.kernel.sockets.closing import STOPPING, TOO_MANY_BAD_FRAMES
from rdos.kernel.threads import in_thread

LARGEST_MESSAGE = "rdos.largest_message"
LONGEST_FRAME = 4096
BEGIN_SECONDS = 30.0
# To begin is as much work as so many frames.
BEGINNING_WEIGHS = 50
MOST_BAD_FRAMES = 20
GOODBYE_SECONDS = 1.0
REFUSED = 4003

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Left(Exception):
    """They went away before they drove."""


async def drive_socket(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    scope.get("extensions", {}).get(LARGEST_MESSAGE, _unlimited)(LONGEST_FRAME)
    await receive()
    key = scope["url_route"]["kwargs"]["key"]
    try:
        is_somebody = await drive_entry.is_somebody(scope, key)
    except DomainError as error:
        await send({"type": "websocket.accept"})
        await _refuse(send, error)
        return
    if not is_somebody:
        # Before it is accepted, so that it is an HTTP 403.
        await send({"type": "websocket.close", "code": REFUSED})
        return
    await send({"type": "websocket.accept"})
    with suppress(Left, OSError):
        await _drive(scope, Driver(send, key, _now()), receive)


def _unlimited(octets: int | None) -> None:
    """Other servers have one limit for all."""


async def _refuse(send: Send, error: DomainError) -> None:
    said = {"type": "refused", "code": error.code, "detail": error.detail}
    with suppress(OSError):
        await send({"type": "websocket.send", "text": orjson.dumps(said).decode()})
        await send({"type": "websocket.close", "code": REFUSED, "reason": error.code})


async def _drive(scope: Mapping[str, Any], driver: Driver, receive: Receive) -> None:
    driver.reader = asyncio.current_task()
    driver.begin()
    try:
        session = await _begun(scope, driver, receive)
    except DomainError as error:
        await _refuse(driver.send, error)
        return
    driver.listening = drive_upkeep.listen(driver, session.pk)
    beside = (drive_upkeep.beat(driver), drive_upkeep.look(scope, driver, session.pk))
    tasks = [asyncio.create_task(work) for work in beside]
    ended = DriveEnd.LOST
    try:
        await _welcome(driver, session)
        ended = await _listen(driver, receive)
    except asyncio.CancelledError:
        ended = DriveEnd.STOPPING
        raise
    finally:
        driver.finish(ended)
        for task in tasks:
            task.cancel()
        drive_upkeep.note_end(driver)
    await _goodbye(driver)


async def _goodbye(driver: Driver) -> None:
    """Here the socket ends, and with it whatever was not sent yet."""
    await asyncio.sleep(0)
    if driver.writer is not None:
        await asyncio.wait([driver.writer], timeout=GOODBYE_SECONDS)


async def _begun(scope: Mapping[str, Any], driver: Driver, receive: Receive) -> DriveSession:
    """Asked again while somebody else drives: taking over is a word of its own."""
    budget = Budget(_now(), times=1 / BEGINNING_WEIGHS)
    while True:
        try:
            text = await _first(receive)
            await asyncio.sleep(budget.spend(_now(), len(text or "")))
            beginning = drive_frames.beginning(drive_frames.read(text))
            visitor, session = await in_thread(drive_entry.begin, scope, driver.key, beginning)
        except AlreadyDriven as error:
            driver.tell("busy", detail=error.detail, **error.extra)
        else:
            driver.begins(session.pk, beginning.limits, _now(), has_credential=visitor.has_credential)
            return session


async def _first(receive: Receive) -> str | None:
    try:
        async with asyncio.timeout(BEGIN_SECONDS):
            message = await receive()
    except TimeoutError:
        raise MalformedFrame(f"Nothing was said within {BEGIN_SECONDS:.0f} seconds.") from None
    if message["type"] == "websocket.disconnect":
        raise Left
    return message.get("text")


async def _welcome(driver: Driver, session: DriveSession) -> None:
    with suppress(bus.BusAway):
        driver.watch = await in_thread(Watch, driver.key, has_credential=driver.has_credential)
    limits = {"linear_limit": driver.limits.linear, "angular_limit": driver.limits.angular}
    driver.tell("ready", session_id=session.pk, **limits)
    driver.heard_at = _now()


async def _listen(driver: Driver, receive: Receive) -> DriveEnd:
    bad = 0
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return DriveEnd.STOPPING if message.get("code") == STOPPING.code else DriveEnd.LOST
        text = message.get("text")
        if driver.budget.spend(_now(), len(text or "")):
            # What comes too fast is out of date before it could be read: it is not heard at all.
            continue
        try:
            if _take(driver, drive_frames.read(text)):
                return DriveEnd.RELEASED
        except MalformedFrame as error:
            bad += 1
            driver.tell("error", detail=error.detail)
            if bad >= MOST_BAD_FRAMES:
                driver.end(TOO_MANY_BAD_FRAMES)
                return DriveEnd.LOST


def _take(driver: Driver, frame: Mapping[str, Any]) -> bool:
    """True when the hand lets go for good."""
    if frame["type"] == drive_frames.DRIVE and driver.because is None:
        driver.hears(drive_frames.wish(frame, driver.limits), _now())
    return bool(frame["type"] == drive_frames.RELEASE)


def _now() -> float:
    return asyncio.get_running_loop().time()
