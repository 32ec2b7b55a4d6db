"""The shapes of what a schedule would do."""

from typing import Any

from rest_framework import serializers

from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from scheduling.api.shapes import options
from scheduling.particulars import LONGEST_CRON
from scheduling.services.preview import MOST_SHOWN, Fire, Preview

USUAL = 10
MARKS = ("", "gap", "fold")


class PreviewQuery(RequestSerializer):
    n = serializers.IntegerField(min_value=1, max_value=MOST_SHOWN, default=USUAL)


class PreviewRequest(options.TimeOptions, PreviewQuery):
    cron_expression = serializers.CharField(max_length=LONGEST_CRON, required=False, allow_blank=True, allow_null=True)

    def validate(self, attrs: Any) -> Any:
        if "timing" not in options.time_part(attrs, anew=True):
            raise serializers.ValidationError({"cron_expression": ["This field is required."]}, "required")
        return attrs


class NeighbourSerializer(AnswerSerializer):
    schedule_id = serializers.UUIDField()
    schedule_name = serializers.CharField()


class FireSerializer(AnswerSerializer):
    due_at = serializers.DateTimeField()
    local = serializers.CharField(help_text="What the clock there shows, with its offset.")
    mark = serializers.ChoiceField(choices=MARKS, allow_blank=True)
    runs_at = serializers.DateTimeField(allow_null=True, help_text="Later by the jitter of a saved schedule.")
    excluded = serializers.CharField(help_text="Why it does not go off then; empty if it does.")
    collisions = serializers.IntegerField(help_text="How many other schedules are due in the same minute.")
    colliding = NeighbourSerializer(many=True, help_text="The first of those that you see.")


class LoadSerializer(AnswerSerializer):
    minute = serializers.DateTimeField()
    schedules = serializers.IntegerField(help_text="How many other schedules are due in it.")


class PreviewSerializer(AnswerSerializer):
    """Describes what `shown` makes."""

    words = serializers.CharField()
    timezone = serializers.CharField()
    fires = FireSerializer(many=True)
    load = LoadSerializer(many=True, help_text="Of the hour of the first fire, minute by minute.")
    considered = serializers.IntegerField(help_text="How many other schedules were looked at.")
    is_partial = serializers.BooleanField(help_text="There are more than were looked at; those due soonest were.")


def shown(found: Preview) -> dict[str, Any]:
    return {
        "words": found.words,
        "timezone": found.zone,
        "fires": [_fire(fire) for fire in found.fires],
        "load": [{"minute": one.minute, "schedules": one.others} for one in found.load],
        "considered": found.considered,
        "is_partial": found.is_partial,
    }


def _fire(fire: Fire) -> dict[str, Any]:
    return {
        "due_at": fire.due_at,
        "local": fire.local.isoformat(),
        "mark": fire.mark,
        "runs_at": fire.runs_at,
        "excluded": fire.excluded,
        "collisions": fire.others,
        "colliding": [{"schedule_id": pk, "schedule_name": name} for pk, name in fire.named],
    }
