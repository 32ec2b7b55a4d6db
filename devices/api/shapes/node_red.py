"""The shapes of a node's Node-RED on the wire."""

from typing import Any

from rest_framework import serializers

from devices.choices import NodeRedDrift
from devices.models import BusNode
from devices.node_red.address import LONGEST, LONGEST_TOKEN
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer


class NodeRedRequest(RequestSerializer):
    """What is left out stays as it is; an empty text or null takes it away."""

    admin_url = serializers.CharField(
        max_length=LONGEST,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Where its Admin API begins. The hub must be allowed to call its network (RDOS_OUTGOING_ALLOWED).",
    )
    admin_token = serializers.CharField(
        max_length=LONGEST_TOKEN,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Sent as a bearer token, and never shown. Another address loses it unless it is sent along.",
    )


class PushedFlowSerializer(AnswerSerializer):
    flow_id = serializers.UUIDField()
    version = serializers.IntegerField()
    revision = serializers.CharField(help_text="Of the whole Node-RED, as it was read back after the push.")
    pushed_at = serializers.DateTimeField()
    drift = serializers.ChoiceField(choices=NodeRedDrift.choices, allow_null=True)
    looked_at = serializers.DateTimeField(help_text="Once a minute.")
    trouble = serializers.CharField(allow_null=True, help_text="Why the last look saw nothing.")


class NodeRedSerializer(AnswerSerializer):
    admin_url = serializers.CharField(allow_null=True)
    has_token = serializers.BooleanField()
    flows = PushedFlowSerializer(many=True)


PLAIN = ("flow_id", "version", "revision", "pushed_at", "looked_at")


def node_red_of(bus: BusNode) -> dict[str, Any]:
    # Without the flows' names: whoever sees the node may not see each of them.
    rows = bus.node.node_red_flows.filter(pushed_at__isnull=False).order_by("flow_name", "pk")
    return {
        "admin_url": bus.admin_url or None,
        "has_token": bool(bus.admin_token),
        "flows": [
            {name: getattr(row, name) for name in PLAIN} | {"drift": row.drift or None, "trouble": row.trouble or None}
            for row in rows
        ],
    }
