"""What the hub asks of its own server, in the server's system account: to read its configuration anew."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

from rdos.kernel.bus.errors import BusAway, BusRefused
from rdos.kernel.bus.line import CONNECT_SECONDS, Place

ANSWER_SECONDS = 5.0

T = TypeVar("T")


def reload(place: Place, user: str) -> None:
    """The server works by the new configuration when this returns: whoever lost a right has lost it."""
    _asked(place, user, _reload)


def loaded_at(place: Place, user: str) -> datetime:
    """When the server last read its configuration."""
    return _asked(place, user, _loaded_at)


def _asked(place: Place, user: str, question: Callable[[Client], Awaitable[T]]) -> T:
    return asyncio.run(_answered(place, user, question))


async def _answered(place: Place, user: str, question: Callable[[Client], Awaitable[T]]) -> T:
    try:
        client = await nats.connect(
            place.servers,
            user=user,
            password=place.password,
            name="rdos-steward",
            connect_timeout=CONNECT_SECONDS,
            # A server that is away is away at once, and not after minutes of trying.
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=_quietly,
        )
        try:
            return await question(client)
        finally:
            await client.close()
    except (NatsError, OSError, TimeoutError) as error:
        raise BusAway from error


async def _reload(client: Client) -> None:
    server = (await _request(client, "PING"))["server"]["id"]
    answer = await _request(client, f"{server}.RELOAD")
    if error := answer.get("error"):
        raise BusRefused(f"The bus refused its configuration: {error.get('description', '')}".strip())


async def _loaded_at(client: Client) -> datetime:
    answer = await _request(client, "PING.VARZ")
    return datetime.fromisoformat(answer["data"]["config_load_time"])


async def _request(client: Client, what: str) -> dict[str, Any]:
    answer = await client.request(f"$SYS.REQ.SERVER.{what}", b"", timeout=ANSWER_SECONDS)
    return dict(json.loads(answer.data))


async def _quietly(error: Exception) -> None:
    """What matters is raised to whoever asked."""
