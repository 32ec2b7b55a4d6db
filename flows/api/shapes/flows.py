"""The shapes of flows on the wire, in the hub's own words."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from flows.choices import Access, FlowKind, FlowStatus, RunsOn
from flows.models import Flow
from flows.particulars import (
    HIGHEST_PRIORITY,
    LONGEST_DESCRIPTION,
    LONGEST_LABEL,
    LONGEST_MESSAGE,
    LONGEST_NAME,
    LONGEST_RUN_SECONDS,
    LONGEST_TARGET,
    LONGEST_WORD,
    MOST_AT_ONCE,
    MOST_CAPABILITIES,
    MOST_LABELS,
    MOST_RETRIES,
    MOST_TARGETS,
)
from flows.services.versions import content_of
from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer


class FlowFields(RequestSerializer):
    """What may be set when a flow is made and changed afterwards. `null` clears where a field may be empty."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    description = serializers.CharField(
        max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True, allow_null=True
    )
    definition = serializers.JSONField(
        required=False, help_text="What it does: a graph, Node-RED's export, a media flow, or an organism's text."
    )
    message = serializers.CharField(
        max_length=LONGEST_MESSAGE, required=False, allow_blank=True, help_text="Why; kept with the version."
    )
    canvas_state = serializers.DictField(required=False, allow_null=True, help_text="Kept and given back untouched.")
    metadata = serializers.DictField(required=False)
    access = serializers.ChoiceField(choices=Access.choices, required=False)
    runs_on = serializers.ChoiceField(choices=RunsOn.choices, required=False)
    environment = serializers.CharField(max_length=LONGEST_WORD, required=False)
    priority = serializers.IntegerField(min_value=0, max_value=HIGHEST_PRIORITY, required=False)
    capabilities = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_WORD), max_length=MOST_CAPABILITIES, required=False
    )
    labels = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_LABEL, allow_blank=True),
        required=False,
        help_text="A robot's node must carry all of them.",
    )
    target_node_id = serializers.UUIDField(required=False, allow_null=True)
    target_nodes = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TARGET),
        max_length=MOST_TARGETS,
        required=False,
        help_text="Keys or ids of the nodes it is deployed to when nobody names others.",
    )
    max_concurrent = serializers.IntegerField(
        min_value=1, max_value=MOST_AT_ONCE, required=False, allow_null=True, help_text="How many runs at once."
    )
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=LONGEST_RUN_SECONDS, required=False)
    max_retries = serializers.IntegerField(min_value=0, max_value=MOST_RETRIES, required=False)

    def validate_labels(self, value: Any) -> Any:
        if len(value) > MOST_LABELS or any(not 0 < len(name) <= LONGEST_LABEL for name in value):
            raise serializers.ValidationError(f"At most {MOST_LABELS}, with names of 1–{LONGEST_LABEL} characters.")
        return value


class CreateFlowRequest(FlowFields):
    name = serializers.CharField(max_length=LONGEST_NAME)
    kind = serializers.ChoiceField(choices=FlowKind.choices, required=False)
    organism_yaml = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        trim_whitespace=False,
        help_text="The definition of an organism, in Bloxserver's word for it.",
    )


class UpdateFlowRequest(FlowFields):
    pass


class FlowFilter(RequestSerializer):
    kind = serializers.ChoiceField(choices=FlowKind.choices, default="", allow_blank=True)
    status = serializers.ChoiceField(choices=FlowStatus.choices, default="", allow_blank=True)
    search = serializers.CharField(max_length=100, default="", allow_blank=True)


class FlowQuery(FlowFilter, KeysetQuery):
    pass


class FlowSummarySerializer(AnswerSerializer):
    """Describes what `summary` makes."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=FlowKind.choices)
    status = serializers.ChoiceField(choices=FlowStatus.choices)
    error_message = serializers.CharField(allow_null=True)
    runs_on = serializers.ChoiceField(choices=RunsOn.choices)
    access = serializers.ChoiceField(choices=Access.choices)
    user_id = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField()
    revision = serializers.IntegerField()
    environment = serializers.CharField()
    priority = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class FlowSerializer(FlowSummarySerializer):
    """Describes what `flow` makes."""

    definition = serializers.JSONField()
    organism_yaml = serializers.CharField(allow_null=True)
    canvas_state = serializers.DictField(allow_null=True)
    container_id = serializers.CharField(allow_null=True)
    metadata = serializers.DictField()
    capabilities = serializers.ListField(child=serializers.CharField())
    labels = serializers.DictField(child=serializers.CharField())
    target_node_id = serializers.UUIDField(allow_null=True)
    target_nodes = serializers.ListField(child=serializers.CharField())
    deployed_at = serializers.DateTimeField(allow_null=True, help_text="As it is now; null after another definition.")
    max_concurrent = serializers.IntegerField(allow_null=True)
    timeout_seconds = serializers.IntegerField()
    max_retries = serializers.IntegerField()


class MineSerializer(AnswerSerializer):
    revision = serializers.IntegerField()


class TheirsSerializer(AnswerSerializer):
    revision = serializers.IntegerField()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField()
    changed_by = serializers.CharField(allow_null=True)


class EditedSerializer(AnswerSerializer):
    """412: what you wanted, and what is there now."""

    detail = serializers.CharField()
    yours = MineSerializer()
    theirs = TheirsSerializer()


SAME = ("kind", "status", "runs_on", "access", "version", "revision", "environment", "priority")
TIMES = ("created_at", "updated_at")
COLUMNS = ("id", "name", "description", *SAME, "status_reason", "owner_id", *TIMES)
MORE = (
    *("metadata", "capabilities", "labels", "target_node_id", "target_nodes", "deployed_at"),
    *("max_concurrent", "timeout_seconds", "max_retries"),
)


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS)`."""
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"] or None,
        **{name: row[name] for name in SAME},
        "error_message": row["status_reason"] or None,
        "user_id": row["owner_id"],
        **{name: row[name] for name in TIMES},
    }


def narrowed(rows: QuerySet[Flow], asked: Mapping[str, Any]) -> QuerySet[Flow]:
    """By what `FlowFilter` asks for."""
    wanted = {name: asked[name] for name in ("kind", "status") if asked[name]}
    return rows.filter(name__icontains=asked["search"], **wanted) if asked["search"] else rows.filter(**wanted)


def definition_of(flow: Flow) -> Any:
    return content_of(flow, flow.current) if flow.current else None


def flow(found: Flow) -> dict[str, Any]:
    definition = definition_of(found)
    return summary({name: getattr(found, name) for name in COLUMNS}) | {
        "definition": definition,
        "organism_yaml": definition if found.kind == FlowKind.ORGANISM else None,
        "canvas_state": found.canvas,
        "container_id": found.runner_id or None,
        **{name: getattr(found, name) for name in MORE},
    }
