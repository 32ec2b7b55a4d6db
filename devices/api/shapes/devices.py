"""Devices as Tafy's clients send and read them."""

from typing import Any

from rest_framework import serializers

from devices.choices import DeviceStatus
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from rdos.kernel.api.strict_fields import Key, Object, Text, Word
from rdos.kernel.errors import InvalidInput

LONGEST_NAME, LONGEST_KIND, LONGEST_ADDRESS = 255, 64, 64
NAMES = {"device_metadata": "metadata", "ip_address": "address", "type": "kind", "id": "key"}


class DeviceFields(RequestSerializer):
    capabilities = Object(required=False)
    device_metadata = Object(required=False)
    ip_address = Text(max_length=LONGEST_ADDRESS, required=False, allow_null=True, allow_blank=True)


class DeviceCreate(DeviceFields):
    id = Key()
    name = Text(max_length=LONGEST_NAME)
    type = Text(max_length=LONGEST_KIND)
    mac_address = Text(max_length=LONGEST_ADDRESS, required=False, allow_null=True, allow_blank=True)


class DeviceUpdate(DeviceFields):
    name = Text(max_length=LONGEST_NAME, required=False)
    status = Word(DeviceStatus.choices, required=False)


class DeviceQuery(RequestSerializer):
    status = Word(DeviceStatus.choices, required=False, help_text="Only these.")


class DeviceSerializer(AnswerSerializer):
    """Read only: a device is answered as it is told on the bus."""

    id = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    capabilities = serializers.DictField()
    device_metadata = serializers.DictField()
    ip_address = serializers.CharField(allow_null=True)
    mac_address = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(DeviceStatus.choices)
    claimed = serializers.BooleanField()
    last_seen = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DevicesSerializer(AnswerSerializer):
    devices = DeviceSerializer(many=True)
    total = serializers.IntegerField()


class SentSerializer(AnswerSerializer):
    status = serializers.CharField(help_text="Always `sent`: it was published.")
    device_id = serializers.CharField()
    command = serializers.DictField()


def fields_of(said: dict[str, Any]) -> dict[str, Any]:
    """In the words of the services."""
    fields = {NAMES.get(name, name): value for name, value in said.items()}
    return fields | ({"address": fields["address"] or ""} if "address" in fields else {})


def as_they_say(error: InvalidInput) -> InvalidInput:
    """A refusal of a service, by the names of these fields."""
    ours = {"metadata": "device_metadata"}
    renamed = {ours.get(name, name): texts for name, texts in (error.errors or {}).items()}
    return InvalidInput(error.detail, errors=renamed or None)
