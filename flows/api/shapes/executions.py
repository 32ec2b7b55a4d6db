"""The shapes of runs on the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from flows.choices import ExecutionStatus, RunsOn, StartedBy, StepStatus
from flows.models import Execution
from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from rdos.kernel.secrecy import mask_text

MOST_INPUTS = 20_000
HIGHEST_PRIORITY, LOWEST_PRIORITY = 0, 20
LONGEST_DELAY = 366 * 86_400
# Of an error in a list.
LONGEST_ERROR = 500
COLUMNS = (
    *("id", "flow_id", "flow_name", "version__number", "status", "runs_on", "priority", "environment", "robot_key"),
    *("trigger_type", "trigger_id", "retry_count", "max_retries", "progress", "current_node", "message", "error"),
    *("error_type", "created_at", "ready_at", "claimed_at", "started_at", "completed_at"),
)
STEP_COLUMNS = ("id", "fence", "node_id", "node_type", "status", "started_at", "duration_ms", "outputs", "error")
LINE_COLUMNS = ("id", "at", "level", "message", "source")
LATE_COLUMNS = ("robot_key", "fence", "said", "payload", "at")
MOST_SHOWN = 1000


@extend_schema_field({"type": "array", "items": {}})
class Inputs(serializers.Field):  # type: ignore[type-arg] # a list of anything, twenty thousand at a time
    """Looked at as a whole: a field for each item would cost more than the rows themselves."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise serializers.ValidationError("Not a list.", "not_a_list")
        if not 1 <= len(data) <= MOST_INPUTS:
            raise serializers.ValidationError(f"Between 1 and {MOST_INPUTS} of them.", "length")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class Texts(Inputs):
    LONGEST = 200

    def to_internal_value(self, data: Any) -> list[Any]:
        texts = super().to_internal_value(data)
        if not all(isinstance(text, str) and 0 < len(text) <= self.LONGEST for text in texts):
            raise serializers.ValidationError(f"Each is a text of 1 to {self.LONGEST} characters.", "invalid")
        return texts


class StartFields(RequestSerializer):
    """What may be said of a run when it begins."""

    input = serializers.JSONField(required=False, allow_null=True, default=None)
    priority = serializers.IntegerField(
        min_value=HIGHEST_PRIORITY, max_value=LOWEST_PRIORITY, required=False, allow_null=True, help_text="0 is first."
    )
    environment = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    robot_id = serializers.CharField(max_length=64, required=False, allow_null=True, help_text="Only this robot.")
    capabilities = serializers.ListField(
        child=serializers.CharField(max_length=128), max_length=50, required=False, default=list
    )
    max_retries = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    delay_seconds = serializers.FloatField(min_value=0, max_value=LONGEST_DELAY, required=False, allow_null=True)
    not_before = serializers.DateTimeField(required=False, allow_null=True)
    deadline = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Not begun by then, it is given up."
    )
    dedup_key = serializers.CharField(
        max_length=200, required=False, allow_null=True, help_text="A flow runs once for each."
    )


class EnqueueRequest(StartFields):
    flow_id = serializers.UUIDField()
    inputs = Inputs(required=False, help_text="One run for each, instead of `input`.")
    dedup_keys = Texts(required=False, help_text="One for each of the inputs.")


class EnqueuedSerializer(AnswerSerializer):
    execution_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="In the order of the inputs; those that were there already included."
    )
    created = serializers.IntegerField()
    existing = serializers.IntegerField()


class ExecutionQuery(KeysetQuery):
    status = serializers.ChoiceField(choices=ExecutionStatus.choices, default="", allow_blank=True)
    flow_id = serializers.UUIDField(default=None, allow_null=True)
    robot = serializers.CharField(max_length=64, default="", allow_blank=True)
    trigger_type = serializers.ChoiceField(choices=StartedBy.choices, default="", allow_blank=True)
    environment = serializers.CharField(max_length=64, default="", allow_blank=True)
    since = serializers.DateTimeField(default=None, allow_null=True)
    until = serializers.DateTimeField(default=None, allow_null=True)


class AfterQuery(RequestSerializer):
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_SHOWN, default=100)


class PriorityRequest(RequestSerializer):
    priority = serializers.IntegerField(min_value=HIGHEST_PRIORITY, max_value=LOWEST_PRIORITY)


