"""The shapes of telemetry on the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from telemetry.choices import LogLevel, Severity
from telemetry.models.series import LONGEST_NAME

LARGEST_ID = 2**63 - 1
MOST_IDS = 1000
MOST_SERIES = 20


class Period(RequestSerializer):
    """`from` is a word of Python's own, so these two have other names inside."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        period = {
            "from": serializers.DateTimeField(source="since", required=False, help_text="From this moment on."),
            "to": serializers.DateTimeField(source="until", required=False, help_text="Up to this moment."),
        }
        return {**super().get_fields(), **period}


class EventFilter(Period):
    node_id = serializers.UUIDField(required=False)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    category = serializers.CharField(max_length=256, required=False, allow_blank=True)
    flow_id = serializers.CharField(max_length=256, required=False, allow_blank=True)
    search = serializers.CharField(
        max_length=256,
        required=False,
        allow_blank=True,
        help_text="Part of message, category, severity, node id or node name.",
    )


class EventQuery(EventFilter):
    page = serializers.IntegerField(min_value=1, max_value=10_000, default=1)
    per_page = serializers.IntegerField(min_value=1, max_value=200, default=50)


@extend_schema_field(
    {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}, "maxItems": MOST_IDS}
)
class EventIds(serializers.Field[list[int], Any, Any, Any]):
    """A thousand wrong ids are refused in one sentence, not in a thousand."""

    default_error_messages = {"invalid": f"Up to {MOST_IDS} ids of events, as numbers."}

    def to_internal_value(self, data: Any) -> list[int]:
        if not isinstance(data, list) or len(data) > MOST_IDS or not all(map(_is_id, data)):
            self.fail("invalid")
        return data


def _is_id(value: Any) -> bool:
    return type(value) is int and 1 <= value <= LARGEST_ID


class AcknowledgeRequest(EventFilter):
    """Which events: these ids, or whatever matches the filter, or all."""

    ids = EventIds(required=False)
    all = serializers.BooleanField(default=False)


class EventSerializer(AnswerSerializer):
    id = serializers.IntegerField()
    node_id = serializers.UUIDField(allow_null=True)
    node_name = serializers.CharField(allow_null=True)
    severity = serializers.ChoiceField(choices=Severity.choices)
    category = serializers.CharField()
    message = serializers.CharField()
    details = serializers.JSONField(allow_null=True)
    flow_id = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    times = serializers.IntegerField()
    acknowledged = serializers.BooleanField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.UUIDField(allow_null=True)


class CountSerializer(AnswerSerializer):
    count = serializers.IntegerField()


class AcknowledgedSerializer(AnswerSerializer):
    acknowledged = serializers.IntegerField()


class SampleQuery(Period):
    names = serializers.CharField(
        max_length=2000, default="", allow_blank=True, help_text="Comma separated; without any, the first twenty."
    )
    limit = serializers.IntegerField(min_value=1, max_value=2000, default=500, help_text="For each name, the newest.")

    def validate_names(self, text: str) -> list[str]:
        names = sorted({name.strip() for name in text.split(",") if name.strip()})
        if len(names) > MOST_SERIES or any(len(name) > LONGEST_NAME for name in names):
            raise serializers.ValidationError(f"At most {MOST_SERIES} names of at most {LONGEST_NAME} characters.")
        return names


class SampleSerializer(AnswerSerializer):
    at = serializers.DateTimeField()
    value = serializers.FloatField()


class LogQuery(RequestSerializer):
    level = serializers.ChoiceField(
        choices=LogLevel.choices, default="", allow_blank=True, help_text="This level and worse."
    )
    search = serializers.CharField(max_length=256, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    cursor = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)


class LogLineSerializer(AnswerSerializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    level = serializers.ChoiceField(choices=LogLevel.choices)
    source = serializers.CharField()  # type: ignore[assignment] # Field has an attribute of that name
    message = serializers.CharField()
