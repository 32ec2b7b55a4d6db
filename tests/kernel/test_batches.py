"""Batches: one flush at a time, nothing lost on a hiccup, and bounded when it lasts."""

import asyncio
import logging
import threading
import time

import pytest

from rdos.kernel.batches import Batch, KeyedBatch


class Store:
    """Takes what is flushed; can be shut, and can be told to fail."""

    def __init__(self) -> None:
        self.loads: list[object] = []
        self.failing = 0
        self.open = threading.Event()
        self.open.set()
        self.busy = 0
        self.most_at_once = 0

    def take(self, load: object) -> None:
        self.busy += 1
        self.most_at_once = max(self.most_at_once, self.busy)
        self.open.wait(10)
        self.busy -= 1
        if self.failing:
            self.failing -= 1
            raise ConnectionError("the database is away")
        self.loads.append(load)


@pytest.fixture
def store() -> Store:
    return Store()


async def test_what_arrives_together_is_stored_together(store: Store) -> None:
    batch = Batch(store.take, name="lamps")
    assert [batch.add(number) for number in range(5)] == [True] * 5
    assert await batch.drain(10)
    assert (store.loads, batch.size) == ([[0, 1, 2, 3, 4]], 0)


async def test_what_arrives_during_a_flush_goes_with_the_next(store: Store) -> None:
    batch = Batch(store.take, name="lamps")
    store.open.clear()
    batch.add("first")
    while not store.busy:
        await asyncio.sleep(0.001)
    for number in range(100):
        batch.add(number)
    assert batch.size == 101
    store.open.set()
    assert await batch.drain(10)
    assert store.loads == [["first"], list(range(100))]
    assert store.most_at_once == 1


async def test_flushes_keep_their_distance_and_a_drain_does_not_wait_for_it(store: Store) -> None:
    batch = Batch(store.take, name="lamps", every=30)
    batch.add(1)
    while not store.loads:
        await asyncio.sleep(0.001)
    batch.add(2)
    await asyncio.sleep(0.05)
    assert store.loads == [[1]]
    began = time.monotonic()
    assert await batch.drain(10)
    assert time.monotonic() - began < 5
    assert store.loads == [[1], [2]]


async def test_a_hiccup_loses_nothing_keeps_the_order_and_is_told_once(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    batch = Batch(store.take, name="lamps")
    store.failing = 3
    batch.add(1)
    while store.failing == 3:
        await asyncio.sleep(0.001)
    batch.add(2)
    with caplog.at_level(logging.WARNING):
        assert await batch.drain(20)
    assert store.loads == [[1, 2]]
    told = [record.__dict__["action"] for record in caplog.records]
    assert told == ["batch_failed", "batch_recovered"]


async def test_a_full_batch_takes_nothing_more(store: Store) -> None:
    batch = Batch(store.take, name="lamps", most=3)
    assert [batch.add(number) for number in range(5)] == [True, True, True, False, False]
    assert await batch.drain(10)
    assert (store.loads, batch.dropped) == ([[0, 1, 2]], 2)


async def test_a_full_batch_may_rather_lose_its_oldest(store: Store) -> None:
    batch = Batch(store.take, name="lamps", most=3, drop_oldest=True)
    assert all(batch.add(number) for number in range(5))
    assert await batch.drain(10)
    assert (store.loads, batch.dropped) == ([[2, 3, 4]], 2)


async def test_what_is_under_way_counts_and_is_never_given_up(store: Store) -> None:
    batch = Batch(store.take, name="lamps", most=3, drop_oldest=True)
    store.open.clear()
    store.failing = 1
    for number in range(3):
        batch.add(number)
    while not store.busy:
        await asyncio.sleep(0.001)
    assert not batch.add(3)
    store.open.set()
    assert await batch.drain(10)
    assert store.loads == [[0, 1, 2]]


async def test_a_drain_that_takes_too_long_says_what_is_left(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    batch = Batch(store.take, name="lamps")
    store.failing = 1_000
    batch.add(1)
    assert not await batch.drain(0.2)
    assert caplog.records[-1].__dict__["action"] == "batch_abandoned"
    assert caplog.records[-1].__dict__["count"] == 1


async def test_the_last_value_of_each_key_is_stored(store: Store) -> None:
    batch = KeyedBatch(store.take, name="positions", most=2)
    assert [batch.add(*pair) for pair in [("a", 1), ("b", 1), ("a", 2), ("c", 1)]] == [True, True, True, False]
    assert await batch.drain(10)
    assert store.loads == [{"a": 2, "b": 1}]


async def test_a_newer_value_wins_over_one_whose_flush_failed(store: Store) -> None:
    batch = KeyedBatch(store.take, name="positions")
    store.open.clear()
    store.failing = 1
    batch.add("a", 1)
    batch.add("b", 1)
    while not store.busy:
        await asyncio.sleep(0.001)
    batch.add("a", 2)
    store.open.set()
    assert await batch.drain(10)
    assert store.loads == [{"a": 2, "b": 1}]
