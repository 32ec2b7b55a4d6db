"""Bells: within a process, between processes through real Redis, and while Redis is away."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from threading import Event, Thread
from uuid import uuid4

import pytest
import redis
from django.db import transaction
from pytest_django import Settings

from rdos.kernel.bells import Exchange, exchange, ring, ring_on_commit
from rdos.kernel.bells.line import GATHER_SECONDS
from tests.ports import free

Heard = list[tuple[str, str]]


@pytest.fixture
async def here() -> AsyncIterator[Exchange]:
    await exchange().start()
    yield exchange()
    await exchange().stop()


@pytest.fixture
def topic() -> str:
    return f"lamp.{uuid4().hex}"


def hearing(here: Exchange, topic: str) -> Heard:
    heard: Heard = []
    here.listen(topic, lambda *bell: heard.append(bell))
    return heard


async def until(question: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not question():
            await asyncio.sleep(0.005)


def elsewhere(code: str) -> None:
    """In a process of its own, which has no loop."""
    start = "import sys, django; django.setup(); from rdos.kernel.bells import ring; "
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.doors.waiting_settings"}
    subprocess.run([sys.executable, "-c", start + code], check=True, timeout=30, env=environment)


async def test_a_listener_hears_its_topic_and_no_other(here: Exchange, topic: str) -> None:
    heard = hearing(here, topic)
    ring(topic + "x", "no")
    ring(topic, "yes")
    await until(lambda: heard)
    assert heard == [(topic, "yes")]


async def test_a_bell_from_a_thread_is_heard_on_the_loop(here: Exchange, topic: str) -> None:
    loops = []
    here.listen(topic, lambda *_: loops.append(asyncio.get_running_loop()))
    await asyncio.to_thread(ring, topic)
    await until(lambda: loops)
    assert loops == [asyncio.get_running_loop()]


async def test_a_first_word_hears_everything_below_it(here: Exchange) -> None:
    word = f"w{uuid4().hex}."
    heard: Heard = []
    here.listen_prefix(word, lambda *bell: heard.append(bell))
    for topic in (f"{word}7", f"{word}7.acks", f"other{word}7"):
        ring(topic)
    await until(lambda: len(heard) == 2)
    assert [topic for topic, _ in heard] == [f"{word}7", f"{word}7.acks"]


async def test_who_stops_listening_hears_no_more(here: Exchange, topic: str) -> None:
    first: Heard = []
    stop = here.listen(topic, lambda *bell: first.append(bell))
    second = hearing(here, topic)
    stop()
    ring(topic)
    await until(lambda: second)
    assert first == []


async def test_a_listener_that_fails_silences_nobody(
    here: Exchange, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    here.listen(topic, lambda *_: 1 / 0)
    heard = hearing(here, topic)
    ring(topic)
    await until(lambda: heard)
    assert "A listener failed" in caplog.text


@pytest.mark.parametrize("text", ["hello", "", "ü|{}\n", "\ud800"])
async def test_a_bell_of_another_process_is_heard_once_and_as_it_was_rung(
    here: Exchange, topic: str, text: str
) -> None:
    heard = hearing(here, topic)
    await asyncio.to_thread(elsewhere, f"ring({topic!r}, {text!r}); ring({topic!r}, 'end')")
    await until(lambda: len(heard) > 1)
    assert heard == [(topic, text), (topic, "end")]


@pytest.fixture
async def overheard(settings: Settings) -> AsyncIterator[Callable[[], str]]:
    """Everything that goes over the line, as another process gets it."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    line = client.pubsub(ignore_subscribe_messages=True)
    line.psubscribe("rdos:bells:*")
    line.get_message(timeout=1)
    said: list[str] = []

    def listen() -> str:
        while message := line.get_message(timeout=0.2):
            said.append(message["data"].decode())
        return "".join(said)

    yield listen
    line.close()
    client.close()


