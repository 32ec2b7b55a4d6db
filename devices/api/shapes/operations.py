"""The shapes of operations on the wire."""

from typing import Any

from rest_framework import serializers

from devices.api.shapes.commands import LONGEST_TTL, MakerSerializer, maker_of
from devices.choices import CommandStatus
from devices.models import Operation
from devices.services.operations import MOST_NODES
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer


class OperationRequest(RequestSerializer):
    action = serializers.JSONField(help_text="An object with the `type` of the command and whatever belongs to it.")
    node_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_NODES, required=False)
    group_id = serializers.UUIDField(required=False)
    labels = serializers.DictField(
        child=serializers.CharField(max_length=128, allow_blank=True, trim_whitespace=False),
        allow_empty=False,
        required=False,
    )
    ttl = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_TTL,
        default=86_400,
        help_text="How long it waits for nodes that are offline, in seconds. Nodes of the bus get a minute at most.",
    )
    title = serializers.CharField(max_length=200, default="", allow_blank=True)


class RetryRequest(RequestSerializer):
    ttl = serializers.IntegerField(min_value=1, max_value=LONGEST_TTL, default=86_400)


class OperationCommandQuery(RequestSerializer):
    status = serializers.ChoiceField(choices=CommandStatus.choices, required=False)


class CountsSerializer(AnswerSerializer):
    queued = serializers.IntegerField()
    sent = serializers.IntegerField()
    acked = serializers.IntegerField()
    rejected = serializers.IntegerField()
    expired = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    unconfirmed = serializers.IntegerField(
        help_text="Of the expired, those that were published to nodes of the bus, most of which cannot answer."
    )


class OperationSerializer(AnswerSerializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    action = serializers.JSONField(help_text="Without its secrets.")
    retry_of = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    created_by = MakerSerializer()
    counts = CountsSerializer()
    total = serializers.IntegerField(help_text="Nodes that were told.")
    skipped_count = serializers.IntegerField()
    done = serializers.BooleanField(help_text="Nothing of it is under way any more.")


class SkippedSerializer(AnswerSerializer):
    node_id = serializers.UUIDField()
    node_name = serializers.CharField()
    reason = serializers.CharField()


class OperationDetailSerializer(OperationSerializer):
    skipped = SkippedSerializer(many=True)


def operation_of(operation: Operation, counts: dict[str, int], skipped: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": operation.pk,
        "title": operation.title,
        "action": operation.action,
        "retry_of": operation.retry_of_id,
        "created_at": operation.created_at,
        "created_by": maker_of(operation),
        "counts": counts,
        "total": sum(counts[status] for status in CommandStatus),
        "skipped_count": len(skipped),
        "done": not counts[CommandStatus.QUEUED] + counts[CommandStatus.SENT],
    }
