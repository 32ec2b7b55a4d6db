"""The shapes of schedules on the wire: the keys of Casare's seed, those its dashboards read beside them, and ours."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers

from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from scheduling.api.shapes import options
from scheduling.choices import Misfire, Overlap, Timing
from scheduling.particulars import HIGHEST_PRIORITY, LONGEST_CRON, LONGEST_NAME, LONGEST_WORD

MODES = ("lan", "internet")
# As the seed has it, whatever the flow's own is; null asks for that.
DEFAULT_PRIORITY = 10
FURTHEST = 1_000_000
NOT_A_UUID = "Invalid {name} format. Expected UUID."
OF_SCHEDULE = (
    *("timing", "every_seconds", "anchor", "starts_at", "ends_at", "jitter_seconds", "misfire", "catch_up_seconds"),
    *("overlap", "next_due_at"),
)
COLUMNS = (
    *("id", "flow_id", "flow__name", "flow__priority", "flow__environment", "name", "is_enabled", "paused_reason"),
    *("priority", "environment", "fired_count", "failure_count", "last_fired_at", "pause_after_failures"),
    *("created_at", "updated_at", "schedule__cron", "schedule__zone", "schedule__next_run_at"),
    *(f"schedule__{name}" for name in OF_SCHEDULE),
)


class WorkflowIdField(serializers.UUIDField):
    default_error_messages = {"invalid": NOT_A_UUID.format(name="workflow_id")}


class ScheduleFields(options.TriggerFields, options.TimeOptions):
    schedule_name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    name = serializers.CharField(max_length=LONGEST_NAME, required=False, help_text="The same in the dashboard's word.")
    cron_expression = serializers.CharField(
        max_length=LONGEST_CRON,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Five fields, or six with the seconds last; or @daily and the like.",
    )
    execution_mode = serializers.CharField(
        max_length=LONGEST_WORD,
        required=False,
        allow_null=True,
        help_text="lan or internet: where its runs go; else where its workflow's do. `environment` outweighs it.",
    )

    def validate(self, attrs: Any) -> Any:
        # Whoever sends back what they were answered sends both.
        mode = None if "environment" in attrs else attrs.get("execution_mode")
        if mode is not None and mode not in MODES:
            told = f'"{mode}" is not a valid choice.'
            raise serializers.ValidationError({"execution_mode": [told]}, "invalid_choice")
        return attrs


class CreateScheduleRequest(ScheduleFields):
    workflow_id = WorkflowIdField()
    priority = serializers.IntegerField(
        min_value=0, max_value=HIGHEST_PRIORITY, default=DEFAULT_PRIORITY, allow_null=True
    )

    def validate(self, attrs: Any) -> Any:
        attrs, missing = super().validate(attrs), {}
        if not (attrs.get("schedule_name") or attrs.get("name")):
            missing["schedule_name"] = ["This field is required."]
        if "timing" not in options.time_part(attrs, anew=True):
            missing["cron_expression"] = ["This field is required."]
        if missing:
            raise serializers.ValidationError(missing, "required")
        return attrs


class UpdateScheduleRequest(ScheduleFields):
    """What is not sent stays as it is."""


class ScheduleQuery(KeysetQuery):
    workflow_id = WorkflowIdField(default=None, allow_null=True)
    enabled = serializers.BooleanField(default=None, allow_null=True)
    offset = serializers.IntegerField(
        min_value=0,
        max_value=FURTHEST,
        required=False,
        help_text="How many to pass over. Whoever says it is answered with an object that holds the list.",
    )


class UpcomingQuery(RequestSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)
    workflow_id = WorkflowIdField(default=None, allow_null=True)


class ScheduleSerializer(AnswerSerializer):
    """Describes what `row` makes."""

    schedule_id = serializers.UUIDField()
    workflow_id = serializers.UUIDField()
    schedule_name = serializers.CharField()
    cron_expression = serializers.CharField(help_text="Empty unless it keeps time by one.")
    enabled = serializers.BooleanField()
    priority = serializers.IntegerField()
    execution_mode = serializers.CharField(help_text="lan and internet are Casare's words; a flow may have others.")
    next_run = serializers.DateTimeField(allow_null=True)
    last_run = serializers.DateTimeField(allow_null=True)
    run_count = serializers.IntegerField()
    failure_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    name = serializers.CharField()
    workflow_name = serializers.CharField()
    timezone = serializers.CharField()
    next_run_at = serializers.DateTimeField(allow_null=True)
    last_run_at = serializers.DateTimeField(allow_null=True)
    input = serializers.JSONField()
    timing = serializers.ChoiceField(choices=Timing.choices)
    every_seconds = serializers.IntegerField(allow_null=True)
    anchor = serializers.DateTimeField(allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    jitter_seconds = serializers.IntegerField()
    misfire = serializers.ChoiceField(choices=Misfire.choices)
    catch_up_seconds = serializers.IntegerField()
    overlap = serializers.ChoiceField(choices=Overlap.choices)
    calendars = serializers.ListField(child=serializers.UUIDField())
    next_due_at = serializers.DateTimeField(allow_null=True, help_text="`next_run` without the jitter.")
    environment = serializers.CharField(help_text="Of its own; empty where its flow's holds.")
    pause_after_failures = serializers.IntegerField(allow_null=True)
    paused_reason = serializers.CharField(allow_null=True, help_text="Why the hub itself switched it off.")


class SchedulesSerializer(AnswerSerializer):
    schedules = ScheduleSerializer(many=True)
    total = serializers.IntegerField()


class UpcomingSerializer(AnswerSerializer):
    """Describes what `soon` makes."""

    schedule_id = serializers.UUIDField()
    schedule_name = serializers.CharField()
    workflow_id = serializers.UUIDField()
    workflow_name = serializers.CharField()
    next_run = serializers.DateTimeField()
    type = serializers.ChoiceField(choices=Timing.choices)
    status = serializers.CharField()


class TriggeredSerializer(AnswerSerializer):
    status = serializers.CharField()
    message = serializers.CharField()
    job_id = serializers.UUIDField()


class ScheduleDeletedSerializer(AnswerSerializer):
    status = serializers.CharField()
    message = serializers.CharField()


COMMON = ("input", "priority", "environment", "pause_after_failures", "metadata")
# As the rows call them, and as they are called here.
TOLD = {"cron": "cron_expression", "zone": "timezone"}


def fields_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """In the words of the service."""
    fields = {name: said[name] for name in COMMON if name in said}
    if "execution_mode" in said and "environment" not in said:
        fields["environment"] = said["execution_mode"] or ""
    if name := said.get("schedule_name") or said.get("name"):
        fields["name"] = name
    return fields


def row(found: Mapping[str, Any], given: Any, calendars: Sequence[UUID]) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS)`."""
    mode = found["environment"] or found["flow__environment"]
    return {
        "schedule_id": found["id"],
        "workflow_id": found["flow_id"],
        "schedule_name": found["name"],
        "cron_expression": found["schedule__cron"] if found["schedule__timing"] == Timing.CRON else "",
        "enabled": found["is_enabled"],
        "priority": found["flow__priority"] if found["priority"] is None else found["priority"],
        "execution_mode": mode,
        "next_run": found["schedule__next_run_at"],
        "last_run": found["last_fired_at"],
        "run_count": found["fired_count"],
        "failure_count": found["failure_count"],
        "created_at": found["created_at"],
        "updated_at": found["updated_at"],
        "name": found["name"],
        "workflow_name": found["flow__name"],
        "timezone": found["schedule__zone"],
        "next_run_at": found["schedule__next_run_at"],
        "last_run_at": found["last_fired_at"],
        "input": given,
        **{name: found[f"schedule__{name}"] for name in OF_SCHEDULE},
        "calendars": calendars,
        "environment": found["environment"],
        "pause_after_failures": found["pause_after_failures"],
        "paused_reason": found["paused_reason"] or None,
    }


SOON = ("trigger_id", "timing", "next_run_at", "trigger__name", "trigger__flow_id", "trigger__flow__name")


def soon(found: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row of `values(*SOON)`."""
    return {
        "schedule_id": found["trigger_id"],
        "schedule_name": found["trigger__name"],
        "workflow_id": found["trigger__flow_id"],
        "workflow_name": found["trigger__flow__name"],
        "next_run": found["next_run_at"],
        "type": found["timing"],
        "status": "active",
    }
