"""One connection to the bus, on a loop. It may begin before there is a broker, and comes back whenever there is one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import unquote, urlsplit

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError, NoRespondersError, SlowConsumerError
from nats.errors import TimeoutError as NatsTimeout

from rdos.kernel.bus.errors import BusAway, MessageTooLarge, NoReply
from rdos.kernel.bus.subjects import ANSWERS

CONNECT_SECONDS = 2.0
RETRY_SECONDS = 0.5
# How long the broker may take to say that it has what was published.
CONFIRM_SECONDS = 2.0
# Between two looks at whether the library has written what it was given.
WRITING_SECONDS = 0.002
PING_SECONDS = 5
# Of one subscription. What comes beyond is dropped by the library, which tells us.
MOST_PENDING = 200_000
MOST_PENDING_BYTES = 64 * 2**20

UNCONFIRMED = "The bus did not confirm the message"

Heard = Callable[[Msg], Awaitable[None]]
Changed = Callable[[bool], object]

logger = logging.getLogger("rdos.bus")


@dataclass(slots=True)
class _Wish:
    subject: str
    heard: Heard
    queue: str
    held: Any = None


@dataclass(frozen=True, slots=True)
class Place:
    servers: list[str]
    user: str
    password: str

    @classmethod
    def of(cls, url: str, user: str = "", password: str = "") -> "Place":
        """A name given apart wins over one in the address. Several addresses are parted by commas."""
        parts = [urlsplit(one.strip() if "://" in one else f"nats://{one.strip()}") for one in url.split(",")]
        servers = [f"{part.scheme}://{part.netloc.rpartition('@')[2]}" for part in parts]
        named = next((part for part in parts if part.username), parts[0])
        return cls(servers, user or unquote(named.username or ""), password or unquote(named.password or ""))


class Line:
    def __init__(self, place: Place, *, name: str, changed: Changed | None = None) -> None:
        self._place = place
        self._name = name
        self._changed = changed
        self._client: Client | None = None
        self._wishes: dict[int, _Wish] = {}
        self._numbers = count(1)
        self._opening: asyncio.Task[None] | None = None
        self._open = asyncio.Event()
        self._told_away = False
        self.slow = 0
        # How often the bus was lost: what was on its way then did not arrive, whoever answers now.
        self.losses = 0

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def start(self) -> None:
        """Returns at once; `opened` waits."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._keep_opening())

    async def opened(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._open.wait()
        return self.connected

    async def stop(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            with suppress(asyncio.CancelledError):
                await self._opening
        client, self._client = self._client, None
        if client is not None:
            with suppress(NatsError, OSError, TimeoutError):
                async with asyncio.timeout(CONFIRM_SECONDS):
                    await client.close()

    # --- What it is used for

    async def publish(self, subject: str, data: bytes, *, reply: str = "", confirmed: bool = True) -> None:
        """Confirmed: the broker has it. While it is away nothing is kept for later: whoever asks decides what then."""
        client, losses = self._here(), self.losses
        if len(data) > client.max_payload:
            raise MessageTooLarge(f"The message is larger than {client.max_payload // 1024} KiB.")
        try:
            await client.publish(subject, data, reply=reply)
        except (NatsError, OSError, TimeoutError) as error:
            raise BusAway(UNCONFIRMED) from error
        if confirmed:
            await self.flush(losses)

    async def flush(self, losses: int) -> None:
        """The broker has everything that was published since the bus had been lost so often."""
        client = self._here()
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await _written(client)
                await client.flush(timeout=CONFIRM_SECONDS)
        except (NatsError, OSError, TimeoutError) as error:
            await self._give_up(client)
            raise BusAway(UNCONFIRMED) from error
        if losses != self.losses:
            raise BusAway(UNCONFIRMED)

    async def request(self, subject: str, data: bytes, *, timeout: float) -> bytes:
        client = self._here()
        try:
            answer = await client.request(subject, data, timeout=timeout)
        except (NatsTimeout, NoRespondersError, TimeoutError) as error:
            raise NoReply from error
        except MaxPayloadError as error:
            raise MessageTooLarge from error
        except (NatsError, OSError) as error:
            raise BusAway from error
        return bytes(answer.data)

    async def subscribe(self, subject: str, heard: Heard, *, queue: str = "") -> int:
        """Holds whether there is a broker now or not. If there is, it knows of it when this returns."""
        number, wish = next(self._numbers), _Wish(subject, heard, queue)
        self._wishes[number] = wish
        if self._client is not None and not self._client.is_closed:
            await self._make_true(self._client, wish)
            with suppress(BusAway):
                await self.flush(self.losses)
        return number

    async def unsubscribe(self, number: int) -> None:
        wish = self._wishes.pop(number, None)
        if wish is not None and wish.held is not None:
            with suppress(NatsError, OSError):
                await wish.held.unsubscribe()

    async def _give_up(self, client: Client) -> None:
        """A broker that does not answer in time: its late answer would end the library's reading, so it gets none."""
        is_present = client is self._client
        if is_present and client.is_connected:
            with suppress(NatsError, OSError):
                await client.force_reconnect()

    def _here(self) -> Client:
        if self._client is None or not self._client.is_connected:
            raise BusAway
        return self._client

    # --- How it stays

    async def _keep_opening(self) -> None:
        while not await self._opened_once():
            await asyncio.sleep(RETRY_SECONDS)

    async def _opened_once(self) -> bool:
        try:
            client = await nats.connect(
                self._place.servers,
                user=self._place.user or None,
                password=self._place.password or None,
                name=self._name,
                connect_timeout=CONNECT_SECONDS,
                allow_reconnect=True,
                # For ever.
                max_reconnect_attempts=-1,
                reconnect_time_wait=RETRY_SECONDS,
                ping_interval=PING_SECONDS,
                max_outstanding_pings=2,
                # Nothing is kept while the broker is away: a motion command that comes late is worse than none.
                pending_size=8 * 2**20,
                # The one place where those may answer who hold no credential.
                inbox_prefix=ANSWERS,
                error_cb=self._complain,
                disconnected_cb=self._lost,
                reconnected_cb=self._regained,
            )
        except (NatsError, OSError, TimeoutError, ValueError) as error:
            self._tell_away(error)
            return False
        self._client = client
        for wish in list(self._wishes.values()):
            await self._make_true(client, wish)
        await self._regained()
        return True

    async def _make_true(self, client: Client, wish: _Wish) -> None:
        wish.held = await client.subscribe(
            wish.subject,
            queue=wish.queue,
            cb=wish.heard,
            pending_msgs_limit=MOST_PENDING,
            pending_bytes_limit=MOST_PENDING_BYTES,
        )

    async def _regained(self) -> None:
        self._open.set()
        self._told_away = False
        logger.info("The bus is reached", extra={"action": "bus_reached"})
        if self._changed is not None:
            self._changed(True)

    async def _lost(self) -> None:
        if self._client is None:
            return
        self.losses += 1
        # What the library had not sent yet it would send to the next broker, whenever that comes.
        self._client._pending, self._client._pending_data_size = [], 0
        logger.warning("The bus was lost, and is tried again", extra={"action": "bus_lost"})
        if self._changed is not None:
            self._changed(False)

    async def _complain(self, error: Exception) -> None:
        if isinstance(error, SlowConsumerError):
            self.slow += 1
            # The first, and then every thousandth: each dropped message comes here.
            if self.slow % 1000 != 1:
                return
        elif not self.connected:
            self._tell_away(error)
            return
        logger.warning("The bus complained", extra={"action": "bus_error", "error": str(error)[:200]})

    def _tell_away(self, error: Exception) -> None:
        """Once, and not with each try."""
        if not self._told_away:
            self._told_away = True
            facts = {"action": "bus_away", "error": type(error).__name__}
            logger.warning("The bus cannot be reached, and is tried again", extra=facts)


async def _written(client: Client) -> None:
    """The library pings at once, past what still waits to be written: the answer would confirm nothing."""
    waiting, pause = client._pending, 0.0
    while waiting and client._pending is waiting:
        await asyncio.sleep(pause)
        pause = WRITING_SECONDS
