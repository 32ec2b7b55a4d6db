import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import redis
from pytest_django import Settings

from rdos.kernel import limits
from rdos.kernel.limits import Book, Books, MemoryCounter, Verdict, forget, hit, hit_often, look
from tests.ports import free

T0 = 1_800_000_000.0


@pytest.fixture
def key() -> str:
    return str(uuid4())


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Every rule is told twice: with Redis, and while Redis is away."""
    if request.param == "memory":
        settings.REDIS_URL = dead_address()
    return str(request.param)


def dead_address() -> str:
    return f"redis://127.0.0.1:{free()}/0"


def tries(count: int, key: str, at: float = T0) -> list[Verdict]:
    return [hit("login", key, limit=5, seconds=60, at=at) for _ in range(count)]


def test_the_limit_is_reached_and_not_passed(store: str, key: str) -> None:
    verdicts = tries(7, key)
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [4, 3, 2, 1, 0, 0, 0]


def test_a_refusal_says_when_to_come_back(store: str, key: str) -> None:
    tries(5, key)
    verdict = hit("login", key, limit=5, seconds=60, at=T0 + 20.5)
    assert (verdict.allowed, verdict.limit, verdict.reset_at, verdict.retry_after) == (False, 5, int(T0) + 60, 40)


def test_the_window_begins_with_the_first_try_and_ends_for_all(store: str, key: str) -> None:
    tries(6, key)
    assert not tries(1, key, at=T0 + 59.9)[0].allowed
    assert tries(1, key, at=T0 + 60)[0].remaining == 4


def many(count: int, key: str, at: float = T0) -> list[Verdict]:
    return [hit_often("jobs", key, limit=500, seconds=60, at=at) for _ in range(count)]


def test_a_limit_that_is_counted_in_books_is_reached_and_not_passed(store: str, key: str) -> None:
    verdicts = many(510, key, at=T0 + 0.5)
    assert [verdict.retry_after for verdict in verdicts] == [0] * 500 + [60] * 10
    assert [verdict.allowed for verdict in verdicts] == [True] * 500 + [False] * 10
    assert [verdict.remaining for verdict in verdicts] == [*range(499, -1, -1), *[0] * 10]
    assert {(verdict.limit, verdict.reset_at) for verdict in verdicts} == {(500, int(T0) + 61)}
    assert many(1, key, at=T0 + 61)[0].remaining == 499


@pytest.mark.parametrize("limit", [1, 3, 101, 250])
def test_a_small_limit_is_counted_as_well(store: str, key: str, limit: int) -> None:
    verdicts = [hit_often("jobs", key, limit=limit, seconds=60, at=T0) for _ in range(limit + 2)]
    assert [verdict.remaining for verdict in verdicts] == [*range(limit - 1, -1, -1), 0, 0]
    assert sum(verdict.allowed for verdict in verdicts) == limit


def test_processes_with_a_book_each_share_one_limit(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = [Books(), Books()]
    allowed = 0
    for turn in range(600):
        monkeypatch.setattr(limits, "_books", processes[turn % 2])
        allowed += many(1, key)[0].allowed
    assert allowed == 500


def test_redis_is_asked_once_for_a_whole_book(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    counter = MemoryCounter()
    monkeypatch.setattr(counter, "count", lambda name, at, seconds, cost: asked.append(cost) or (sum(asked), at))
    monkeypatch.setattr(limits, "_counter", lambda url: counter)
    many(100, key)
    assert asked == [5] * 20


def test_a_flood_of_keys_costs_a_bounded_number_of_books() -> None:
    books = Books(most=10)
    for number in range(50):
        books.put(str(number), Book(5, 0, T0 + 60))
    assert [name for name in map(str, range(50)) if books.take(name, T0)] == [str(number) for number in range(40, 50)]


def test_keys_and_scopes_are_counted_apart(store: str, key: str) -> None:
    tries(5, key)
    assert hit("login", key + "x", limit=5, seconds=60, at=T0).allowed
    assert hit("refresh", key, limit=5, seconds=60, at=T0).allowed


def test_looking_does_not_count(store: str, key: str) -> None:
    for _ in range(10):
        assert look("login", key, limit=5, seconds=60, at=T0).allowed
    tries(4, key)
    assert look("login", key, limit=5, seconds=60, at=T0).allowed
    tries(1, key)
    refused = look("login", key, limit=5, seconds=60, at=T0 + 10)
    assert (refused.allowed, refused.remaining, refused.retry_after) == (False, 0, 50)


def test_a_success_starts_anew(store: str, key: str) -> None:
    tries(6, key)
    forget("login", key)
    assert tries(1, key)[0].remaining == 4


@pytest.mark.parametrize("odd", ["", "a\x00b", "\ud800", "ü" * 10_000])
def test_any_text_can_be_a_key(store: str, key: str, odd: str) -> None:
    assert hit(f"odd-{key}", odd, limit=1, seconds=60).allowed
    assert not hit(f"odd-{key}", odd, limit=1, seconds=60).allowed


def test_many_at_once_are_all_counted(store: str, key: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        verdicts = list(threads.map(lambda _: hit("login", key, limit=5, seconds=60), range(40)))
    assert sum(verdict.allowed for verdict in verdicts) == 5


@pytest.fixture
def server(settings: Settings) -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    yield client
    client.close()


def test_redis_keeps_no_key_in_clear_and_no_key_for_ever(server: "redis.Redis", key: str) -> None:
    scope = f"s{uuid4().hex}"
    hit(scope, f"alice-{key}", limit=5, seconds=60)
    (name,) = list(server.scan_iter(f"rdos:limit:{scope}:*"))
    assert key not in name
    assert 0 < server.ttl(name) <= 60


def test_an_absent_redis_costs_next_to_nothing_and_is_told_once(
    settings: Settings, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = dead_address()
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="rdos.kernel.limits"):
        for _ in range(200):
            hit("login", key, limit=5, seconds=60)
    assert time.monotonic() - began < 1.0
    assert [record.__dict__["action"] for record in caplog.records] == ["rate_limit_fallback"]


def test_a_redis_that_never_answers_holds_nobody_up_for_long(settings: Settings, key: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        assert tries(6, key)[-1].allowed is False
        assert time.monotonic() - began < 2.5


def test_memory_stays_bounded_under_a_flood_of_keys() -> None:
    counter = MemoryCounter(most=100)
    for number in range(1000):
        counter.count(str(number), T0, 60, 1)
    assert len(counter) == 100
    assert counter.count("999", T0, 60, 1) == (2, T0)
