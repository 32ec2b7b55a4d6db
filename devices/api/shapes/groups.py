"""The shapes of groups on the wire."""

from rest_framework import serializers

from devices import particulars as limits
from devices.choices import GroupKind
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer


class GroupSerializer(AnswerSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(choices=GroupKind.choices)
    query = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class GroupFields(RequestSerializer):
    name = serializers.CharField(max_length=limits.LONGEST_NAME, required=False, allow_blank=True)
    description = serializers.CharField(max_length=limits.LONGEST_DESCRIPTION, required=False, allow_blank=True)
    query = serializers.DictField(required=False, help_text="Any of device_type, status, labels and search.")


class CreateGroupRequest(GroupFields):
    name = serializers.CharField(max_length=limits.LONGEST_NAME, allow_blank=True)
    kind = serializers.ChoiceField(choices=GroupKind.choices, required=False)
    node_ids = serializers.ListField(child=serializers.UUIDField(), max_length=10_000, required=False)


class UpdateGroupRequest(GroupFields):
    pass


class MembersRequest(RequestSerializer):
    node_ids = serializers.ListField(child=serializers.UUIDField(), max_length=10_000)
