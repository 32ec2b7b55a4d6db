"""How often something may be tried: a fixed window that begins with the first try.

Redis counts for all processes. When it is away, each process counts for itself by the same rule: losing Redis must
neither lock people out nor open the door.
"""

import hmac
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from typing import NamedTuple, cast

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from rdos.kernel.errors import RateLimited
from rdos.kernel.keys import RATE_LIMITS, derive

REDIS_TIMEOUT = 0.25
# While Redis is away it is asked this seldom, so that its absence costs a request nothing.
CIRCUIT_SECONDS = 5.0
COMPLAIN_EVERY = 60.0
MOST_KEYS = 10_000
BOOKS_PER_LIMIT = 100

# The window is stored with the count, so that `at` decides and not the clock of the Redis machine.
COUNT = """
local began = tonumber(redis.call('HGET', KEYS[1], 'began'))
local at, seconds, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not began or at >= began + seconds then
  if cost == 0 then return {'0', ARGV[1]} end
  redis.call('HSET', KEYS[1], 'began', ARGV[1], 'count', 0)
  redis.call('EXPIRE', KEYS[1], math.ceil(seconds))
end
local count = redis.call('HINCRBY', KEYS[1], 'count', cost)
return {tostring(count), redis.call('HGET', KEYS[1], 'began')}
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    allowed: bool
    limit: int
    remaining: int
    # Seconds since 1970, as the rate-limit headers want it.
    reset_at: int
    retry_after: int


def hit(scope: str, key: str, *, limit: int, seconds: float, at: float | None = None) -> Verdict:
    """Counts one try and says whether it is still within the limit."""
    now, (count, began) = _counted(scope, key, seconds, at, cost=1)
    return _verdict(count <= limit, limit, count, began + seconds, now)


def hit_often(scope: str, key: str, *, limit: int, seconds: float, at: float | None = None) -> Verdict:
    """For those who call many times a second: the same, and seldom a question to Redis.

    A process counts a hundredth of the limit at once and gives it out try by try. What it has not given out when the
    window ends is lost, so that the limit is never passed. What other processes still hold counts as used.
    """
    # Another limit is another book, so that a new one counts at once.
    name, now = f"{_name(scope, key)}:{limit}", time.time() if at is None else at
    book = _books.take(name, now)
    if book is None:
        book = _counted_book(name, limit, seconds, now)
        _books.put(name, book)
    return _verdict(book.left >= 0, limit, limit - max(0, book.left) - book.beyond, book.ends, now)


def _counted_book(name: str, limit: int, seconds: float, now: float) -> "Book":
    """After its first try is given out."""
    size = max(1, limit // BOOKS_PER_LIMIT)
    count, began = _counter(settings.REDIS_URL).count(name, now, seconds, size)
    return Book(min(size, limit - count + size) - 1, max(0, limit - count), began + seconds)


def insist(verdict: Verdict) -> None:
    if not verdict.allowed:
        raise RateLimited(retry_after=verdict.retry_after)


def look(scope: str, key: str, *, limit: int, seconds: float, at: float | None = None) -> Verdict:
    """Says whether one more try would be within the limit, without counting it."""
    now, (count, began) = _counted(scope, key, seconds, at, cost=0)
    return _verdict(count < limit, limit, count, began + seconds, now)


def forget(scope: str, key: str) -> None:
    """Starts anew, as after a success."""
    _counter(settings.REDIS_URL).forget(_name(scope, key))


def _counted(scope: str, key: str, seconds: float, at: float | None, *, cost: int) -> tuple[float, tuple[int, float]]:
    now = time.time() if at is None else at
    return now, _counter(settings.REDIS_URL).count(_name(scope, key), now, seconds, cost)


def _verdict(allowed: bool, limit: int, count: int, ends: float, now: float) -> Verdict:
    wait = 0 if allowed else max(1, math.ceil(ends - now))
    return Verdict(allowed, limit, max(0, limit - count), math.ceil(ends), wait)


def _name(scope: str, key: str) -> str:
    # Keys are addresses and user names: not kept in clear, and not to be guessed from their hash.
    digest = hmac.new(derive(settings.MASTER_KEY, RATE_LIMITS), key.encode("utf-8", "replace"), sha256)
    return f"rdos:limit:{scope}:{digest.hexdigest()[:32]}"


class Counter:
    """Asks Redis; counts in memory while Redis is away."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url or "redis://127.0.0.1:6379",
            socket_timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
            # One more attempt, for a pooled connection that a restarted server closed.
            retry=Retry(NoBackoff(), 1),
            decode_responses=True,
        )
        self._memory = MemoryCounter()
        self._closed_until = 0.0
        self._complain_after = 0.0

    def count(self, name: str, at: float, seconds: float, cost: int) -> tuple[int, float]:
        answer = self._ask(lambda: self._redis.eval(COUNT, 1, name, repr(at), repr(seconds), str(cost)))
        if answer is None:
            return self._memory.count(name, at, seconds, cost)
        count, began = cast(list[str], answer)
        return int(count), float(began)

    def forget(self, name: str) -> None:
        self._memory.forget(name)
        self._ask(lambda: self._redis.delete(name))

    def _ask(self, question: Callable[[], object]) -> object | None:
        if time.monotonic() < self._closed_until:
            return None
        try:
            return question()
        except (redis.RedisError, OSError) as error:
            self._closed_until = time.monotonic() + CIRCUIT_SECONDS
            self._complain(error)
            return None

    def _complain(self, error: Exception) -> None:
        if time.monotonic() >= self._complain_after:
            self._complain_after = time.monotonic() + COMPLAIN_EVERY
            facts = {"action": "rate_limit_fallback", "error": type(error).__name__}
            logger.warning("Redis is away: rate limits are counted per process", extra=facts)


