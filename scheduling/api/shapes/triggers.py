"""The shapes of triggers on the wire. What a kind has of its own is its `config`, as Bloxserver's clients know it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from rest_framework import serializers

from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer, checked, shaped
from rdos.kernel.errors import InvalidInput
from scheduling.api.shapes import options
from scheduling.choices import Timing, TriggerKind
from scheduling.models import Trigger
from scheduling.particulars import LONGEST_NAME
from scheduling.services import event_filters, schedules, webhooks

# In a seed's own form there are exactly its keys, and its limits.
SEEDS = ("bloxserver",)
LONGEST_SEED_NAME = 100
SCHEDULE_FACTS = (
    *("timing", "every_seconds", "anchor", "starts_at", "ends_at", "jitter_seconds", "misfire", "catch_up_seconds"),
    "overlap",
)
# Written, and never told again.
SECRETS = ("secret",)
# Where in the config it stands, what a refusal of the services is about.
OF_KINDS = (*schedules.FIELDS, "calendars", *webhooks.FIELDS, *event_filters.FIELDS)
IN_CONFIG = {name: f"config.{name}" for name in OF_KINDS} | {"zone": "config.timezone"}


class TriggerNameField(serializers.CharField):
    def run_validation(self, data: Any = serializers.empty) -> Any:
        name = super().run_validation(data)
        seed = accent_of(self.context.get("request")).name in SEEDS
        if seed and isinstance(name, str) and len(name) > LONGEST_SEED_NAME:
            raise serializers.ValidationError(
                f"Ensure this field has no more than {LONGEST_SEED_NAME} characters.", "max_length"
            )
        return name


class CreateTriggerRequest(options.TriggerFields):
    type = serializers.ChoiceField(choices=TriggerKind.choices)
    name = TriggerNameField(max_length=LONGEST_NAME)
    config = serializers.DictField(
        required=False,
        help_text="What its type has of its own: `cron` and `timezone` of a schedule, and more (docs/schedules.md).",
    )


class UpdateTriggerRequest(options.TriggerFields):
    name = TriggerNameField(max_length=LONGEST_NAME, required=False)
    config = serializers.DictField(
        required=False, help_text="Kept instead of the one before. Options that it does not name stay as they are."
    )


class FireRequest(RequestSerializer):
    input = serializers.JSONField(required=False, allow_null=True, help_text="Instead of the trigger's own.")
    input_payload = serializers.JSONField(required=False, allow_null=True, help_text="The same in Bloxserver's word.")
    variables = serializers.JSONField(required=False, allow_null=True, help_text="The same in Casare's word.")


class TriggerSerializer(AnswerSerializer):
    """Describes what `shown` makes."""

    id = serializers.UUIDField()
    flow_id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=TriggerKind.choices)
    name = serializers.CharField()
    config = serializers.DictField()
    webhook_token = serializers.CharField(allow_null=True, help_text="Told to those who may change the trigger.")
    webhook_url = serializers.CharField(allow_null=True)
    enabled = serializers.BooleanField()
    paused_reason = serializers.CharField(allow_null=True, help_text="Why the hub itself switched it off.")
    input = serializers.JSONField()
    priority = serializers.IntegerField(allow_null=True)
    environment = serializers.CharField()
    pause_after_failures = serializers.IntegerField(allow_null=True)
    metadata = serializers.DictField()
    run_count = serializers.IntegerField()
    failure_count = serializers.IntegerField()
    last_triggered_at = serializers.DateTimeField(allow_null=True)
    next_run_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


def created(said: Mapping[str, Any], request: HttpRequest) -> dict[str, Any]:
    """In the words of the service."""
    kind, config = said["type"], said.get("config")
    if config is None:
        if accent_of(request).name in SEEDS:
            raise InvalidInput(errors={"config": ["This field is required."]}, misshapen=True)
        config = {}
    fields = _fields(said, kind, config, request)
    return {"kind": kind, "name": said["name"], "is_enabled": said.get("enabled", True), **fields}


def changed(said: Mapping[str, Any], kind: str, request: HttpRequest) -> dict[str, Any]:
    fields = _fields(said, kind, said.get("config"), request)
    name = {"name": said["name"]} if "name" in said else {}
    return {"part": fields.pop("part"), "on": said.get("enabled"), "fields": fields | name}


COMMON = ("input", "priority", "environment", "pause_after_failures", "metadata")


def _fields(
    said: Mapping[str, Any], kind: str, config: Mapping[str, Any] | None, request: HttpRequest
) -> dict[str, Any]:
    fields = {name: said[name] for name in COMMON if name in said}
    if config is None:
        return fields | {"part": {}}
    if config.get("type", kind) != kind:
        raise InvalidInput(errors={"config.type": [f"This trigger is of type {kind}."]})
    given = next((config[name] for name in ("default_payload", "defaultPayload") if name in config), None)
    if given is not None:
        fields.setdefault("input", given)
    return fields | {"part": _part(kind, config, request), "config": _kept(config)}


def _part(kind: str, config: Mapping[str, Any], request: HttpRequest) -> dict[str, Any]:
    if kind not in options.CONFIGS:
        return {}
    with options.told_as({}, "config."):
        said = checked(options.CONFIGS[kind](data=dict(config), context={"request": request}))
    return options.time_part(said) if kind == TriggerKind.SCHEDULE else options.part_of(said)


def _kept(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in SECRETS}


def shown(request: HttpRequest, trigger: Trigger, *, with_token: bool) -> dict[str, Any]:
    seed = accent_of(request).name in SEEDS
    token = webhooks.token_of(trigger.webhook) if with_token and trigger.kind == TriggerKind.WEBHOOK else None
    row = {
        "id": trigger.pk,
        "flow_id": trigger.flow_id,
        "type": trigger.kind,
        "name": trigger.name,
        "config": _config(trigger, whole=not seed),
        "webhook_token": token,
        "webhook_url": address_of(request, token) if token else None,
        "created_at": trigger.created_at,
    }
    return shaped(request, row if seed else row | _more(trigger))


def address_of(request: HttpRequest, token: str) -> str:
    return webhooks.address_of(token, request.build_absolute_uri("/").rstrip("/"))


def _more(trigger: Trigger) -> dict[str, Any]:
    scheduled = trigger.kind == TriggerKind.SCHEDULE
    return {
        "enabled": trigger.is_enabled,
        "paused_reason": trigger.paused_reason or None,
        **{name: getattr(trigger, name) for name in COMMON},
        "run_count": trigger.fired_count,
        "failure_count": trigger.failure_count,
        "last_triggered_at": trigger.last_fired_at,
        "next_run_at": trigger.schedule.next_run_at if scheduled else None,
        "updated_at": trigger.updated_at,
    }


def _config(trigger: Trigger, *, whole: bool) -> dict[str, Any]:
    """As it was sent, but what the rows say now is what it says."""
    return {**trigger.config, "type": trigger.kind, **_facts(trigger, whole=whole)}


def _facts(trigger: Trigger, *, whole: bool) -> dict[str, Any]:
    if trigger.kind == TriggerKind.SCHEDULE:
        return _times(trigger, whole=whole)
    if not whole:
        return {}
    if trigger.kind == TriggerKind.WEBHOOK:
        facts = {name: getattr(trigger.webhook, name) for name in webhooks.FIELDS}
        return facts | {"is_signed": bool(trigger.webhook.secret)}
    if trigger.kind == TriggerKind.EVENT:
        return {name: getattr(trigger.event_filter, name) for name in event_filters.FIELDS}
    return {}


def _times(trigger: Trigger, *, whole: bool) -> dict[str, Any]:
    schedule = trigger.schedule
    told: dict[str, Any] = {"cron": schedule.cron} if schedule.timing == Timing.CRON else {}
    told["timezone"] = schedule.zone
    if not whole:
        return told
    facts = {name: getattr(schedule, name) for name in SCHEDULE_FACTS}
    return told | facts | {"calendars": [calendar.pk for calendar in schedule.calendars.all()]}