async def test_our_own_bell_comes_back_to_nobody(here: Exchange, topic: str, overheard: Callable[[], str]) -> None:
    heard = hearing(here, topic)
    ring(topic)
    while topic not in await asyncio.to_thread(overheard):
        pass
    assert len(heard) == 1


async def test_a_bell_for_one_goes_no_further_when_it_is_heard_here(
    here: Exchange, topic: str, overheard: Callable[[], str]
) -> None:
    hearing(here, topic)
    ring(topic, everywhere=False)
    ring(f"{topic}.nobody.here", everywhere=False)
    while f"{topic}.nobody.here" not in await asyncio.to_thread(overheard):
        pass
    assert f'"{topic}"' not in overheard()


async def test_ten_thousand_bells_all_arrive_in_order(here: Exchange, topic: str) -> None:
    heard = hearing(here, topic)
    for number in range(10_000):
        ring(topic, str(number))
    await until(lambda: len(heard) == 10_000)
    assert [int(text) for _, text in heard] == list(range(10_000))


async def test_bells_that_are_rung_one_after_the_other_travel_together(
    here: Exchange, topic: str, overheard: Callable[[], str]
) -> None:
    began = time.monotonic()
    for number in range(2_000):
        ring(topic, f"bell {number}.")
        await asyncio.sleep(0)
    took = time.monotonic() - began
    while "bell 1999." not in (text := await asyncio.to_thread(overheard)):
        pass
    assert text.count('"bell ') == 2_000
    # One at once, and then at most one in each span.
    assert text.count(',[["') <= took / GATHER_SECONDS + 2


@pytest.mark.django_db(transaction=True)
def test_a_bell_on_commit_waits_for_the_commit(topic: str) -> None:
    bell = Event()
    with exchange().waking([topic], bell):
        with transaction.atomic():
            ring_on_commit(topic)
            assert not bell.is_set()
        assert bell.is_set()


def test_a_thread_that_waits_is_woken_by_a_bell_of_its_process(topic: str) -> None:
    bell = Event()
    with exchange().waking([topic], bell):
        Thread(target=ring, args=(topic,)).start()
        assert bell.wait(10)


def test_an_absent_redis_costs_next_to_nothing_and_is_told_once(
    settings: Settings, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free()}/0"
    began = time.monotonic()
    for _ in range(1000):
        ring(topic)
    assert time.monotonic() - began < 1.0
    assert [record.__dict__["action"] for record in caplog.records] == ["bells_untold"]


def test_a_redis_that_never_answers_holds_nobody_up(settings: Settings, topic: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        for _ in range(100):
            ring(topic)
        assert time.monotonic() - began < 0.5


async def test_without_redis_bells_stay_in_the_process(
    settings: Settings, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free()}/0"
    await exchange().start()
    heard = hearing(exchange(), topic)
    with caplog.at_level(logging.WARNING):
        ring(topic)
        await until(lambda: heard)
    await exchange().stop()
    assert len(heard) == 1


async def test_a_line_that_was_cut_is_opened_again_and_says_so(here: Exchange, topic: str, settings: Settings) -> None:
    heard, regained = hearing(here, topic), asyncio.Event()
    here.on_regained(regained.set)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    async with asyncio.timeout(10):
        await regained.wait()
    await asyncio.to_thread(elsewhere, f"ring({topic!r}, 'again')")
    await until(lambda: heard)
    assert heard == [(topic, "again")]


async def test_nonsense_on_the_line_is_ignored(here: Exchange, topic: str, settings: Settings) -> None:
    heard = hearing(here, topic)
    database = settings.REDIS_URL.rpartition("/")[2]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for nonsense in (b"\xff", b"[]", b"7", b'["x", 7]', b'["x", [["a"]]]', b"{}"):
            assert client.publish(f"rdos:bells:{database}", nonsense) >= 1
    await asyncio.to_thread(elsewhere, f"ring({topic!r})")
    await until(lambda: heard)
    assert len(heard) == 1
