"""Waiting doors, through a served hub; the letters are keys in Redis (tests/doors/waiting_urls.py)."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import redis
from pytest_django import Settings

from rdos.kernel.api.accents import ACCENTS
from rdos.kernel.bells import ring
from tests.doors.running import Running, daphne, gateway, running

WAITING = {"DJANGO_SETTINGS_MODULE": "tests.doors.waiting_settings"}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("waiting") / "requests.log"


@pytest.fixture(scope="module")
def hub(log: Path) -> Iterator[Running]:
    with running(*gateway(), **WAITING, WAITING_LOG=str(log)) as found:
        yield found


@pytest.fixture
def letters(settings: Settings) -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    yield client
    client.close()


@pytest.fixture
def name() -> str:
    return uuid4().hex


def until(question: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return answer


def ask(server: Running, name: str, query: str = "", **more: object) -> httpx.Response:
    return httpx.get(f"{server.url}/letters/{name}{query}", timeout=30, **more)  # type: ignore[arg-type]


def asked(letters: "redis.Redis", name: str, times: int = 1) -> Callable[[], bool]:
    return lambda: int(letters.get(f"looks:{name}") or 0) >= times


def waits_until(letters: "redis.Redis", name: str, call: Callable[[], object], act: Callable[[], object]) -> object:
    """Acts once the request really waits."""
    with ThreadPoolExecutor(1) as aside:
        future = aside.submit(call)
        until(asked(letters, name))
        act()
        return future.result(20)


def test_a_letter_that_is_there_is_answered_at_once(hub: Running, letters: "redis.Redis", name: str) -> None:
    letters.set(f"letter:{name}", "hello", ex=60)
    answer = ask(hub, name)
    assert (answer.status_code, answer.json()) == (200, {"text": "hello"})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_bell_of_another_process_brings_the_answer(
    hub: Running, letters: "redis.Redis", name: str, method: str
) -> None:
    def act() -> None:
        letters.set(f"letter:{name}", "rung", ex=60)
        ring(f"letter.{name}")

    began = time.monotonic()
    answer = waits_until(letters, name, lambda: httpx.request(method, f"{hub.url}/letters/{name}", timeout=30), act)
    assert isinstance(answer, httpx.Response)
    assert answer.json() == {"text": "rung"}
    assert time.monotonic() - began < 5, "only the recheck after 20 s brought it"


def test_a_lost_bell_only_delays_the_answer(hub: Running, letters: "redis.Redis", name: str) -> None:
    answer = waits_until(
        letters,
        name,
        lambda: ask(hub, name, "?recheck=0.1"),
        lambda: letters.set(f"letter:{name}", "found", ex=60),
    )
    assert isinstance(answer, httpx.Response)
    assert answer.json() == {"text": "found"}


def test_at_the_deadline_the_answer_says_so(hub: Running, name: str) -> None:
    answer = ask(hub, name, "?deadline=0.1")
    assert (answer.status_code, answer.json()) == (202, {"over": True})


def test_the_answer_wears_the_headers_of_the_middleware_and_its_own(
    hub: Running, letters: "redis.Redis", name: str
) -> None:
    letters.set(f"letter:{name}", "dressed", ex=60)
    headers = ask(hub, name, headers={"X-Request-ID": "r-42"}).headers
    assert (headers["X-Request-ID"], headers["X-Frame-Options"], headers["X-Own"]) == ("r-42", "DENY", "yes")
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert {part.strip() for part in headers["Vary"].split(",")} == {"origin", "X-Own"}
    assert headers.get_list("Content-Length") == [str(len(b'{"text":"dressed"}'))]


def test_a_head_request_waits_and_gets_no_body(hub: Running, letters: "redis.Redis", name: str) -> None:
    letters.set(f"letter:{name}", "short", ex=60)
    answer = httpx.head(f"{hub.url}/letters/{name}")
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "16")


@pytest.mark.parametrize("prefix", ["", *ACCENTS])
def test_a_refusal_found_later_is_worded_in_the_accent(
    hub: Running, letters: "redis.Redis", name: str, prefix: str
) -> None:
    letters.set(f"letter:{name}", "", ex=60)
    answer = httpx.get(f"{hub.url}/{prefix}/letters/{name}".replace("//letters", "/letters"))
    text = "The letter is empty."
    bodies = {
        "": {"detail": text, "code": "conflict"},
        "casare": {"detail": text},
        "bilbycast": {"error": text},
        "tafy": {"error": text, "status_code": 409},
        "bloxserver": {"code": "conflict", "message": text, "details": None, "detail": text},
        "nodetool": {"detail": text},
    }
    assert (answer.status_code, answer.json()) == (409, bodies[prefix])


def test_a_failure_found_later_is_a_500_without_details(hub: Running, letters: "redis.Redis", name: str) -> None:
    letters.set(f"letter:{name}", "broken", ex=60)
    answer = ask(hub, name)
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_client_that_leaves_is_noticed(hub: Running, letters: "redis.Redis", name: str) -> None:
    with hub.connect() as line:
        line.sendall(f"GET /letters/{name} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
        until(asked(letters, name))
    until(lambda: letters.get(f"abandoned:{name}"))


def test_the_log_tells_of_the_final_answer_and_calls_no_wait_slow(
    hub: Running, log: Path, letters: "redis.Redis", name: str
) -> None:
    before = len(log.read_text())
    ask(hub, name, "?deadline=1.2")
    # The answer is on its way a moment before it is written down, and so may that of the test before be.
    (line,) = until(lambda: [line for line in log.read_text()[before:].splitlines() if line.endswith("202")])
    assert line == "rdos.requests DEBUG Request answered 202"


async def test_two_hundred_waits_hold_up_nobody(hub: Running, letters: "redis.Redis", name: str) -> None:
    limits = httpx.Limits(max_connections=300)
    async with httpx.AsyncClient(base_url=hub.url, timeout=30, limits=limits) as client:
        waits = []
        for wave in range(1, 5):
            # More at once than have a place in line would be sent away.
            waits += [asyncio.create_task(client.get(f"/letters/{name}")) for _ in range(50)]
            while not asked(letters, name, wave * 50)():
                await asyncio.sleep(0.02)
        seconds = []
        for _ in range(20):
            began = time.monotonic()
            assert (await client.get("/ordinary")).json() == {"ordinary": True}
            seconds.append(time.monotonic() - began)
        letters.set(f"letter:{name}", "all", ex=60)
        ring(f"letter.{name}")
        answers = await asyncio.gather(*waits)
    # The best of twenty, because the machine has other work to do as well.
    assert min(seconds) < 0.1
    assert {answer.json()["text"] for answer in answers} == {"all"}


def test_a_stop_answers_those_who_wait(letters: "redis.Redis", name: str) -> None:
    with running(*gateway(), **WAITING) as server:
        answer = waits_until(
            letters, name, lambda: ask(server, name), lambda: server.process.send_signal(signal.SIGTERM)
        )
        assert isinstance(answer, httpx.Response)
        assert (answer.status_code, answer.json()) == (202, {"over": True})
        assert server.process.wait(10) == 0


def test_daphne_waits_as_well(letters: "redis.Redis", name: str) -> None:
    def act() -> None:
        letters.set(f"letter:{name}", "rung", ex=60)
        ring(f"letter.{name}")

    with running(*daphne("tests.doors.asgi:application"), **WAITING) as server:
        answer = waits_until(letters, name, lambda: ask(server, name, "?recheck=2"), act)
    assert isinstance(answer, httpx.Response)
    assert answer.json() == {"text": "rung"}


def test_where_no_door_waits_the_view_does(letters: "redis.Redis", name: str) -> None:
    """Django's own server, as in development."""
    with running("-m", "django", "runserver", "--noreload", "127.0.0.1:{port}", **WAITING) as server:
        answer = waits_until(
            letters,
            name,
            lambda: ask(server, name),
            lambda: letters.set(f"letter:{name}", "polled", ex=60),
        )
        assert isinstance(answer, httpx.Response)
        assert answer.json() == {"text": "polled"}
        assert answer.headers["Content-Length"] == "17"
        assert ask(server, uuid4().hex, "?deadline=0.05").json() == {"over": True}
