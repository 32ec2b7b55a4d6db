"""The shapes of commands on the wire."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from devices.choices import CommandStatus
from devices.models import Command
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from rdos.kernel.secrecy import mask, mask_text

LONGEST_TTL = 604_800
LONGEST_WAIT = 60.0


class CommandRequest(RequestSerializer):
    action = serializers.JSONField(help_text="An object with the `type` of the command and whatever belongs to it.")


class WaitQuery(RequestSerializer):
    wait = serializers.FloatField(
        min_value=0,
        max_value=LONGEST_WAIT,
        default=10.0,
        help_text="Seconds to wait for the answer. 0: answer at once, and the command waits for its node.",
    )
    ttl = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TTL, default=86_400, help_text="With wait=0: how long it waits, in seconds."
    )


class CommandQuery(RequestSerializer):
    status = serializers.ChoiceField(choices=CommandStatus.choices, required=False)
    node_id = serializers.UUIDField(required=False)
    name = serializers.CharField(max_length=128, required=False)
    operation_id = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False)


class AckSerializer(AnswerSerializer):
    """What the node said."""

    command_id = serializers.UUIDField()
    success = serializers.BooleanField()
    data = serializers.JSONField(required=False)  # type: ignore[assignment] # a field, no property


class NodeRefusalSerializer(AnswerSerializer):
    """Why there is no answer of the node, or what it said when it refused."""

    detail = serializers.CharField()
    code = serializers.CharField()
    command_id = serializers.UUIDField(required=False)
    error_code = serializers.CharField(required=False)
    details = serializers.JSONField(required=False)


class QueuedSerializer(AnswerSerializer):
    """`confirmed` is false when a node of the bus was told and did not answer: most of them cannot."""

    command_id = serializers.UUIDField()
    confirmed = serializers.BooleanField(required=False)
    status = serializers.CharField()
    position = serializers.IntegerField(help_text="How many wait for the node before it.")


class MakerSerializer(AnswerSerializer):
    kind = serializers.CharField()
    id = serializers.CharField()
    name = serializers.CharField()


class CommandSerializer(AnswerSerializer):
    id = serializers.UUIDField()
    node_id = serializers.UUIDField()
    node_name = serializers.CharField()
    operation_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    action = serializers.JSONField(help_text="Without its secrets.")
    status = serializers.ChoiceField(choices=CommandStatus.choices)
    purpose = serializers.CharField(help_text="Which verb of the hub it belongs to; empty for a person's own.")
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    error_code = serializers.CharField(allow_null=True)
    data = serializers.JSONField(help_text="Whatever the node said; null for nothing.")  # type: ignore[assignment] # a field, no property
    details = serializers.JSONField(help_text="Whatever the node said; null for nothing.")
    created_by = MakerSerializer()


REFUSALS = {422: NodeRefusalSerializer, 502: NodeRefusalSerializer, 504: NodeRefusalSerializer}
ANSWERS = {200: AckSerializer, 202: QueuedSerializer, **REFUSALS}

PLAIN = (
    "id",
    "node_id",
    "operation_id",
    "name",
    "action",
    "status",
    "purpose",
    "attempts",
    "created_at",
    "expires_at",
    "sent_at",
    "settled_at",
)


def maker_of(row: Any) -> dict[str, str]:
    return {"kind": row.created_by_kind, "id": row.created_by_id, "name": row.created_by_label}


def command_of(command: Command) -> dict[str, Any]:
    """What came back is kept as the node said it, and shown to everybody who sees the node: without secrets."""
    return {name: getattr(command, name) for name in PLAIN} | {
        "node_name": command.node.name,
        "error": mask_text(command.error) or None,
        "error_code": command.error_code or None,
        "data": mask(command.data),
        "details": mask(command.details),
        "created_by": maker_of(command),
    }


def commands_of(rows: Sequence[Command]) -> list[dict[str, Any]]:
    return [command_of(row) for row in rows]
