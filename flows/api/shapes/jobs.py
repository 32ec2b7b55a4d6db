"""The shapes of work on the wire: what robots ask and say."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from flows.api.shapes import words
from flows.api.shapes.executions import duration_ms
from flows.services.claiming import LEASE_SECONDS, LONGEST_LEASE, MOST_AT_ONCE, SHORTEST_LEASE, Grant, variables_of
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from rdos.kernel.secrecy import mask_text

MOST_LISTED, FURTHEST = 500, 1_000_000
LONGEST_WAIT = 30.0
LONGEST_MESSAGE = 5000


class ClaimRequest(RequestSerializer):
    environment = serializers.CharField(max_length=64, required=False, allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE, default=1)
    visibility_timeout_seconds = serializers.IntegerField(
        min_value=SHORTEST_LEASE, max_value=LONGEST_LEASE, default=LEASE_SECONDS
    )
    wait = serializers.FloatField(
        min_value=0, max_value=LONGEST_WAIT, default=0, help_text="Seconds to hold the line until there is work."
    )
    batch = serializers.BooleanField(default=False, help_text="Answer with a list, and with as many as `limit` says.")


class FencedRequest(RequestSerializer):
    fence = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, help_text="Of the grant; an older one is refused."
    )


class ExtendRequest(FencedRequest):
    extension_seconds = serializers.IntegerField(
        min_value=SHORTEST_LEASE, max_value=LONGEST_LEASE, default=LEASE_SECONDS
    )


class CompleteRequest(FencedRequest):
    result = serializers.JSONField(required=False, allow_null=True, default=None)


class FailRequest(FencedRequest):
    error_message = serializers.CharField(max_length=LONGEST_MESSAGE, trim_whitespace=False)
    error_type = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    result = serializers.JSONField(required=False, allow_null=True, default=None)


class ProgressRequest(FencedRequest):
    progress = serializers.IntegerField(min_value=0, max_value=100)
    current_node = serializers.CharField(max_length=256, required=False, allow_null=True, allow_blank=True, default="")
    message = serializers.CharField(max_length=500, required=False, allow_null=True, allow_blank=True, default="")


class ClaimSerializer(AnswerSerializer):
    """Describes what `claimed` makes."""

    job_id = serializers.UUIDField()
    workflow_id = serializers.UUIDField()
    workflow_name = serializers.CharField()
    workflow_json = serializers.CharField(help_text="The graph, as text.")
    priority = serializers.IntegerField()
    environment = serializers.CharField()
    variables = serializers.DictField()
    created_at = serializers.DateTimeField()
    claimed_at = serializers.DateTimeField()
    retry_count = serializers.IntegerField()
    max_retries = serializers.IntegerField()
    fence = serializers.IntegerField()
    lease_until = serializers.DateTimeField()
    timeout_seconds = serializers.IntegerField()


def claimed(grant: Grant) -> dict[str, Any]:
    return {
        "job_id": grant.execution_id,
        "workflow_id": grant.flow_id,
        "workflow_name": grant.flow_name,
        "workflow_json": grant.content,
        "priority": grant.priority,
        "environment": grant.environment,
        "variables": variables_of(grant),
        "created_at": grant.created_at,
        "claimed_at": grant.claimed_at,
        "retry_count": grant.retry_count,
        "max_retries": grant.max_retries,
        "fence": grant.fence,
        "lease_until": grant.lease_until,
        "timeout_seconds": grant.timeout_seconds,
    }


class ProgressSerializer(AnswerSerializer):
    job_id = serializers.UUIDField()
    progress = serializers.IntegerField()
    current_node = serializers.CharField(allow_null=True)


class JobQuery(RequestSerializer):
    status = serializers.CharField(max_length=50, default="", allow_blank=True)
    workflow_id = serializers.UUIDField(default=None, allow_null=True)
    robot_id = serializers.CharField(max_length=64, default="", allow_blank=True)
    environment = serializers.CharField(max_length=64, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_LISTED, default=100)
    offset = serializers.IntegerField(min_value=0, max_value=FURTHEST, default=0)


class JobSerializer(AnswerSerializer):
    """Describes what `job_row` makes."""

    job_id = serializers.UUIDField()
    workflow_id = serializers.UUIDField()
    workflow_name = serializers.CharField()
    status = serializers.CharField()
    priority = serializers.IntegerField()
    environment = serializers.CharField()
    robot_id = serializers.CharField(allow_null=True)
    assigned_robot_id = serializers.CharField(allow_null=True)
    input = serializers.JSONField(help_text="Any JSON; null also where it is too large for a list.")
    result = serializers.JSONField(help_text="Any JSON; null also where it is too large for a list.")
    error = serializers.CharField(allow_null=True)
    progress = serializers.IntegerField()
    current_node = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    claimed_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    retry_count = serializers.IntegerField()
    max_retries = serializers.IntegerField()


class JobsSerializer(AnswerSerializer):
    jobs = JobSerializer(many=True)
    total = serializers.IntegerField(help_text="Exact up to 10,000, then an estimate.")


class CancelledSerializer(AnswerSerializer):
    job_id = serializers.UUIDField()
    cancelled = serializers.BooleanField()
    previous_status = serializers.CharField()
    message = serializers.CharField()


class RetriedSerializer(AnswerSerializer):
    original_job_id = serializers.UUIDField()
    new_job_id = serializers.UUIDField()
    job_id = serializers.UUIDField(help_text="The new one again, where the Python client looks for it.")
    message = serializers.CharField()


JOB_COLUMNS = (
    *("id", "flow_id", "flow_name", "status", "priority", "environment", "robot_key", "error", "progress"),
    *("current_node", "created_at", "claimed_at", "started_at", "completed_at", "retry_count", "max_retries"),
)
AS_STORED = (
    *("priority", "environment", "progress", "created_at", "claimed_at", "started_at", "completed_at"),
    *("retry_count", "max_retries"),
)


def job_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row of `values(*JOB_COLUMNS)` with what is small enough of `input` and `result`."""
    return {name: row[name] for name in AS_STORED} | {
        "job_id": row["id"],
        "workflow_id": row["flow_id"],
        "workflow_name": row["flow_name"],
        "status": words.DASHBOARD[row["status"]],
        "robot_id": row["robot_key"] or None,
        "assigned_robot_id": row["robot_key"] or None,
        "input": row["small_input"],
        "result": row["small_result"],
        "error": mask_text(row["error"]) or None,
        "current_node": row["current_node"] or None,
        "duration_ms": duration_ms(row["started_at"], row["completed_at"]),
    }
