"""The frames of /ws/robot in both dialects of Casare: read leniently where real robots differ, refused by name else.

Flat frames have their fields at the top; in an envelope they are the payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import orjson

from devices.errors import MalformedFrame
from devices.protocol import LONGEST_TYPE, shallow, text
from flows import outcomes

MOST_CONCURRENT = 100
LONGEST_ENVIRONMENT, LONGEST_WORD, LONGEST_NAME, LONGEST_HOSTNAME = 64, 64, 128, 256
MOST_WORDS, MOST_METRICS, MOST_JOBS, MOST_LINES = 100, 100, 1000, 1000
# What a robot says of itself, in the words of the hub.
STATUSES = {"online": "idle", "idle": "idle", "busy": "busy", "paused": "paused"}
DETAILS = ("details", "stack_trace", "failed_node", "node_executions")
NO_METRICS = {"type", "id", "timestamp", "robot_id", "status", "metrics", "current_jobs", "active_job_ids"}


class Dialect(StrEnum):
    FLAT = "flat"
    ENVELOPE = "envelope"


@dataclass(frozen=True, slots=True)
class Frame:
    type: str
    fields: Mapping[str, Any]
    dialect: Dialect
    # What an answer refers to.
    id: str = ""


@dataclass(frozen=True, slots=True)
class Beat:
    status: str
    metrics: Mapping[str, Any]
    # The runs it says it has; None when it does not say.
    jobs: frozenset[UUID] | None


@dataclass(frozen=True, slots=True)
class Failure:
    error: str
    error_type: str
    details: Any


@dataclass(frozen=True, slots=True)
class Line:
    level: str
    message: str
    source: str
    job_id: UUID | None


def read(raw: str | bytes) -> Frame:
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedFrame("The frame is not JSON.", kinds={"frame": "not_json"}) from error
    if not isinstance(message, dict):
        raise MalformedFrame("The frame is not a JSON object.", kinds={"frame": "not_an_object"})
    name = message.get("type")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_TYPE:
        raise MalformedFrame("The frame has no type.", kinds={"frame": "no_type"})
    payload = message.get("payload")
    if isinstance(payload, dict):
        return Frame(name, payload, Dialect.ENVELOPE, text(message.get("id"), 128))
    return Frame(name, message, Dialect.FLAT)


def written(dialect: Dialect, name: str, at: datetime, fields: Mapping[str, Any], answers: str = "") -> str:
    message: dict[str, Any] = {"type": name, "timestamp": at}
    if dialect is Dialect.FLAT:
        message = {**message, **fields}
    else:
        message |= {"id": uuid4(), "payload": fields}
        if answers:
            message["correlation_id"] = answers
    return orjson.dumps(message, option=orjson.OPT_UTC_Z).decode()


def registration(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is not said stays as it was. Who it is says its key, and never the frame."""
    given = fields.get("capabilities")
    inner: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    both = {**fields, **inner}
    found = {
        "name": text(fields.get("robot_name") or fields.get("name"), LONGEST_NAME).strip() or None,
        "hostname": text(both.get("hostname"), LONGEST_HOSTNAME).strip() or None,
        "environment": text(fields.get("environment"), LONGEST_ENVIRONMENT).strip() or None,
        "capabilities": _words(inner.get("types") if inner else given, "register", "capabilities"),
        "tags": _words(both.get("tags"), "register", "tags"),
        "max_concurrent": _concurrent(both.get("max_concurrent_jobs")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _words(value: Any, frame: str, name: str) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise wrong(frame, f"{name} is not a list of texts.")
    return [text(one, LONGEST_WORD) for one in value[:MOST_WORDS] if one]


def _concurrent(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= MOST_CONCURRENT:
        raise wrong("register", f"max_concurrent_jobs is not a number from 1 to {MOST_CONCURRENT}.")
    return value


def heartbeat(fields: Mapping[str, Any]) -> Beat:
    inner = fields.get("metrics")
    plain = {name: value for name, value in fields.items() if name not in NO_METRICS}
    metrics = {**plain, **(inner if isinstance(inner, Mapping) else {})}
    few = dict(list(metrics.items())[:MOST_METRICS])
    jobs = fields.get("active_job_ids", fields.get("current_jobs"))
    return Beat(
        status=STATUSES.get(text(fields.get("status"), LONGEST_WORD).lower(), ""),
        metrics=shallow({text(name, LONGEST_WORD): value for name, value in few.items()}, "heartbeat"),
        jobs=_jobs(jobs) if isinstance(jobs, list) else None,
    )


def _jobs(given: list[Any]) -> frozenset[UUID]:
    return frozenset(pk for one in given[:MOST_JOBS] if (pk := _uuid(one)))


def job_id(frame: Frame) -> UUID:
    found = _uuid(frame.fields.get("job_id"))
    if found is None:
        raise wrong(frame.type, "It names no job_id.")
    return found


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def progress(fields: Mapping[str, Any]) -> tuple[int, str, str]:
    """How far, at which node, and with which words."""
    value = fields.get("progress")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise wrong("job_progress", "progress is not a number from 0 to 100.")
    return round(value), text(fields.get("current_node"), 256), text(fields.get("message"), 500)


def result(fields: Mapping[str, Any]) -> Any:
    return shallow(fields.get("result"), "job_complete")


def failure(fields: Mapping[str, Any]) -> Failure:
    message = fields.get("error_message") or fields.get("error")
    said = message if isinstance(message, str) else "" if message is None else orjson.dumps(_plain(message)).decode()
    details = {name: fields[name] for name in DETAILS if fields.get(name)}
    return Failure(
        error=text(said, outcomes.LONGEST_ERROR) or "It failed and did not say why",
        error_type=text(fields.get("error_type"), 100),
        details=_plain(details) or None,
    )


def _plain(value: Any) -> Any:
    return shallow(value, "job_failed")


def reason(fields: Mapping[str, Any]) -> str:
    return text(fields.get("reason"), 500)


def log_lines(frame: Frame) -> list[Line]:
    """Of the robot, or of a run that the frame or the line names."""
    fields = frame.fields
    given = fields.get("logs", fields.get("entries")) if frame.type == "log_batch" else [fields]
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise wrong(frame.type, "logs is not a list of objects.")
    return [_line(one, fields) for one in given[:MOST_LINES]]


def _line(line: Mapping[str, Any], around: Mapping[str, Any]) -> Line:
    extra = line.get("extra")
    inner = extra.get("job_id") if isinstance(extra, Mapping) else None
    return Line(
        level=text(line.get("level"), 10).lower() or "info",
        message=text(line.get("message"), 10_000),
        source=text(line.get("source") or line.get("node_id"), 128),
        job_id=_uuid(line.get("job_id") or inner or around.get("job_id")),
    )


def wrong(frame: str, sentence: str) -> MalformedFrame:
    return MalformedFrame(f"{frame}: {sentence}", kinds={frame: "bad_payload"})
