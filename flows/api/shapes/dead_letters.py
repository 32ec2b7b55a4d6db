"""The shapes of dead letters on the wire, in Casare's words."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from flows.services.dead_letters import MOST_RETRIED, Retried
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from rdos.kernel.secrecy import mask_text

MOST_LISTED, FURTHEST = 500, 1_000_000
OF_RUN = ("flow_name", "error", "error_type", "retry_count", "first_failed_at", "completed_at", "created_at")
COLUMNS = (
    *("id", "execution_id", "flow_id", "created_at", "reprocessed_at", "reprocessed_by", "reprocessed_as_id"),
    *(f"execution__{name}" for name in OF_RUN),
)


class LetterQuery(RequestSerializer):
    workflow_id = serializers.UUIDField(default=None, allow_null=True)
    pending_only = serializers.BooleanField(default=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_LISTED, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=FURTHEST, default=0)


class LetterCountQuery(RequestSerializer):
    workflow_id = serializers.UUIDField(default=None, allow_null=True)


class ReprocessQuery(RequestSerializer):
    reprocessed_by = serializers.CharField(max_length=100, default="", allow_blank=True)


class PurgeQuery(RequestSerializer):
    older_than_days = serializers.IntegerField(min_value=1, max_value=365, default=30)


class RetryManyRequest(RequestSerializer):
    """Nothing is all that wait."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_RETRIED, required=False, allow_null=True
    )
    workflow_id = serializers.UUIDField(required=False, allow_null=True)


class LetterSerializer(AnswerSerializer):
    """Describes what `letter_row` makes."""

    id = serializers.UUIDField()
    entry_id = serializers.UUIDField()
    original_job_id = serializers.UUIDField()
    job_id = serializers.UUIDField()
    workflow_id = serializers.UUIDField()
    workflow_name = serializers.CharField()
    error_message = serializers.CharField(allow_blank=True)
    error_details = serializers.DictField(allow_null=True)
    error_stack = serializers.CharField(allow_null=True)
    input = serializers.JSONField(help_text="Any JSON, null included.")
    retry_count = serializers.IntegerField()
    first_failed_at = serializers.DateTimeField()
    last_failed_at = serializers.DateTimeField()
    failed_at = serializers.DateTimeField()
    original_created_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    reprocessed_at = serializers.DateTimeField(allow_null=True)
    reprocessed_by = serializers.CharField(allow_null=True)
    new_job_id = serializers.UUIDField(allow_null=True)


class LettersSerializer(AnswerSerializer):
    entries = LetterSerializer(many=True)
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class LetterCountsSerializer(AnswerSerializer):
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    reprocessed = serializers.IntegerField()
    workflow_id = serializers.UUIDField(allow_null=True)


class ReprocessedSerializer(AnswerSerializer):
    dlq_entry_id = serializers.UUIDField()
    new_job_id = serializers.UUIDField()
    message = serializers.CharField()


class LetterDeletedSerializer(AnswerSerializer):
    dlq_entry_id = serializers.UUIDField()
    deleted = serializers.BooleanField()
    message = serializers.CharField()


class PurgedSerializer(AnswerSerializer):
    purged_count = serializers.IntegerField()
    older_than_days = serializers.IntegerField()
    message = serializers.CharField()


class RetriedOneSerializer(AnswerSerializer):
    dlq_entry_id = serializers.UUIDField()
    new_job_id = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class RetriedManySerializer(AnswerSerializer):
    retried = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = RetriedOneSerializer(many=True)


def letter_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS, "small_input")`."""
    of_run = {name: row[f"execution__{name}"] for name in OF_RUN}
    failed_at = of_run["completed_at"] or row["created_at"]
    return {
        "id": row["id"],
        "entry_id": row["id"],
        "original_job_id": row["execution_id"],
        "job_id": row["execution_id"],
        "workflow_id": row["flow_id"],
        "workflow_name": of_run["flow_name"],
        "error_message": mask_text(of_run["error"]),
        "error_details": {"error_type": of_run["error_type"]} if of_run["error_type"] else None,
        "error_stack": None,
        "input": row["small_input"],
        "retry_count": of_run["retry_count"],
        "first_failed_at": of_run["first_failed_at"] or failed_at,
        "last_failed_at": failed_at,
        "failed_at": failed_at,
        "original_created_at": of_run["created_at"],
        "created_at": row["created_at"],
        "reprocessed_at": row["reprocessed_at"],
        "reprocessed_by": row["reprocessed_by"] or None,
        "new_job_id": row["reprocessed_as_id"],
    }


def retried_row(one: Retried) -> dict[str, Any]:
    return {"dlq_entry_id": one.letter_id, "new_job_id": one.new_id, "reason": one.reason or None}
