"""The shapes of tunnels on the wire. The three secrets have none."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from devices.bindings import HIGHEST_PORT
from devices.choices import LegSide, LegStatus, Protocol, TunnelMode, TunnelStatus
from devices.models import Tunnel, TunnelLeg
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer

MOST_FLOWS = 1000
LONGEST_FLOW_ID = 256


class Port(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=HIGHEST_PORT, **kwargs)


class Address(serializers.CharField):
    """What makes it a good one depends on the tunnel's mode; the service says so by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=256, allow_blank=True, **kwargs)


class FlowIds(serializers.ListField):
    """One sentence for the whole list, rather than one for each of a thousand wrong items."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.CharField(max_length=LONGEST_FLOW_ID)
        super().__init__(child=child, max_length=MOST_FLOWS, allow_null=True, required=False, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list) or len(data) > MOST_FLOWS or not all(map(_is_flow_id, data)):
            told = f"A list of at most {MOST_FLOWS} texts of 1–{LONGEST_FLOW_ID} characters."
            raise serializers.ValidationError(told, code="invalid")
        return data


def _is_flow_id(given: Any) -> bool:
    return isinstance(given, str) and 1 <= len(given) <= LONGEST_FLOW_ID


class CreateTunnelRequest(RequestSerializer):
    name = serializers.CharField(max_length=128, allow_blank=True, help_text="1–128 characters.")
    protocol = serializers.ChoiceField(choices=Protocol.choices)
    mode = serializers.ChoiceField(choices=TunnelMode.choices)
    ingress_node_id = serializers.UUIDField()
    ingress_listen_port = Port()
    egress_node_id = serializers.UUIDField()
    egress_forward_addr = Address(help_text="IP:port; an IPv6 address stands in brackets.")
    egress_peer_addr = Address(required=False, allow_null=True, help_text="Needed when the mode is direct.")
    relay_addr = Address(required=False, allow_null=True, help_text="Needed when the mode is relay.")
    relay_node_id = serializers.UUIDField(required=False, allow_null=True, help_text="Needed when the mode is relay.")
    associated_flow_ids = FlowIds()


class UpdateTunnelRequest(RequestSerializer):
    """`disabled` takes the tunnel from its nodes; `pending` and `active` push it again."""

    name = serializers.CharField(max_length=128, allow_blank=True, required=False)
    status = serializers.ChoiceField(choices=TunnelStatus.choices, required=False)
    ingress_listen_port = Port(required=False)
    egress_forward_addr = Address(required=False)
    egress_peer_addr = Address(required=False, allow_null=True)
    relay_addr = Address(required=False, allow_null=True)
    associated_flow_ids = FlowIds()


class CommonFields(AnswerSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    protocol = serializers.ChoiceField(choices=Protocol.choices)
    mode = serializers.ChoiceField(choices=TunnelMode.choices)
    ingress_node_id = serializers.UUIDField()
    ingress_listen_port = serializers.IntegerField()
    egress_node_id = serializers.UUIDField()
    egress_forward_addr = serializers.CharField()
    egress_peer_addr = serializers.CharField(allow_null=True)
    relay_addr = serializers.CharField(allow_null=True)
    relay_node_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(choices=TunnelStatus.choices)
    associated_flow_ids = serializers.ListField(child=serializers.CharField(), allow_null=True)
    ingress_push_status = serializers.ChoiceField(choices=LegStatus.choices)
    egress_push_status = serializers.ChoiceField(choices=LegStatus.choices)
    relay_push_status = serializers.ChoiceField(choices=LegStatus.choices, allow_null=True)
    ingress_push_error = serializers.CharField(allow_null=True)
    egress_push_error = serializers.CharField(allow_null=True)
    relay_push_error = serializers.CharField(allow_null=True)


class TunnelSummarySerializer(CommonFields):
    ingress_node_name = serializers.CharField()
    egress_node_name = serializers.CharField()


class TunnelSerializer(CommonFields):
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PushedTunnelSerializer(TunnelSerializer):
    warnings = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Which nodes were not told, and why."
    )


class TunnelsSerializer(AnswerSerializer):
    tunnels = TunnelSummarySerializer(many=True)


class DeletedSerializer(AnswerSerializer):
    deleted = serializers.BooleanField(default=True)


# Stored as they are answered.
PLAIN = (
    "id",
    "name",
    "protocol",
    "mode",
    "ingress_node_id",
    "ingress_listen_port",
    "egress_node_id",
    "egress_forward_addr",
    "relay_node_id",
    "status",
    "associated_flow_ids",
)


def summary_of(tunnel: Tunnel) -> dict[str, Any]:
    return _common(tunnel) | {
        "ingress_node_name": tunnel.ingress_node.name,
        "egress_node_name": tunnel.egress_node.name,
    }


def tunnel_of(tunnel: Tunnel) -> dict[str, Any]:
    return _common(tunnel) | {"created_at": tunnel.created_at, "updated_at": tunnel.updated_at}


def _common(tunnel: Tunnel) -> dict[str, Any]:
    legs = {leg.side: leg for leg in tunnel.legs.all()}
    addresses = {name: getattr(tunnel, name) or None for name in ("egress_peer_addr", "relay_addr")}
    told = {f"{side}_push_status": _status(legs.get(side)) for side in LegSide}
    errors = {f"{side}_push_error": legs[side].error or None if side in legs else None for side in LegSide}
    return {name: getattr(tunnel, name) for name in PLAIN} | addresses | told | errors


def _status(leg: TunnelLeg | None) -> str | None:
    """A relay that was never told has no status, and an edge is waited for."""
    untold = leg is None or (leg.side == LegSide.RELAY and leg.tried_at is None)
    return None if untold or leg is None else leg.status


def warnings_of(legs: Iterable[TunnelLeg]) -> list[str]:
    return [
        f"{LegSide(leg.side).label}: {leg.error or 'has not answered yet'}"
        for leg in legs
        if leg.status != LegStatus.PUSHED
    ]
