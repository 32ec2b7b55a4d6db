"""Flows on their way to Node-REDs, and looks at what became of them: in threads of their own, since each of these
programs may take its time, and nothing else must wait for it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from devices.services.bus_commands import Letter
from devices.services.commands import Reply
from devices.services.node_red import looking, lost, pushing
from rdos.kernel.clock import database_now
from rdos.kernel.threads import Threads, giving_back

T = TypeVar("T")

# Each holds a connection to the database while it runs.
_errands = Threads(4, name="node-red")
_looks = Threads(2, name="node-red-look")
# One errand at a time for each node, in the order of their letters: they would only be in each other's way.
_turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()


def takes(letter: Letter) -> bool:
    return pushing.carries(letter.purpose, letter.admin_url)


async def carry(letter: Letter) -> Reply | None:
    turn = _turns.setdefault(letter.node_id, asyncio.Lock())
    async with turn:
        return await _errands.run(partial(giving_back, partial(pushing.carry, letter.command_id)))


async def look() -> None:
    """At all that are due, and not twice at the same time."""
    due, left = await _aside(_due)
    errands = [_aside(lost.carry_again, command_id) for command_id in left]
    await asyncio.gather(*errands, *[_aside(looking.look, node_id) for node_id in due])


def _due(at: datetime) -> tuple[list[UUID], list[UUID]]:
    return looking.due(at), lost.due(at)


async def _aside(call: Callable[..., T], *about: UUID) -> T:
    return await _looks.run(partial(giving_back, lambda: call(*about, database_now())))
