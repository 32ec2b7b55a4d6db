"""How the hub logs: one sentence with facts beside it, as JSON or for a person, with secrets masked.

Settings call this before Django is up, so nothing here may import it.
"""

import logging
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from rdos.kernel.secrecy import mask, mask_text

# Django puts the whole request on its records; its text would carry the query and the cookies.
UNWANTED_FACTS = ("request", "server_time", "taskName")
# These tell every statement and every request, with all that is in it.
TALKATIVE = (
    "django.db.backends",
    "httpx",
    "httpcore",
    "asyncio",
    "websockets",
    "uvicorn.access",
    "daphne",
    "twisted",
    "celery",
    "kombu",
)
# Structlog's own, and what another handler has left on the record while it wrote the same line.
NOT_SAID = ("_record", "_from_structlog", "message", "asctime")
# Structlog's own, and the level and time: no secret can be in them.
OUR_OWN = ("_record", "_from_structlog", "level", "timestamp", "logger")

EventDict = MutableMapping[str, Any]


def logging_config(level: str, format: str, *, keeps_lines: bool = False) -> dict[str, Any]:
    """A LOGGING dictionary; `format` is "json" or "console". Lines may be kept in the database as well."""
    kept = {"kept": {"class": "rdos.kernel.lines.handler.LineKeeper", "level": "INFO"}} if keeps_lines else {}
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _before_rendering(),
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(format)],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"hub": formatter},
        "handlers": {"hub": {"class": "logging.StreamHandler", "formatter": "hub"}, **kept},
        "root": {"handlers": ["hub", *kept], "level": level},
        "loggers": {
            # Django's own handlers would print the same line again, unmasked.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # A refused request is no fault of ours, and a stranger must not be able to fill the log with them.
            "django.request": {"level": "ERROR"},
            **{name: {"level": "WARNING"} for name in TALKATIVE},
        },
    }


def _before_rendering() -> list[structlog.types.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_unwanted_facts,
        structlog.processors.format_exc_info,
        mask_secrets,
    ]


def facts_of(record: logging.LogRecord, message: str, context: MutableMapping[str, Any]) -> EventDict:
    """What a line tells, masked, for whoever reads it later and elsewhere than it was written."""
    facts: EventDict = {**context, "event": message, "_record": record, "_from_structlog": False}
    if record.exc_info:
        facts["exc_info"] = record.exc_info
    for process in _before_rendering():
        facts = process(logging.getLogger(record.name), record.levelname.lower(), facts)  # type: ignore[assignment]
    return {name: value for name, value in facts.items() if name not in NOT_SAID}


def _renderer(format: str) -> structlog.types.Processor:
    if format == "json":
        return structlog.processors.JSONRenderer(serializer=_json)
    # The traceback is already text (and masked) when it gets here.
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def _json(facts: EventDict, **_options: Any) -> str:
    try:
        return orjson.dumps(facts, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # A lone surrogate or a giant number must not cost us the line.
        return orjson.dumps({key: ascii(value) for key, value in facts.items()}).decode()


def drop_unwanted_facts(_logger: logging.Logger, _method: str, facts: EventDict) -> EventDict:
    for name in UNWANTED_FACTS:
        facts.pop(name, None)
    return facts


def mask_secrets(_logger: logging.Logger, _method: str, facts: EventDict) -> EventDict:
    for name, value in facts.items():
        if name == "event":
            facts[name] = mask_text(str(value))
        elif name not in OUR_OWN:
            facts[name] = mask(value, name)
    return facts