class MemoryCounter:
    """The same rule inside one process, for a bounded number of keys."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._lock = Lock()
        # name: (count, began, ends)
        self._windows: OrderedDict[str, tuple[int, float, float]] = OrderedDict()

    def count(self, name: str, at: float, seconds: float, cost: int) -> tuple[int, float]:
        with self._lock:
            count, began, ends = self._windows.get(name, (0, at, at + seconds))
            if at >= ends:
                count, began, ends = 0, at, at + seconds
            if cost:
                self._make_room(name)
                self._windows[name] = (count + cost, began, ends)
            return count + cost, began

    def __len__(self) -> int:
        return len(self._windows)

    def forget(self, name: str) -> None:
        with self._lock:
            self._windows.pop(name, None)

    def _make_room(self, name: str) -> None:
        # The oldest window goes first, whoever it belongs to: memory stays bounded under a flood of keys.
        if name not in self._windows and len(self._windows) >= self._most:
            self._windows.popitem(last=False)


class Book(NamedTuple):
    """Tries that are counted already and not given out yet, and those that nobody has counted yet."""

    left: int
    beyond: int
    ends: float


class Books:
    """For a bounded number of keys."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._lock = Lock()
        self._books: OrderedDict[str, Book] = OrderedDict()

    def take(self, name: str, at: float) -> Book | None:
        """As it is when one is taken out; None when there is none to take."""
        with self._lock:
            book = self._books.pop(name, None)
            if book is None or book.left <= 0 or at >= book.ends:
                return None
            taken = self._books[name] = book._replace(left=book.left - 1)
            return taken

    def put(self, name: str, book: Book) -> None:
        with self._lock:
            self._books[name] = book
            if len(self._books) > self._most:
                self._books.popitem(last=False)


_books = Books()
_making = Lock()


def _counter(url: str) -> Counter:
    # Two threads that make it at once would count apart.
    with _making:
        return _made(url)


@lru_cache(maxsize=4)
def _made(url: str) -> Counter:
    return Counter(url)
