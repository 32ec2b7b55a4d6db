"""Runs a virtual fleet until it is told to stop, its time is over, or nobody wants it any more."""

import asyncio
import contextlib
import resource
import signal
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devices.management.simulated.faults import Calm, Faults
from devices.management.simulated.fleet import Fleet
from devices.management.simulated.keyring import Keyring
from devices.management.simulated.machines import MACHINES
from devices.management.simulated.virtual_node import VirtualNode
from devices.services.simulated import Enlisted

FIRST_DIALS_PER_SECOND = 500
SPARE_DESCRIPTORS = 64


class TooManyForThisSystem(Exception):
    """The system does not allow this process so many open sockets; raise `ulimit -n`."""


@dataclass(frozen=True, slots=True)
class Wishes:
    url: str
    rate: float = 1.0
    # 0 is for ever.
    seconds: float = 0.0
    seed: int = 0
    faults: bool = False
    insecure: bool = False
    jobs: bool = False


async def run(crew: Sequence[Enlisted], keyring: Keyring, wishes: Wishes, say: Callable[[str], None]) -> None:
    fleet = Fleet(wishes.url, keyring, rate=wishes.rate, tls=_tls(wishes.insecure), jobs=wishes.jobs)
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        fleet.loop.add_signal_handler(number, asked.set)
    _tell_once(fleet, len(crew), say)
    people(fleet, crew, wishes)
    await _until(asked, fleet.deserted, wishes.seconds)
    if fleet.deserted.is_set():
        say("The hub wants none of these nodes any more.")
    await fleet.stop()


def people(fleet: Fleet, crew: Sequence[Enlisted], wishes: Wishes) -> None:
    at = time.time()
    for place, one in enumerate(crew):
        machine = MACHINES[one.device_type](one.key, wishes.seed, at)
        faults = Faults(f"{wishes.seed} faults {one.key}") if wishes.faults else Calm()
        fleet.add(VirtualNode(fleet, machine, token=one.token, faults=faults), after=place / FIRST_DIALS_PER_SECOND)


def allow_descriptors(count: int) -> None:
    """Each node is one socket."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + SPARE_DESCRIPTORS
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooManyForThisSystem(TooManyForThisSystem.__doc__)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _tell_once(fleet: Fleet, count: int, say: Callable[[str], None]) -> None:
    def tell() -> None:
        if fleet.online == count:
            say(f"All {count} simulated nodes are online.")
            fleet.on_change = lambda: None

    fleet.on_change = tell


async def _until(asked: asyncio.Event, deserted: asyncio.Event, seconds: float) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in (asked, deserted)]
    await asyncio.wait(waiting, timeout=seconds or None, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _tls(insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
