"""The shapes of nodes on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from devices import particulars as limits
from devices.choices import NodeStatus
from devices.models import Node
from devices.selection import LONGEST_SEARCH
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer

# One page of the whole fleet, as clients that know no pages expect.
MOST_NODES = 10_000
# Sent as they are stored, an empty text as null.
AS_STORED = (
    *("id", "key", "name", "device_type", "status", "claimed", "labels", "metadata", "denied_commands"),
    *("last_seen_at", "last_health", "protocol_version", "expires_at", "created_at", "updated_at"),
)
OR_NULL = ("description", "software_version", "status_reason", "address")
COLUMNS = (*AS_STORED, *OR_NULL, "session_id", "maintenance_until", "maintenance_reason")


def node_row(node: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS)`: five thousand of them leave no time for a serializer."""
    row = {name: node[name] for name in AS_STORED}
    for name in OR_NULL:
        row[name] = node[name] or None
    row["connected"] = node["session_id"] is not None
    until = node["maintenance_until"]
    ends = until is not None and until > at
    row["maintenance"] = {"until": until, "reason": node["maintenance_reason"]} if ends else None
    return row


def columns_of(node: Node) -> dict[str, Any]:
    return {name: getattr(node, name) for name in COLUMNS}


class MaintenanceSerializer(AnswerSerializer):
    until = serializers.DateTimeField()
    reason = serializers.CharField()


class NodeSerializer(AnswerSerializer):
    """Bilbycast's keys, then ours. Describes what `node_row` makes."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    device_type = serializers.CharField()
    status = serializers.ChoiceField(choices=NodeStatus.choices)
    last_seen_at = serializers.DateTimeField(allow_null=True)
    last_health = serializers.DictField(allow_null=True)
    software_version = serializers.CharField(allow_null=True)
    metadata = serializers.DictField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    key = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    denied_commands = serializers.ListField(child=serializers.CharField())
    claimed = serializers.BooleanField()
    connected = serializers.BooleanField()
    status_reason = serializers.CharField(allow_null=True)
    protocol_version = serializers.IntegerField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    maintenance = MaintenanceSerializer(allow_null=True)


class RegistrationSerializer(AnswerSerializer):
    registration_token = serializers.CharField(help_text="Shown this once.")
    install = serializers.CharField(help_text="What to type on the machine.")


class BusCredentialSerializer(AnswerSerializer):
    username = serializers.CharField(help_text="For NATS and for MQTT.")
    password = serializers.CharField(help_text="Shown this once.")
    in_force = serializers.BooleanField(
        help_text="False while the bus does not know it yet: it is recorded, and the hub goes on trying."
    )


class NewNodeSerializer(NodeSerializer, RegistrationSerializer):
    pass


class ConnectionSerializer(AnswerSerializer):
    id = serializers.UUIDField()
    node_id = serializers.UUIDField()
    address = serializers.CharField()
    software_version = serializers.CharField()
    protocol_version = serializers.IntegerField(allow_null=True)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    close_code = serializers.IntegerField(allow_null=True)
    close_reason = serializers.CharField()


CONNECTION_COLUMNS = tuple(ConnectionSerializer._declared_fields)


class NodesPageQuery(RequestSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=MOST_NODES, default=MOST_NODES)
    cursor = serializers.CharField(max_length=1000, default="", allow_blank=True)


class NodeQuery(NodesPageQuery):
    device_type = serializers.CharField(max_length=32, default="", allow_blank=True)
    status = serializers.ChoiceField(choices=NodeStatus.choices, default="", allow_blank=True)
    label = serializers.ListField(  # type: ignore[assignment] # DRF takes it for a field, and not for its own word
        child=serializers.RegexField(r"\A[^:]+:", trim_whitespace=False),
        default=list,
        max_length=16,
        help_text="`name:value`, repeatable.",
    )
    group = serializers.UUIDField(default=None, allow_null=True)
    search = serializers.CharField(max_length=LONGEST_SEARCH, default="", allow_blank=True)


class NodeFields(RequestSerializer):
    """What may be set when a node is made and changed afterwards. `null` clears where a field may be empty."""

    # An empty name breaks a rule and not the shape, so the rule says it.
    name = serializers.CharField(max_length=limits.LONGEST_NAME, required=False, allow_blank=True)
    description = serializers.CharField(
        max_length=limits.LONGEST_DESCRIPTION, required=False, allow_blank=True, allow_null=True
    )
    device_type = serializers.CharField(max_length=32, required=False, allow_blank=True)
    key = serializers.CharField(max_length=limits.LONGEST_KEY, required=False, allow_blank=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    labels = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False, allow_null=True
    )
    metadata = serializers.DictField(required=False, allow_null=True)


class CreateNodeRequest(NodeFields):
    name = serializers.CharField(max_length=limits.LONGEST_NAME, allow_blank=True)


class UpdateNodeRequest(NodeFields):
    denied_commands = serializers.ListField(
        child=serializers.CharField(), max_length=limits.MOST_DENIED, required=False, allow_null=True
    )


class MaintenanceRequest(RequestSerializer):
    """Until a moment, or for some minutes."""

    until = serializers.DateTimeField(required=False)
    minutes = serializers.IntegerField(required=False, min_value=1, max_value=366 * 24 * 60)
    reason = serializers.CharField(max_length=limits.LONGEST_REASON, default="", allow_blank=True)
