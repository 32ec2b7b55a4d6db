"""The shapes of twins and configurations on the wire."""

from typing import Any

from rest_framework import serializers

from devices import drift
from devices.choices import Side, TwinPolicy
from devices.models import ConfigVersion
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer


class TwinRequest(RequestSerializer):
    policy = serializers.ChoiceField(choices=TwinPolicy.choices, required=False)
    desired = serializers.DictField(required=False, help_text="The configuration the node should have.")


class VersionsQuery(RequestSerializer):
    side = serializers.ChoiceField(choices=Side.choices, required=False)


class VersionSerializer(AnswerSerializer):
    side = serializers.ChoiceField(choices=Side.choices)
    number = serializers.IntegerField()
    digest = serializers.CharField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True)


class VersionContentSerializer(VersionSerializer):
    content = serializers.JSONField()


class DesiredSerializer(AnswerSerializer):
    number = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True)


class ReportedSerializer(AnswerSerializer):
    number = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    at = serializers.DateTimeField(allow_null=True, help_text="When the node last reported it.")
    fresh = serializers.BooleanField(help_text="Reported in its present session, with no command answered since.")


class DifferenceSerializer(AnswerSerializer):
    path = serializers.CharField()
    kind = serializers.ChoiceField(choices=[drift.EXTRA, drift.MISSING, drift.DIFFERENT])
    desired = serializers.JSONField(required=False)
    reported = serializers.JSONField(required=False)


class TwinSerializer(AnswerSerializer):
    policy = serializers.ChoiceField(choices=TwinPolicy.choices)
    desired = DesiredSerializer(allow_null=True)
    reported = ReportedSerializer(allow_null=True)
    in_sync = serializers.BooleanField(allow_null=True, help_text="null while one side is unknown.")
    drifted_at = serializers.DateTimeField(allow_null=True)
    heal_after = serializers.DateTimeField(allow_null=True)
    drift = DifferenceSerializer(many=True)


def version_of(version: ConfigVersion) -> dict[str, Any]:
    return {
        "side": version.side,
        "number": version.number,
        "digest": version.digest,
        "created_at": version.created_at,
        "created_by": version.created_by_label or None,
    }
