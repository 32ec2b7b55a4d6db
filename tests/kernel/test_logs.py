import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from rdos.kernel.logs import logging_config

Written = Callable[[], str]


@pytest.fixture
def written() -> Iterator[Callable[[str], tuple[logging.Logger, Written]]]:
    """A logger of its own that writes with our formatter into memory."""
    handlers: list[logging.Handler] = []
    logger = logging.getLogger("tests.logs")

    def start(format: str) -> tuple[logging.Logger, Written]:
        formatter = dict(logging_config("INFO", format)["formatters"]["hub"])
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(formatter.pop("()")(**formatter))
        handlers.append(handler)
        logger.addHandler(handler)
        logger.propagate = False
        return logger, lambda: str(handler.stream.getvalue())

    yield start
    for handler in handlers:
        logger.removeHandler(handler)


def test_a_line_is_one_json_object_with_its_facts(written: Any) -> None:
    logger, lines = written("json")
    logger.warning("Node %s went away", "cam-1", extra={"action": "node_offline", "node_id": 7})
    line = json.loads(lines())
    assert line["event"] == "Node cam-1 went away"
    assert (line["action"], line["node_id"], line["level"], line["logger"]) == (
        "node_offline",
        7,
        "warning",
        "tests.logs",
    )
    assert line["timestamp"].endswith("Z")


def test_what_is_known_of_the_request_is_on_every_line(written: Any) -> None:
    logger, lines = written("json")
    with structlog.contextvars.bound_contextvars(request_id="r-1", actor="alice"):
        logger.warning("Hello")
    line = json.loads(lines())
    assert (line["request_id"], line["actor"]) == ("r-1", "alice")


@pytest.mark.parametrize("format", ["json", "console"])
def test_secrets_never_reach_the_output(written: Any, format: str) -> None:
    logger, lines = written(format)
    logger.warning("Sent Bearer hunter2222222", extra={"password": "hunter22", "headers": {"Cookie": "hunter22"}})
    assert "hunter22" not in lines()


@pytest.mark.parametrize("format", ["json", "console"])
def test_secrets_in_a_traceback_are_masked(written: Any, format: str) -> None:
    logger, lines = written(format)
    try:
        raise ValueError("cannot reach redis://:hunter22@cache")
    except ValueError:
        logger.exception("It failed")
    assert "ValueError" in lines()
    assert "hunter22" not in lines()


def test_djangos_request_object_is_left_out(written: Any) -> None:
    logger, lines = written("json")
    logger.warning("Not found", extra={"request": object(), "status_code": 404})
    line = json.loads(lines())
    assert "request" not in line
    assert line["status_code"] == 404


def test_a_fact_that_json_cannot_carry_does_not_cost_the_line(written: Any) -> None:
    logger, lines = written("json")
    logger.warning("Odd", extra={"text": "\ud800", "number": 10**30, "thing": {1, 2}})
    assert json.loads(lines())["event"]


def test_the_dictionary_is_accepted_by_the_standard_library() -> None:
    config = logging_config("INFO", "console")
    logging.config.DictConfigurator(config)
    assert config["root"]["level"] == "INFO"
