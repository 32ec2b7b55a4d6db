"""The shapes of a flow's runs, as Bloxserver's frontends know them: four states, and payloads as texts."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import serializers

from flows.api.shapes import words
from flows.api.shapes.executions import duration_ms
from flows.choices import ExecutionStatus, StartedBy
from flows.models import Execution
from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from rdos.kernel.secrecy import mask_text

STATES = sorted(set(words.BLOXSERVER.values()))
PAGE_SIZE = 50
SUMMARY = ("id", "status", "trigger_type", "created_at", "started_at", "claimed_at", "completed_at")


class FlowExecutionQuery(KeysetQuery):
    status_filter = serializers.ChoiceField(choices=STATES, required=False, allow_null=True)


class RunQuery(RequestSerializer):
    input_payload = serializers.CharField(
        default=None, allow_null=True, allow_blank=True, trim_whitespace=False, help_text="A text, which may be JSON."
    )


class RunRequest(RequestSerializer):
    input_payload = serializers.JSONField(required=False, allow_null=True, help_text="A text, or any JSON.")


class ExecutionSummarySerializer(AnswerSerializer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATES)
    state = serializers.ChoiceField(choices=ExecutionStatus.choices, help_text="In the hub's own words.")
    trigger_type = serializers.ChoiceField(choices=StartedBy.choices)
    started_at = serializers.DateTimeField()
    duration_ms = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()


class FlowExecutionSerializer(ExecutionSummarySerializer):
    flow_id = serializers.UUIDField()
    trigger_id = serializers.UUIDField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    error_message = serializers.CharField(allow_null=True)
    input_payload = serializers.CharField(allow_null=True)
    output_payload = serializers.CharField(allow_null=True)


class FlowStatsSerializer(AnswerSerializer):
    flow_id = serializers.UUIDField()
    executions_total = serializers.IntegerField()
    executions_success = serializers.IntegerField()
    executions_error = serializers.IntegerField()
    avg_duration_ms = serializers.FloatField()
    last_executed_at = serializers.DateTimeField(allow_null=True)


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row of `values(*SUMMARY)`. What waits has started in the eyes of those who know no queue."""
    return {
        "id": row["id"],
        "status": words.BLOXSERVER[row["status"]],
        "state": row["status"],
        "trigger_type": row["trigger_type"],
        "started_at": row["started_at"] or row["claimed_at"] or row["created_at"],
        "duration_ms": duration_ms(row["started_at"], row["completed_at"]),
        "created_at": row["created_at"],
    }


def whole(execution: Execution) -> dict[str, Any]:
    return summary({name: getattr(execution, name) for name in SUMMARY}) | {
        "flow_id": execution.flow_id,
        "trigger_id": execution.trigger_id,
        "completed_at": execution.completed_at,
        "error_message": mask_text(execution.error) or None,
        "input_payload": payload(execution.input),
        "output_payload": payload(execution.result),
    }


def payload(value: Any) -> str | None:
    """A text as it was given; anything else as JSON."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def stats(found: Mapping[str, Any], flow_id: Any) -> dict[str, Any]:
    return {
        "flow_id": flow_id,
        "executions_total": found["total"],
        "executions_success": found["success"],
        "executions_error": found["error"],
        "avg_duration_ms": found["average_ms"],
        "last_executed_at": found["last"],
    }
