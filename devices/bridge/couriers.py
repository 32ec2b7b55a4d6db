"""Ways to a node that are not the bus itself. Each is asked, in order, whether a letter is for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from devices.bridge import node_red
from devices.services.bus_commands import Letter
from devices.services.commands import Reply


@dataclass(frozen=True, slots=True)
class Courier:
    takes: Callable[[Letter], bool]
    # None: it went out, and the answer comes by another way, or never.
    carry: Callable[[Letter], Awaitable[Reply | None]]


def courier_of(letter: Letter) -> Courier | None:
    return next((one for one in COURIERS if one.takes(letter)), None)


COURIERS = (Courier(node_red.takes, node_red.carry),)
