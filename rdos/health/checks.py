"""Looks at everything the hub leans on, each with a short deadline."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from devices.models import Bridge
from devices.services import bridges
from rdos.kernel.models import JournalEntry
from scheduling.services import lateness

DEADLINE = 0.5
# Longer, as the first question of a process also opens its pool.
DATABASE_DEADLINE = 2.0
# The sealing tick runs twice a second; this much silence means that the clock stands still.
CLOCK_LATE = timedelta(seconds=15)


@dataclass(frozen=True)
class Finding:
    healthy: bool
    error: str | None = None
    milliseconds: float = 0.0
    facts: dict[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        return {"healthy": self.healthy, "error": self.error, "milliseconds": self.milliseconds} | (self.facts or {})


def database() -> Finding:
    return _timed(_ask_database, (DatabaseError,))


def _ask_database() -> dict[str, Any]:
    pool = _reach_database()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    stats = pool.get_stats() if pool is not None else {}
    return {"pool_size": stats.get("pool_size", 1), "pool_free": stats.get("pool_available", 1)}


def _reach_database() -> Any:
    pool = getattr(connection, "pool", None)
    if pool is not None and connection.connection is None:
        _borrow(pool)
    return pool


def _borrow(pool: Any) -> None:
    """A request may wait long for a connection; whoever asks how we are must hear soon that there is none."""
    with connection.wrap_database_errors:
        pool.open()
        with pool.connection(timeout=DATABASE_DEADLINE):
            pass


def redis() -> Finding:
    if not settings.REDIS_URL:
        return Finding(False, "REDIS_URL is not set.")
    return _timed(_ask_redis, (RedisError, OSError))


def _ask_redis() -> dict[str, Any]:
    with Redis.from_url(settings.REDIS_URL, socket_timeout=DEADLINE, socket_connect_timeout=DEADLINE) as client:
        client.ping()
    return {}


def nats() -> Finding:
    """A NATS server greets whoever connects; more than that is the bridge's business."""
    if not settings.NATS_URL:
        return Finding(False, "NATS_URL is not set.")
    return _timed(_hear_nats, (OSError, ValueError))


def _hear_nats() -> dict[str, Any]:
    address = urlsplit(settings.NATS_URL)
    with socket.create_connection((address.hostname or "127.0.0.1", address.port or 4222), DEADLINE) as line:
        line.settimeout(DEADLINE)
        if not line.recv(5).startswith(b"INFO"):
            raise ValueError("This is not a NATS server.")
    return {}


def clock() -> Finding:
    """Its own sign of life, and entries that nobody sealed, tell that the clock stands still."""
    return _timed(_ask_clock, (DatabaseError, ValueError))


def _ask_clock() -> dict[str, Any]:
    _reach_database()
    seen = lateness.last_seen()
    silent = max(timezone.now() - seen, timedelta(0)) if seen else timedelta(0)
    if silent > lateness.LATE:
        raise ValueError(f"The clock has not run for {int(silent.total_seconds())} seconds.")
    _insist_sealed()
    return {"last_tick_seconds": round(silent.total_seconds(), 1)} if seen else {}


def _insist_sealed() -> None:
    oldest = JournalEntry.objects.filter(position=None).order_by("id").values_list("at", flat=True).first()
    late = timezone.now() - oldest if oldest else timedelta(0)
    if late > CLOCK_LATE:
        raise ValueError(f"The clock has not run for {int(late.total_seconds())} seconds.")


def bridge() -> Finding | None:
    """Nothing on a hub that never had one: nobody misses it there."""
    try:
        found = list(Bridge.objects.values_list("seen_at", "reached_at"))
    except DatabaseError:
        # Which is told by its own check.
        return None
    return _timed(partial(_count_bridges, found), (ValueError,)) if found else None


def _count_bridges(found: list[tuple[datetime, datetime | None]]) -> dict[str, Any]:
    oldest = timezone.now() - bridges.LEASE
    there = [reached_at for seen_at, reached_at in found if seen_at > oldest]
    reached = [one for one in there if one is not None]
    if not there:
        raise ValueError(f"No bridge was seen for {int(bridges.LEASE.total_seconds())} seconds.")
    if not reached:
        raise ValueError("No bridge reaches the bus.")
    return {"bridges": len(there), "reached": len(reached)}


CHECKS: dict[str, Callable[[], Finding]] = {"database": database, "redis": redis, "nats": nats, "clock": clock}


def everything() -> dict[str, Finding]:
    found = {name: check() for name, check in CHECKS.items()}
    joined = bridge() if found["database"].healthy else None
    return found | ({"bridge": joined} if joined else {})


def _timed(ask: Callable[[], dict[str, Any]], failures: tuple[type[Exception], ...]) -> Finding:
    began = time.perf_counter()
    try:
        facts = ask()
    except failures as error:
        return Finding(False, _short(error), _since(began))
    return Finding(True, None, _since(began), facts)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def _short(error: Exception) -> str:
    """The first line only, and no address: health is public."""
    if isinstance(error, TimeoutError):
        return "It did not answer in time."
    text = str(error).strip().splitlines()
    return type(error).__name__ if isinstance(error, DatabaseError | RedisError | OSError) or not text else text[0]
