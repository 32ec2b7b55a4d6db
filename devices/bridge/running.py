"""The bridge: one connection to the bus, one beat, and the batches between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson
from django.utils import timezone

from devices.bridge import acquaintance, node_red
from devices.bridge.ear import Ear, Message
from devices.bridge.evidence import Evidences
from devices.bridge.intake import Intake
from devices.bridge.outbox import Outbox
from devices.bridge.stores import Stores
from devices.errors import MalformedFrame
from devices.hal import reading
from devices.protocol import text
from devices.services import bridges, bus_commands, driving, halting
from rdos.kernel.bells import exchange
from rdos.kernel.bus.line import Line, Place
from rdos.kernel.bus.subjects import ANSWERS, OWN
from rdos.kernel.clock import database_now
from rdos.kernel.threads import in_thread

LISTENED_TO = ("device.discovered", "device.*.status", "device.*.telemetry", "node.*.heartbeat", "hal.v1.>", f"{OWN}>")
# Bridges share what comes: each message is one bridge's.
QUEUE = "hub"
LOOK_SECONDS = 0.25
# Bells may be lost: this often the rows are asked instead.
WAKE_SECONDS = 0.5
# Whoever was asked to stop a robot says so by itself; this is for one that could not, or died meanwhile.
STOP_SECONDS = 1.0
# Which of them are due: each is looked at once a minute.
NODE_RED_SECONDS = 5.0
LONGEST_ERROR = 2000
# Of a larger one only yes or no, and why not, is kept.
LARGEST_ANSWER = 8192

logger = logging.getLogger("rdos.bus")


class BridgeProcess:
    def __init__(self, place: Place) -> None:
        self.bridge_id = uuid4()
        self.line = Line(place, name=f"rdos-bridge-{self.bridge_id.hex[:8]}", changed=self._changed)
        self.ear = Ear()
        self.stores = Stores(met=self._met)
        self.evidences = Evidences(self.stores)
        self.intake = Intake(self.stores, self.evidences)
        self.outbox = Outbox(self.line, self.stores, self.evidences, self.now)
        # How far this process's clock is from the database's, which is the hub's.
        self._skew = timedelta()
        self._refreshing = asyncio.Event()
        self._stopping = asyncio.Event()
        self._to_stop: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def now(self) -> datetime:
        return timezone.now() + self._skew

    async def start(self) -> None:
        """It begins, and stays, whether there is a broker or a database or not."""
        await exchange().start()
        exchange().listen_prefix("node.", self._hear_bell)
        exchange().listen(halting.BELL, self._hear_stop)
        exchange().on_regained(self.outbox.wake)
        for subject in LISTENED_TO:
            await self.line.subscribe(subject, self.ear.hear, queue=QUEUE)
        await self.line.subscribe(f"{ANSWERS}.*", self._hear_answer, queue=QUEUE)
        await self.line.start()
        self._begin("look", self._look, LOOK_SECONDS)
        self._begin("wake", self._wake, WAKE_SECONDS)
        self._begin("refresh", self._refresh, bridges.RENEW_SECONDS, self._refreshing)
        self._begin("stop", self._stop_robots, STOP_SECONDS, self._stopping)
        self._begin("node red", node_red.look, NODE_RED_SECONDS)

    async def stop(self, seconds: float) -> None:
        for task in self._tasks:
            task.cancel()
        # What is on its way goes out while there is still a line.
        await self.outbox.stop()
        await self.line.stop()
        self.intake.take(self.ear.take(), self.now())
        await self.stores.drain(seconds)
        await self._guarded("retire", self._retire)
        await exchange().stop()

    # --- The beat

    def _begin(
        self, name: str, step: Callable[[], Awaitable[None]], seconds: float, sooner: asyncio.Event | None = None
    ) -> None:
        self._tasks.append(asyncio.create_task(self._again(name, step, seconds, sooner or asyncio.Event())))

    async def _again(
        self, name: str, step: Callable[[], Awaitable[None]], seconds: float, sooner: asyncio.Event
    ) -> None:
        while True:
            sooner.clear()
            await self._guarded(name, step)
            try:
                async with asyncio.timeout(seconds):
                    await sooner.wait()
            except TimeoutError:
                continue

    async def _guarded(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception:  # The edge of the beat: it must go on whatever one step met.
            logger.exception("A step of the bridge failed", extra={"action": "bridge_step_failed", "step": name})

    async def _look(self) -> None:
        if heard := self.ear.take():
            self.intake.take(heard, self.now())

    async def _wake(self) -> None:
        self.outbox.wake()
        self.evidences.begin_anew(await in_thread(bus_commands.awaiting_evidence))

    async def _stop_robots(self) -> None:
        named, self._to_stop = self._to_stop, set()
        # First, and where the database cannot hold it up.
        await asyncio.to_thread(halting.repeat, [], named)
        await in_thread(_stop_robots)

    async def _refresh(self) -> None:
        """Who is a node of this hub by now; then the sign of life, which says that it is known here."""
        at = await in_thread(database_now)
        self._skew = at - timezone.now()
        self.intake.acquaint(await in_thread(acquaintance.read), at)
        counts = bridges.Counts(self.ear.heard, self.intake.malformed, self.ear.dropped + self.line.slow)
        await in_thread(bridges.renew, self.bridge_id, at, reached=self.line.connected, counts=counts)

    async def _retire(self) -> None:
        await in_thread(bridges.retire, self.bridge_id)

    # --- Bells and answers

    def _changed(self, reached: bool) -> None:
        self._refreshing.set()
        if reached:
            self.outbox.wake()

    def _met(self) -> None:
        """By this bridge or by another: whoever waits here is known by now."""
        if self.intake.strangers.are_waiting:
            self._refreshing.set()

    def _hear_bell(self, topic: str, word: str) -> None:
        if word == "wake":
            self.outbox.wake()
        elif word.startswith("close:"):
            self._refreshing.set()

    def _hear_stop(self, topic: str, keys: str) -> None:
        self._to_stop.update(keys.split())
        self._stopping.set()

    async def _hear_answer(self, message: Message) -> None:
        try:
            command_id = UUID(message.subject.rpartition(".")[2])
            said = reading.an_object(message.data) if message.data else {}
        except (ValueError, MalformedFrame):
            self.intake.malformed += 1
            return
        self.stores.answer(command_id, answer_of(said, is_large=len(message.data) > LARGEST_ANSWER))


def _stop_robots() -> None:
    at = database_now()
    halting.repeat(halting.due(at))
    driving.sweep(at)


def answer_of(said: dict[str, object], *, is_large: bool = False) -> dict[str, object]:
    """Any answer means yes, unless it says no."""
    refused = said.get("error")
    success = said.get("success", refused is None)
    error = refused if isinstance(refused, str) else "" if refused is None else orjson.dumps(refused).decode()
    return {
        "success": success is not False,
        "error": text(error, LONGEST_ERROR),
        "error_code": text(said.get("error_code"), 100),
        "data": {"too_large": True} if is_large else said.get("data"),
        "details": None if is_large else said.get("details"),
    }
