"""The shapes of robots on the wire, in Casare's words."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from flows.choices import RobotStatus
from flows.services.robots import LONGEST_HOSTNAME, LONGEST_NAME, MOST_CONCURRENT
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from rdos.kernel.errors import InvalidInput

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_LISTED = 500
MOST_WORDS, LONGEST_WORD = 200, 128
# What a robot may say of itself, and what it is to the hub.
WORDS = {"online": RobotStatus.IDLE} | {status.value: status for status in RobotStatus}
COLUMNS = (
    *("node_id", "node__key", "node__name", "hostname", "word", "environment", "max_concurrent", "capabilities"),
    *("tags", "node__last_seen_at", "heartbeat_at", "registered_at", "metrics"),
)


def insist_key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise InvalidInput(errors={"robot_id": ["1–64 letters, digits, `_` or `-`."]})
    return key


class Words(serializers.ListField):
    child = serializers.CharField(max_length=LONGEST_WORD)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MOST_WORDS, **kwargs)


class RobotFields(RequestSerializer):
    """`null` is the same as nothing."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False, allow_null=True)
    hostname = serializers.CharField(max_length=LONGEST_HOSTNAME, required=False, allow_null=True)
    capabilities = Words(required=False, allow_null=True)
    environment = serializers.CharField(max_length=64, required=False, allow_null=True)
    max_concurrent_jobs = serializers.IntegerField(
        min_value=1, max_value=MOST_CONCURRENT, required=False, allow_null=True
    )
    tags = Words(required=False, allow_null=True)


class RegisterRequest(RobotFields):
    robot_id = serializers.RegexField(
        rf"\A{KEY.pattern}\Z", max_length=64, error_messages={"invalid": "1–64 letters, digits, `_` or `-`."}
    )
    name = serializers.CharField(max_length=LONGEST_NAME)
    hostname = serializers.CharField(max_length=LONGEST_HOSTNAME)


class StatusRequest(RequestSerializer):
    status = serializers.ChoiceField(choices=sorted(WORDS))


class StopRequest(RequestSerializer):
    force = serializers.BooleanField(default=False, help_text="Its jobs go back to the queue at once.")


class RobotQuery(RequestSerializer):
    status = serializers.CharField(max_length=50, default="", allow_blank=True)
    environment = serializers.CharField(max_length=64, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_LISTED, default=100)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)


class RobotLogQuery(RequestSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    since = serializers.DateTimeField(default=None, allow_null=True)


class RobotSerializer(AnswerSerializer):
    """Describes what `robot_row` makes."""

    robot_id = serializers.CharField()
    node_id = serializers.UUIDField()
    name = serializers.CharField()
    hostname = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=RobotStatus.choices)
    environment = serializers.CharField(allow_blank=True)
    max_concurrent_jobs = serializers.IntegerField()
    capabilities = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    current_job_ids = serializers.ListField(child=serializers.UUIDField())
    last_seen = serializers.DateTimeField(allow_null=True)
    last_heartbeat = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    metrics = serializers.DictField()


class RobotsSerializer(AnswerSerializer):
    robots = RobotSerializer(many=True)
    total = serializers.IntegerField()


class HeartbeatSerializer(AnswerSerializer):
    ok = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class RobotDeletedSerializer(AnswerSerializer):
    deleted = serializers.BooleanField()
    robot_id = serializers.CharField()


class RobotLineSerializer(AnswerSerializer):
    id = serializers.IntegerField()
    job_id = serializers.UUIDField()
    timestamp = serializers.DateTimeField()
    level = serializers.CharField()
    message = serializers.CharField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # the wire's own name


class RobotLogsSerializer(AnswerSerializer):
    logs = RobotLineSerializer(many=True)


class RobotFiguresSerializer(AnswerSerializer):
    """Describes what `figures` makes."""

    robot_id = serializers.CharField()
    hostname = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    cpu_percent = serializers.FloatField()
    memory_mb = serializers.FloatField()
    memory_percent = serializers.FloatField()
    current_job_id = serializers.UUIDField(allow_null=True)
    last_heartbeat = serializers.DateTimeField(allow_null=True)
    jobs_completed_today = serializers.IntegerField()
    jobs_failed_today = serializers.IntegerField()
    average_job_duration_seconds = serializers.FloatField()


def robot_row(row: Mapping[str, Any], held: Sequence[UUID]) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS)`."""
    return {
        "robot_id": row["node__key"],
        "node_id": row["node_id"],
        "name": row["node__name"],
        "hostname": row["hostname"],
        "status": row["word"],
        "environment": row["environment"],
        "max_concurrent_jobs": row["max_concurrent"],
        "capabilities": row["capabilities"],
        "tags": row["tags"],
        "current_job_ids": held,
        "last_seen": row["node__last_seen_at"],
        "last_heartbeat": _latest(row["heartbeat_at"], row["node__last_seen_at"]),
        "created_at": row["registered_at"],
        "metrics": row["metrics"],
    }


def line_row(row: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"execution_id": "job_id", "at": "timestamp"}
    return {renamed.get(name, name): value for name, value in row.items()}


def figures(row: Mapping[str, Any], held: Sequence[UUID], day: Mapping[str, Any]) -> dict[str, Any]:
    """A robot that has said nothing of its machine has zeros, as its clients expect."""
    return {
        "robot_id": row["node__key"],
        "hostname": row["hostname"],
        "status": row["word"],
        "cpu_percent": _number(row["metrics"], "cpu_percent"),
        "memory_mb": _number(row["metrics"], "memory_mb"),
        "memory_percent": _number(row["metrics"], "memory_percent"),
        "current_job_id": held[0] if held else None,
        "last_heartbeat": _latest(row["heartbeat_at"], row["node__last_seen_at"]),
        **day,
    }


def _number(metrics: Any, name: str) -> float:
    value = metrics.get(name) if isinstance(metrics, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
