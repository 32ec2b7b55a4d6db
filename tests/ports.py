"""Ports for servers that are started a moment later, in processes of their own."""

import os
import random
from itertools import cycle

from rdos.up.ports import answers

# Below those that the system gives to whoever dials or asks for any, and for each worker others.
LOWEST, OF_ONE_WORKER, WORKERS = 20_000, 1_500, 8


def _of_this_worker() -> range:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    return range(LOWEST + number * OF_ONE_WORKER, LOWEST + (number + 1) * OF_ONE_WORKER)


_ports = cycle(random.sample(_of_this_worker(), OF_ONE_WORKER))


def free() -> int:
    """Nobody else is told of it before it is used: what is free at this moment alone may be taken in the next."""
    return next(port for port in _ports if not answers(port))
