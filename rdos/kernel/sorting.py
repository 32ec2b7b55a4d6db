"""Tells a database that is away from an item that no database would take: the one is waited for, the other left out."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError

# PostgreSQL's class of "this is more than I can do", which no later try would change.
TOO_MUCH = "54"
COLLISION = "40"

T = TypeVar("T")

logger = logging.getLogger("rdos.batches")


def is_outage(error: Exception) -> bool:
    return isinstance(error, OperationalError | InterfaceError) and not _state(error).startswith(TOO_MUCH)


def is_collision(error: Exception) -> bool:
    """Two transactions stood in each other's way, and this one gave way. The next try is as good as the first."""
    return _state(error).startswith(COLLISION)


def _state(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def sorting_out(store: Callable[[list[T]], object], name: str) -> Callable[[Sequence[T]], None]:
    """A flush in which no item keeps the others from being stored, whatever somebody made of it."""

    def flush(items: Sequence[T]) -> None:
        try:
            store(list(items))
        except Exception as error:  # Told apart here: everything that is no outage is the fault of an item.
            if is_outage(error):
                raise
            if len(items) == 1:
                facts = {"action": "item_left_out", "batch": name}
                logger.exception("An item could not be stored and is left out", extra=facts)
                return
            half = len(items) // 2
            flush(items[:half])
            flush(items[half:])

    return flush
