"""What may be said of a trigger of each kind: how a schedule keeps time, what a webhook asks of a delivery, which
entries of the journal an event trigger heeds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rest_framework import serializers

from flows.services import queueing
from rdos.kernel.api.serializers import RequestSerializer
from rdos.kernel.errors import InvalidInput
from scheduling.choices import Misfire, Overlap, Timing, TriggerKind
from scheduling.particulars import (
    EARLIEST,
    HIGHEST_PRIORITY,
    LARGEST_BODY,
    LATEST,
    LONGEST_ACTION,
    LONGEST_CONDITION,
    LONGEST_CRON,
    LONGEST_DAY,
    LONGEST_HEADER,
    LONGEST_LABEL,
    LONGEST_SECRET,
    LONGEST_SPAN,
    LONGEST_TYPE,
    LONGEST_VALUE,
    LONGEST_WORD,
    LONGEST_ZONE,
    MOST_ACTIONS,
    MOST_ADDRESSES,
    MOST_CALENDARS,
    MOST_FAILURES,
    MOST_HEADERS,
    MOST_LABELS,
    MOST_PER_MINUTE,
)


class Moment(serializers.DateTimeField):
    def to_internal_value(self, value: Any) -> datetime:
        found: datetime = super().to_internal_value(value)
        if not EARLIEST <= found <= LATEST:
            raise serializers.ValidationError("A moment between 1970 and 2200.", "range")
        return found


class TriggerFields(RequestSerializer):
    """What its runs are given, and when it gives up."""

    input = serializers.JSONField(required=False, allow_null=True, help_text="What each of its runs is given.")
    priority = serializers.IntegerField(
        min_value=0,
        max_value=HIGHEST_PRIORITY,
        required=False,
        allow_null=True,
        help_text="0 is first; null: its flow's.",
    )
    environment = serializers.CharField(
        max_length=LONGEST_WORD, required=False, allow_blank=True, help_text="Empty: its flow's."
    )
    pause_after_failures = serializers.IntegerField(
        min_value=1,
        max_value=MOST_FAILURES,
        required=False,
        allow_null=True,
        help_text="So many failed runs in a row switch it off.",
    )
    metadata = serializers.DictField(required=False, allow_null=True, help_text="Kept; nothing here reads it.")
    enabled = serializers.BooleanField(required=False)

    def validate_input(self, value: Any) -> Any:
        # Refused now rather than whenever it is due.
        queueing.text_of(value)
        return value

    def validate_metadata(self, value: Any) -> Any:
        return value or {}


class TimeOptions(RequestSerializer):
    """How a schedule keeps time. What is not said has its default, or stays as it is."""

    timing = serializers.ChoiceField(
        choices=Timing.choices,
        required=False,
        help_text="Else what is said decides: an expression, an interval, a moment.",
    )
    timezone = serializers.CharField(max_length=LONGEST_ZONE, required=False, help_text="An IANA name; UTC if unsaid.")
    every_seconds = serializers.IntegerField(min_value=1, max_value=LONGEST_SPAN, required=False, allow_null=True)
    anchor = Moment(required=False, allow_null=True, help_text="Where an interval is counted from, or the one moment.")
    starts_at = Moment(required=False, allow_null=True)
    ends_at = Moment(required=False, allow_null=True)
    jitter_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_DAY, required=False)
    misfire = serializers.ChoiceField(choices=Misfire.choices, required=False)
    catch_up_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_SPAN, required=False)
    overlap = serializers.ChoiceField(choices=Overlap.choices, required=False)
    calendars = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_CALENDARS,
        required=False,
        help_text="It does not go off in what these leave out.",
    )


class ScheduleConfig(TimeOptions):
    cron = serializers.CharField(max_length=LONGEST_CRON, required=False, allow_blank=True, allow_null=True)
    grace_period_minutes = serializers.IntegerField(min_value=0, max_value=LONGEST_SPAN // 60, required=False)


class WebhookConfig(RequestSerializer):
    secret = serializers.CharField(
        max_length=LONGEST_SECRET, required=False, allow_blank=True, allow_null=True, trim_whitespace=False
    )
    replay_seconds = serializers.IntegerField(min_value=1, max_value=LONGEST_DAY, required=False)
    content_type = serializers.CharField(max_length=LONGEST_TYPE, required=False, allow_blank=True)
    required_headers = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_VALUE, allow_blank=True), required=False
    )
    allowed_addresses = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=MOST_ADDRESSES, required=False
    )
    allowed_ips = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=MOST_ADDRESSES, required=False
    )
    largest_body = serializers.IntegerField(min_value=1, max_value=LARGEST_BODY, required=False)
    per_minute = serializers.IntegerField(min_value=1, max_value=MOST_PER_MINUTE, required=False, allow_null=True)

    def validate_required_headers(self, value: Any) -> Any:
        if len(value) > MOST_HEADERS or any(not 0 < len(name) <= LONGEST_HEADER for name in value):
            raise serializers.ValidationError(f"At most {MOST_HEADERS}, with names of 1–{LONGEST_HEADER} characters.")
        return value


class EventConfig(RequestSerializer):
    actions = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_ACTION), max_length=MOST_ACTIONS, required=False
    )
    severities = serializers.ListField(child=serializers.CharField(max_length=20), max_length=10, required=False)
    labels = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_LABEL, allow_blank=True), required=False
    )
    condition = serializers.CharField(max_length=LONGEST_CONDITION, required=False, allow_blank=True)
    debounce_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_SPAN, required=False)
    per_minute = serializers.IntegerField(min_value=1, max_value=MOST_PER_MINUTE, required=False, allow_null=True)

    def validate_labels(self, value: Any) -> Any:
        if len(value) > MOST_LABELS:
            raise serializers.ValidationError(f"At most {MOST_LABELS}.")
        return value


CONFIGS: dict[str, type[RequestSerializer]] = {
    TriggerKind.SCHEDULE: ScheduleConfig,
    TriggerKind.WEBHOOK: WebhookConfig,
    TriggerKind.EVENT: EventConfig,
}
# Where the wire has other names than the rows, and in which of them null means "no more".
ROWS = {"cron_expression": "cron", "timezone": "zone", "allowed_ips": "allowed_addresses"}
MAY_BE_NULL = frozenset({"starts_at", "ends_at", "per_minute", "secret"})
TIMES = frozenset({*TimeOptions._declared_fields, "cron", "cron_expression"})


def part_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """In the words of the rows."""
    part = {ROWS.get(name, name): value for name, value in said.items() if value is not None or name in MAY_BE_NULL}
    if (minutes := part.pop("grace_period_minutes", None)) is not None:
        part.setdefault("catch_up_seconds", minutes * 60)
    return part


def time_part(said: Mapping[str, Any], *, anew: bool = False) -> dict[str, Any]:
    """Without the timing it is plain from what is said; of an anchor alone only in a new schedule."""
    part = part_of({name: said[name] for name in said if name in TIMES or name == "grace_period_minutes"})
    if "timing" not in part and (timing := _timing(part, anew)):
        part["timing"] = timing
    return part


def _timing(part: Mapping[str, Any], anew: bool) -> str:
    if part.get("cron"):
        return Timing.CRON
    if part.get("every_seconds"):
        return Timing.INTERVAL
    return Timing.ONCE if anew and part.get("anchor") else ""


@contextmanager
def told_as(names: Mapping[str, str], prefix: str = "") -> Iterator[None]:
    """A refusal names the fields of a row; whoever sent them knows other names."""
    try:
        yield
    except InvalidInput as error:
        if error.errors:
            error.errors = {prefix + names.get(name, name): texts for name, texts in error.errors.items()}
        raise
