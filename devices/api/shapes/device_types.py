"""The shapes of the kinds of node on the wire, and of the flows that are found on nodes."""

from rest_framework import serializers

from devices.drivers.shapes import ROLES
from rdos.kernel.api.serializers import AnswerSerializer


class SupportedCommandSerializer(AnswerSerializer):
    name = serializers.CharField()
    description = serializers.CharField()
    requires_role = serializers.ChoiceField(choices=ROLES)
    arguments = serializers.DictField(help_text="JSON Schema of the action's keys beside `type`.")


class DeviceTypeSerializer(AnswerSerializer):
    device_type = serializers.CharField()
    display_name = serializers.CharField()
    supported_commands = SupportedCommandSerializer(many=True)


class DeviceTypesSerializer(AnswerSerializer):
    device_types = DeviceTypeSerializer(many=True)


class NodeFlowSerializer(AnswerSerializer):
    flow_id = serializers.CharField()
    flow_name = serializers.CharField()
    enabled = serializers.BooleanField()
    input = serializers.DictField()
    outputs = serializers.ListField(child=serializers.DictField())


class EndpointsSerializer(AnswerSerializer):
    node_id = serializers.UUIDField()
    node_name = serializers.CharField()
    flows = NodeFlowSerializer(many=True)
