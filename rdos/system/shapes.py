"""The shapes of /system on the wire."""

from rest_framework import serializers

from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from rdos.kernel.models.hub_line import Level


class InfoSerializer(AnswerSerializer):
    version = serializers.CharField()
    hostname = serializers.CharField()
    platform = serializers.CharField()
    python_version = serializers.CharField()
    uptime_seconds = serializers.FloatField(help_text="Of the process that answers.")
    memory_usage_mb = serializers.FloatField(help_text="Used on the whole machine.")
    cpu_percent = serializers.FloatField(help_text="Of the whole machine, since the last time somebody asked.")
    nats_connected = serializers.BooleanField()
    redis_connected = serializers.BooleanField()
    database_connected = serializers.BooleanField()


class ChecksSerializer(AnswerSerializer):
    nats = serializers.BooleanField()
    api = serializers.BooleanField()
    redis = serializers.BooleanField()
    database = serializers.BooleanField()


class SystemHealthSerializer(AnswerSerializer):
    status = serializers.ChoiceField(choices=["healthy", "degraded"])
    version = serializers.CharField()
    checks = ChecksSerializer()
    timestamp = serializers.DateTimeField()


class HubLogQuery(RequestSerializer):
    level = serializers.ChoiceField(choices=Level.choices, required=False, help_text="This level and no other.")
    module = serializers.CharField(max_length=200, required=False, help_text="The whole name.")
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class HubLineSerializer(AnswerSerializer):
    timestamp = serializers.DateTimeField(source="at")
    level = serializers.ChoiceField(choices=Level.choices)
    module = serializers.CharField()
    message = serializers.CharField()
    metadata = serializers.DictField()


class BackupBegunSerializer(AnswerSerializer):
    status = serializers.ChoiceField(choices=["initiated"])
    backup_id = serializers.CharField()
    message = serializers.CharField()