class ReasonRequest(RequestSerializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ExecutionSerializer(AnswerSerializer):
    """Describes what `row` makes."""

    id = serializers.UUIDField()
    flow_id = serializers.UUIDField()
    flow_name = serializers.CharField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ExecutionStatus.choices)
    runs_on = serializers.ChoiceField(choices=RunsOn.choices)
    priority = serializers.IntegerField()
    environment = serializers.CharField()
    robot_id = serializers.CharField(allow_null=True)
    trigger_type = serializers.ChoiceField(choices=StartedBy.choices)
    trigger_id = serializers.UUIDField(allow_null=True)
    retry_count = serializers.IntegerField()
    max_retries = serializers.IntegerField()
    progress = serializers.IntegerField()
    current_node = serializers.CharField(allow_null=True)
    message = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    error_type = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField()
    claimed_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)


class StepSerializer(AnswerSerializer):
    id = serializers.IntegerField()
    fence = serializers.IntegerField(help_text="Of the grant in which it was done.")
    node_id = serializers.CharField()
    node_type = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=StepStatus.choices)
    started_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    outputs = serializers.JSONField(help_text="Any JSON, null included.")
    error = serializers.CharField(allow_blank=True)


class LineSerializer(AnswerSerializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    level = serializers.CharField()
    message = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # the wire's own name


class LateResultSerializer(AnswerSerializer):
    robot_key = serializers.CharField()
    fence = serializers.IntegerField(allow_null=True)
    said = serializers.CharField()
    payload = serializers.JSONField(help_text="Any JSON, null included.")
    at = serializers.DateTimeField()


class StarterSerializer(AnswerSerializer):
    kind = serializers.CharField(allow_blank=True)
    id = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


class ExecutionDetailSerializer(ExecutionSerializer):
    input = serializers.JSONField(help_text="Any JSON, null included.")
    result = serializers.JSONField(help_text="Any JSON, null included.")
    fence = serializers.IntegerField()
    lease_until = serializers.DateTimeField(allow_null=True)
    begin_by = serializers.DateTimeField(allow_null=True)
    ends_by = serializers.DateTimeField(allow_null=True)
    wake_at = serializers.DateTimeField(allow_null=True)
    timeout_seconds = serializers.IntegerField()
    dedup_key = serializers.CharField(allow_null=True)
    retry_of = serializers.UUIDField(allow_null=True)
    created_by = StarterSerializer()
    dead_letter_id = serializers.UUIDField(allow_null=True)
    steps = StepSerializer(many=True)
    late_results = LateResultSerializer(many=True)


class ReasonSerializer(AnswerSerializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class RobotReasonsSerializer(AnswerSerializer):
    robot_id = serializers.CharField()
    name = serializers.CharField()
    could = serializers.BooleanField()
    reasons = ReasonSerializer(many=True)


class WhySerializer(AnswerSerializer):
    runnable = serializers.BooleanField()
    status = serializers.CharField()
    reasons = ReasonSerializer(many=True)
    robots = RobotReasonsSerializer(many=True)


def duration_ms(started: datetime | None, completed: datetime | None) -> int | None:
    """To the millisecond."""
    if started is None or completed is None:
        return None
    return round((completed - started).total_seconds() * 1000)


def row(found: Mapping[str, Any], *, longest_error: int = LONGEST_ERROR) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS)`."""
    told = {name: found[name] for name in COLUMNS if name not in ("version__number", "robot_key")}
    told["version"] = found["version__number"]
    told["robot_id"] = found["robot_key"] or None
    told["error"] = mask_text(found["error"][:longest_error]) or None
    for name in ("error_type", "current_node", "message"):
        told[name] = found[name] or None
    told["duration_ms"] = duration_ms(found["started_at"], found["completed_at"])
    return told


DETAILS = (
    *("input", "result", "fence", "lease_until", "begin_by", "ends_by", "wake_at", "timeout_seconds", "dedup_key"),
)


def detail(
    execution: Execution, steps: Sequence[Mapping[str, Any]], late: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    found = {name: getattr(execution, name) for name in COLUMNS if name != "version__number"}
    told = row(found | {"version__number": execution.version.number}, longest_error=len(execution.error))
    letter = getattr(execution, "dead_letter", None)
    return (
        told
        | {name: getattr(execution, name) for name in DETAILS}
        | {
            "retry_of": execution.retry_of_id,
            "created_by": {
                "kind": execution.created_by_kind,
                "id": execution.created_by_id,
                "name": execution.created_by_label,
            },
            "dead_letter_id": letter.pk if letter else None,
            "steps": steps,
            "late_results": late,
        }
    )
