"""Commands on their way from the table to the bus, in the order of their numbers."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from devices import bus_letters
from devices.bridge.couriers import Courier, courier_of
from devices.bridge.evidence import Evidences
from devices.bridge.stores import Stores
from devices.hal import motion, subjects, writing
from devices.services import bus_commands
from devices.services.bus_commands import Letter
from rdos.kernel.batches import Batch
from rdos.kernel.bus import BusAway, MessageTooLarge
from rdos.kernel.bus.line import Line
from rdos.kernel.bus.subjects import ANSWERS, told
from rdos.kernel.clock import database_now
from rdos.kernel.threads import Lane

# While another bridge publishes.
BUSY_SECONDS = 0.02
PUBLISH_SECONDS = 5.0
BROKEN = "The hub could not carry it there"

logger = logging.getLogger("rdos.bus")


class Outbox:
    def __init__(self, line: Line, stores: Stores, evidences: Evidences, clock: Callable[[], datetime]) -> None:
        self._line = line
        self._stores = stores
        self._evidences = evidences
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        # Ten thousand messages a second keep the other threads busy, and a command is not to wait for them.
        self._wakes: Batch[None] = Batch(
            self._send, name="commands to publish", most=1_000_000, run=Lane("commands").run
        )
        self._errands: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """While the bus is away everything stays where it is: whoever waits is told so by the door."""
        if self._line.connected:
            self._wakes.add(None)

    async def stop(self) -> None:
        await self._wakes.drain(1.0)
        for errand in self._errands:
            errand.cancel()

    def _send(self, wakes: Sequence[None]) -> None:
        """In a thread."""
        with bus_commands.sending() as mine:
            letters = bus_commands.claim(database_now()) if mine and self._line.connected else []
            if letters:
                went = asyncio.run_coroutine_threadsafe(self._publish(letters), self._loop).result(PUBLISH_SECONDS)
                bus_commands.went(went, database_now())
        if not mine:
            self._loop.call_soon_threadsafe(self._loop.call_later, BUSY_SECONDS, self.wake)
        elif len(letters) == bus_commands.MOST_AT_ONCE:
            self._loop.call_soon_threadsafe(self.wake)

    async def _publish(self, letters: list[Letter]) -> list[UUID]:
        """Those that the broker has, and those that go another way."""
        at, went, carried, losses = self._clock(), [], [], self._line.losses
        for letter in letters:
            if courier := courier_of(letter):
                self._begin_errand(courier, letter)
                carried.append(letter)
            elif await self._put(letter, at):
                went.append(letter)
        try:
            await self._line.flush(losses)
        except BusAway:
            self._unsent(went)
            went = []
        return [letter.command_id for letter in (*carried, *went)]

    async def _put(self, letter: Letter, at: datetime) -> bool:
        try:
            await self._say(letter, at)
        except MessageTooLarge as error:
            self._unsent([letter], error.detail)
        except BusAway:
            self._unsent([letter])
        except Exception:  # What cannot be put into words is that command's fault, and not the next one's.
            logger.exception("A command could not be worded", extra={"action": "letter_failed", "command": letter.name})
            self._unsent([letter], BROKEN)
        else:
            return True
        return False

    async def _say(self, letter: Letter, at: datetime) -> None:
        words = bus_letters.letter_of(letter.name, letter.action, letter.text, letter.key, at, purpose=letter.purpose)
        subject, own = told(words[0], own=letter.has_credential), letter.has_credential
        self._stores.expect(letter.command_id)
        await self._line.publish(subject, words[1], reply=f"{ANSWERS}.{letter.command_id}", confirmed=False)
        if (speeds := motion.speeds_of(letter.action)) is not None:
            self._evidences.expect(letter.command_id, letter.node_id, speeds)
            drive = writing.drive(letter.key, speeds, at)
            await self._line.publish(subjects.motor(letter.key, own=own), drive, confirmed=False)

    def _unsent(self, letters: list[Letter], error: str = bus_commands.UNSURE) -> None:
        for letter in letters:
            self._stores.unsent(letter.command_id, error)

    def _begin_errand(self, courier: Courier, letter: Letter) -> None:
        errand = asyncio.create_task(self._run(courier, letter))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _run(self, courier: Courier, letter: Letter) -> None:
        try:
            reply = await courier.carry(letter)
        except Exception:  # The edge to another program: its fault is the command's, and not the bridge's.
            logger.exception("A courier failed", extra={"action": "courier_failed", "command": letter.name})
            self._unsent([letter], BROKEN)
        else:
            if reply is not None:
                self._stores.reply(reply)
