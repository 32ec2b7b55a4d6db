"""The shapes of robots' keys on the wire: Casare's, and what its dashboard reads beside them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.models import ApiToken
from flows.api.shapes.robots import KEY
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer

MOST_LISTED, FURTHEST = 500, 1_000_000
STATES = ("active", "revoked", "expired")


class KeyQuery(RequestSerializer):
    robot_id = serializers.CharField(max_length=64, default="", allow_blank=True)
    status = serializers.CharField(max_length=50, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_LISTED, default=100)
    offset = serializers.IntegerField(min_value=0, max_value=FURTHEST, default=0)


class CreateKeyRequest(RequestSerializer):
    """Without a robot the key is for a new one, whose id is made of the name."""

    robot_id = serializers.RegexField(
        rf"\A{KEY.pattern}\Z",
        required=False,
        allow_null=True,
        error_messages={"invalid": "1–64 letters, digits, `_` or `-`."},
    )
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(max_length=500, required=False, allow_null=True, allow_blank=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    expires_in_days = serializers.IntegerField(min_value=1, max_value=36_500, required=False, allow_null=True)


class RevokeRequest(RequestSerializer):
    reason = serializers.CharField(max_length=500, required=False, allow_null=True, allow_blank=True)


class KeySerializer(AnswerSerializer):
    """Describes what `key_row` makes."""

    id = serializers.UUIDField()
    key_id = serializers.UUIDField()
    robot_id = serializers.CharField()
    robot_name = serializers.CharField(allow_null=True)
    key_name = serializers.CharField()
    name = serializers.CharField()
    key_prefix = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=STATES)
    revoked = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_ip = serializers.CharField(allow_null=True)


class KeysSerializer(AnswerSerializer):
    keys = KeySerializer(many=True)
    api_keys = KeySerializer(many=True, help_text="The same again, where the dashboard looks for them.")
    total = serializers.IntegerField()


class NewKeySerializer(AnswerSerializer):
    api_key = serializers.CharField(help_text="Shown in this answer and never again.")
    key = KeySerializer()


class RevokedSerializer(AnswerSerializer):
    revoked = serializers.BooleanField()
    key_id = serializers.UUIDField()


class KeyDeletedSerializer(AnswerSerializer):
    deleted = serializers.BooleanField()
    key_id = serializers.UUIDField()


def key_row(token: ApiToken, names: Mapping[str, str], at: datetime) -> dict[str, Any]:
    state = "revoked" if token.revoked_at else "active" if token.is_open(at) else "expired"
    return {
        "id": token.pk,
        "key_id": token.pk,
        "robot_id": token.robot_key,
        "robot_name": names.get(token.robot_key),
        "key_name": token.name,
        "name": token.name,
        "key_prefix": token.prefix,
        "description": token.description or None,
        "status": state,
        "revoked": token.revoked_at is not None,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "last_used_ip": token.last_used_address or None,
    }
