"""The shapes of workflows on the wire, as Casare's clients know them."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from flows.models import Flow
from flows.models.flow import DEFAULT_PRIORITY
from flows.services.submitting import Submission, Submitted
from flows.services.versions import content_of
from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer

LONGEST_NAME, LONGEST_DESCRIPTION = 255, 10_000
TRIGGERS = ("manual", "scheduled", "webhook")
MODES = ("lan", "internet")
HIGHEST_PRIORITY = 20


class MetadataRequest(RequestSerializer):
    """What the hub itself reads of it; the rest is kept as it is."""

    description = serializers.CharField(
        max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True, allow_null=True
    )
    robot_id = serializers.CharField(max_length=64, required=False, allow_blank=True, allow_null=True)
    variables = serializers.DictField(required=False, allow_null=True)


class StartRequest(RequestSerializer):
    """How a submitted workflow is started."""

    trigger_type = serializers.ChoiceField(choices=TRIGGERS, default="manual")
    execution_mode = serializers.ChoiceField(choices=MODES, default="lan")
    schedule_cron = serializers.CharField(
        max_length=200, required=False, allow_null=True, allow_blank=True, help_text="When trigger_type is scheduled."
    )
    priority = serializers.IntegerField(
        min_value=0, max_value=HIGHEST_PRIORITY, default=DEFAULT_PRIORITY, help_text="0 is taken first."
    )


class SubmitRequest(StartRequest):
    workflow_name = serializers.CharField(max_length=LONGEST_NAME)
    workflow_json = serializers.DictField(help_text="The graph, with its `nodes`.")
    metadata = serializers.DictField(required=False, allow_null=True)
    workflow_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Of an existing workflow: this becomes its next version."
    )

    def validate_metadata(self, value: Any) -> Any:
        known = MetadataRequest(data=value or {}, context=self.context)
        known.is_valid(raise_exception=True)
        return {**(value or {}), **known.validated_data}


class UploadForm(StartRequest):
    """Describes the form; the fields beside the file may stand in the query as well."""

    file = serializers.FileField(help_text="A .json file: the graph, or an object that has it as `workflow_json`.")


class SubmittedSerializer(AnswerSerializer):
    workflow_id = serializers.UUIDField()
    job_id = serializers.UUIDField(allow_null=True)
    schedule_id = serializers.UUIDField(allow_null=True)
    status = serializers.CharField()
    message = serializers.CharField()
    created_at = serializers.DateTimeField()


class WorkflowQuery(KeysetQuery):
    search = serializers.CharField(max_length=100, default="", allow_blank=True)


class WorkflowSummarySerializer(AnswerSerializer):
    workflow_id = serializers.UUIDField()
    workflow_name = serializers.CharField()
    version = serializers.IntegerField()
    description = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WorkflowSerializer(WorkflowSummarySerializer):
    workflow_json = serializers.DictField()


class WorkflowDeletedSerializer(AnswerSerializer):
    status = serializers.CharField()
    message = serializers.CharField()


COLUMNS = ("id", "name", "version", "description", "created_at", "updated_at")


def submission_of(said: Mapping[str, Any]) -> Submission:
    return Submission(
        name=said["workflow_name"],
        content=said["workflow_json"],
        trigger_type=said["trigger_type"],
        environment=said["execution_mode"],
        schedule_cron=said.get("schedule_cron") or "",
        priority=said["priority"],
        workflow_id=said.get("workflow_id"),
        metadata=said.get("metadata") or {},
    )


def submitted(done: Submitted) -> dict[str, Any]:
    return {
        "workflow_id": done.flow.pk,
        "job_id": done.job_id,
        "schedule_id": done.schedule_id,
        "status": "success",
        "message": done.message,
        "created_at": done.flow.created_at,
    }


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    others = {name: row[name] for name in COLUMNS[2:]}
    return {"workflow_id": row["id"], "workflow_name": row["name"], **others}


def workflow(flow: Flow) -> dict[str, Any]:
    content = content_of(flow, flow.current) if flow.current else {}
    return summary({name: getattr(flow, name) for name in COLUMNS}) | {"workflow_json": content}
