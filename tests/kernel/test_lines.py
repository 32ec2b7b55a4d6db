"""The hub's own log lines in its database: aside, bounded, masked, and never in the way."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter
from typing import Any

import pytest
import structlog
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from rdos.kernel.lines import handler, reading
from rdos.kernel.lines.handler import LineKeeper
from rdos.kernel.models import HubLine
from tests.console.browsing import until
from tests.doors.running import PROJECT, own_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keeper() -> Iterator[LineKeeper]:
    """As settings put it on the root logger, but on one logger of ours."""
    keeper = LineKeeper()
    logger = logging.getLogger("tests.lines")
    logger.addHandler(keeper)
    logger.setLevel(logging.DEBUG)
    yield keeper
    logger.removeHandler(keeper)
    keeper.flush()


@pytest.fixture
def logger(keeper: LineKeeper) -> logging.Logger:
    return logging.getLogger("tests.lines")


def lines() -> list[dict[str, Any]]:
    return list(HubLine.objects.order_by("id").values("level", "module", "message", "metadata"))


def test_a_line_is_kept_with_its_facts(logger: logging.Logger, keeper: LineKeeper) -> None:
    before = timezone.now()
    logger.warning("Node %s went away", "cam-1", extra={"action": "node_offline", "node_id": 7})
    keeper.flush()
    facts = {"action": "node_offline", "node_id": 7}
    wanted = {"level": "warning", "module": "tests.lines", "message": "Node cam-1 went away", "metadata": facts}
    assert lines() == [wanted]
    assert before <= HubLine.objects.get().at <= timezone.now()


def test_lines_below_info_are_not(logger: logging.Logger, keeper: LineKeeper) -> None:
    logger.debug("a detail")
    logger.info("a fact")
    keeper.flush()
    assert [line["message"] for line in lines()] == ["a fact"]


def test_secrets_are_masked_before_they_are_stored(logger: logging.Logger, keeper: LineKeeper) -> None:
    logger.error("Refused: password=Copper-Kettle-42", extra={"api_token": "rdos_abc123", "count": 1})
    keeper.flush()
    assert "Copper-Kettle" not in str(lines()) and "rdos_abc123" not in str(lines())
    assert lines()[0]["metadata"]["count"] == 1


def test_a_traceback_comes_along(logger: logging.Logger, keeper: LineKeeper) -> None:
    try:
        raise ValueError("what went wrong")
    except ValueError:
        logger.exception("It broke")
    keeper.flush()
    assert "ValueError: what went wrong" in lines()[0]["metadata"]["exception"]


def test_what_is_bound_to_the_request_comes_along(logger: logging.Logger, keeper: LineKeeper) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-77"):
        logger.info("within a request")
    keeper.flush()
    assert lines()[0]["metadata"] == {"request_id": "r-77"}


def test_strange_texts_are_kept_all_the_same(logger: logging.Logger, keeper: LineKeeper) -> None:
    # Past the logger: the runner reads along there, and cannot pass every text on.
    message, facts = "nul \x00 and half a pair \ud83d", {"huge": 10**400, "object": object(), "\x00": {1, 2}}
    keeper.handle(logger.makeRecord(logger.name, logging.INFO, __file__, 1, message, (), None, extra=facts))
    logger.info("after it")
    keeper.flush()
    assert [line["message"][:3] for line in lines()] == ["nul", "aft"]


@pytest.mark.parametrize("name", ["django.db.backends", "psycopg.pool"])
def test_what_the_database_says_feeds_nothing(keeper: LineKeeper, name: str) -> None:
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, "a connection was lost", (), None)
    assert not keeper.handle(record)


def test_too_many_at_once_lose_the_oldest_and_say_so(keeper: LineKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "MOST_WAITING", 10)
    # Started by hand, so that all of them are there before it takes the first.
    keeper._thread = logging.currentframe()  # type: ignore[assignment]
    for number in range(25):
        keeper.emit(logging.LogRecord("tests.lines", logging.INFO, __file__, 1, "line %d", (number,), None))
    keeper._thread = None
    keeper.emit(logging.LogRecord("tests.lines", logging.INFO, __file__, 1, "the last", (), None))
    keeper.flush()
    assert [line["message"] for line in lines()] == [
        *(f"line {number}" for number in range(16, 25)),
        "the last",
        "16 lines were not kept: too many at once, or the database was away",
    ]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lives in the process and is never away")
def test_lines_wait_for_a_database_that_is_away(logger: logging.Logger, keeper: LineKeeper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_hubline RENAME TO kernel_hubline_away")
    try:
        logger.info("while it is away")
        until(lambda: keeper._thread is not None)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE kernel_hubline_away RENAME TO kernel_hubline")
    until(lambda: HubLine.objects.exists())
    assert [line["message"] for line in lines()] == ["while it is away"]


def test_a_fork_stores_its_own_lines_and_not_its_parents(logger: logging.Logger, keeper: LineKeeper) -> None:
    logger.info("of the parent")
    if connection.vendor == "sqlite":
        # It must be at rest when a process forks.
        keeper.flush()
    child = os.fork()
    if child == 0:
        logger.info("of the child")
        keeper.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    keeper.flush()
    assert sorted(line["message"] for line in lines()) == ["of the child", "of the parent"]


ENDS_AT_ONCE = """
import django, logging
django.setup()
%s
logging.getLogger("rdos.tests").info("the last words", extra={"action": "said"})
"""


AS_A_WORKER = "from rdos.celery import app; app.log.setup('WARNING')"


@pytest.mark.parametrize("before", ["", AS_A_WORKER], ids=["any", "worker"])
def test_a_process_that_ends_at_once_has_its_lines_kept(before: str) -> None:
    wanted = {"DATABASE_URL": own_database(), "RDOS_LOG_LINES_KEPT": "100", "LOG_LEVEL": "info"}
    environment = os.environ | wanted | {"DJANGO_SETTINGS_MODULE": "rdos.settings"}
    subprocess.run(
        [sys.executable, "-c", ENDS_AT_ONCE % before], cwd=PROJECT, env=environment, check=True, capture_output=True
    )
    assert lines() == [
        {"level": "info", "module": "rdos.tests", "message": "the last words", "metadata": {"action": "said"}}
    ]


def test_only_the_newest_and_none_older_than_a_month_stay(settings: Settings) -> None:
    settings.LOG_LINES_KEPT = 5
    at = timezone.now()
    for days in (40, 35, 3, 3, 2, 2, 1, 0):
        HubLine.objects.create(at=at - timedelta(days=days), level="info", module="m", message=f"{days}")
    assert reading.prune(at) == 3
    assert HubLine.objects.count() == 5
    settings.LOG_LINES_KEPT = 100
    HubLine.objects.create(at=at - timedelta(days=31), level="info", module="m", message="31")
    assert reading.prune(at) == 1


def test_whoever_logs_hardly_notices(logger: logging.Logger, keeper: LineKeeper) -> None:
    """A hundred times what an append costs, so that a busy machine does not matter; storing costs far more."""
    logger.info("warm")
    keeper.flush()
    began = perf_counter()
    for _ in range(1000):
        logger.info("Node %s went away", "cam-1", extra={"action": "node_offline"})
    assert (perf_counter() - began) / 1000 < 0.0005
