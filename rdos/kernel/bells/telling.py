"""Tells the other processes of a bell where no loop does: in workers, commands and tests."""

import logging
import time
from functools import lru_cache
from threading import Lock

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from rdos.kernel.bells.wire import channel, pack

# A bell is not worth waiting for.
TIMEOUT = 0.045
# While Redis is away it is tried this seldom.
CIRCUIT_SECONDS = 2.0
COMPLAIN_EVERY = 60.0

logger = logging.getLogger("rdos.bells")


def tell(topic: str, text: str) -> None:
    if url := getattr(settings, "REDIS_URL", ""):
        _teller(url).tell(topic, text)


class Teller:
    def __init__(self, url: str) -> None:
        self._channel = channel(url)
        self._redis = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        self._closed_until = 0.0
        self._complain_after = 0.0

    def tell(self, topic: str, text: str) -> None:
        if time.monotonic() < self._closed_until:
            return
        try:
            self._redis.publish(self._channel, pack([(topic, text)]))
        except (redis.RedisError, OSError) as error:
            self._closed_until = time.monotonic() + CIRCUIT_SECONDS
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        if time.monotonic() >= self._complain_after:
            self._complain_after = time.monotonic() + COMPLAIN_EVERY
            facts = {"action": "bells_untold", "error": type(error).__name__}
            logger.warning("Redis is away: other processes hear no bells from here", extra=facts)


_making = Lock()


def _teller(url: str) -> Teller:
    # Two threads that make it at once would each have a circuit of their own.
    with _making:
        return _made(url)


@lru_cache(maxsize=4)
def _made(url: str) -> Teller:
    return Teller(url)
