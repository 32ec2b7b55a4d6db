"""The shapes of accounts on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.choices import SCOPES, Role, Tier, TokenKind
from accounts.models import ApiToken, Login, User
from accounts.models.user import NO_CONTROLS, USERNAME_PATTERN
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer

HANDLE_PATTERN = r"[A-Za-z0-9_-]{1,64}"


class Username(serializers.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(rf"\A{USERNAME_PATTERN}\Z", max_length=64, **kwargs)
        self.error_messages["invalid"] = "1–64 letters, digits, `_`, `.` or `-`, beginning with a letter or digit."


class DisplayName(serializers.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(rf"\A{NO_CONTROLS}\Z", min_length=1, max_length=128, **kwargs)


class LoginRequest(RequestSerializer):
    username = serializers.CharField(min_length=1, max_length=64, help_text="Username or e-mail.")
    password = serializers.CharField(min_length=1, max_length=128, trim_whitespace=False)
    otp = serializers.CharField(max_length=32, default="", allow_blank=True, help_text="Code of the second factor.")
    tenant_id = serializers.CharField(max_length=64, default=None, allow_null=True)


class RefreshRequest(RequestSerializer):
    refresh_token = serializers.CharField(max_length=4096)


class UserSerializer(AnswerSerializer):
    """What bilbycast calls UserInfo, and what BloxServer's users read, in one."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    name = serializers.CharField(source="display_name")
    email = serializers.EmailField(allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices)
    tier = serializers.ChoiceField(choices=Tier.choices)
    avatar_url = serializers.SerializerMethodField()
    clerk_id = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()
    is_temporary = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    allowed_node_ids = serializers.ListField(child=serializers.UUIDField(), allow_null=True)
    denied_node_ids = serializers.ListField(child=serializers.UUIDField())
    last_login_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_avatar_url(self, user: User) -> str | None:
        return user.avatar_url or None


class TokensSerializer(AnswerSerializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField(default="bearer")
    expires_in = serializers.IntegerField()


class LoginSerializer(TokensSerializer):
    """Casare's four keys and bilbycast's four keys at once."""

    success = serializers.BooleanField(default=True)
    csrf_token = serializers.CharField()
    user = UserSerializer()
    error = serializers.CharField(allow_null=True, default=None)


class MessageSerializer(AnswerSerializer):
    message = serializers.CharField()
    success = serializers.BooleanField(default=True)


class MeSerializer(AnswerSerializer):
    user_id = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    tenant_id = serializers.CharField(allow_null=True)
    dev_mode = serializers.BooleanField()
    kind = serializers.CharField()
    username = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    allowed_node_ids = serializers.ListField(child=serializers.UUIDField(), allow_null=True)
    denied_node_ids = serializers.ListField(child=serializers.UUIDField())


class UserQuery(RequestSerializer):
    search = serializers.CharField(max_length=100, default="", allow_blank=True)
    role = serializers.ChoiceField(choices=Role.choices, default="", allow_blank=True)


class UserFields(RequestSerializer):
    """What may be set when a user is made and changed afterwards. `null` clears where a field may be empty."""

    display_name = DisplayName(required=False)
    email = serializers.EmailField(max_length=254, required=False, allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    avatar_url = serializers.URLField(max_length=500, required=False, allow_blank=True)
    is_temporary = serializers.BooleanField(required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    allowed_node_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=10_000, required=False, allow_null=True
    )
    denied_node_ids = serializers.ListField(child=serializers.UUIDField(), max_length=10_000, required=False)


class CreateUserRequest(UserFields):
    username = Username()
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    display_name = DisplayName()
    role = serializers.ChoiceField(choices=Role.choices)
    is_temporary = serializers.BooleanField()


class UpdateUserRequest(UserFields):
    is_active = serializers.BooleanField(required=False)
    password = serializers.CharField(max_length=128, trim_whitespace=False, required=False)


class ChangePasswordRequest(RequestSerializer):
    current_password = serializers.CharField(max_length=128, trim_whitespace=False)
    new_password = serializers.CharField(max_length=128, trim_whitespace=False)


class CodeRequest(RequestSerializer):
    otp = serializers.CharField(max_length=32)


class PasswordRequest(RequestSerializer):
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class SecondFactorSerializer(AnswerSerializer):
    enabled = serializers.BooleanField()


class ProposalSerializer(AnswerSerializer):
    secret = serializers.CharField()
    uri = serializers.CharField()


class RecoveryCodesSerializer(AnswerSerializer):
    recovery_codes = serializers.ListField(child=serializers.CharField())


class LoginRowSerializer(AnswerSerializer):
    id = serializers.UUIDField()
    address = serializers.CharField()
    agent = serializers.CharField()
    created_at = serializers.DateTimeField()
    refreshed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    current = serializers.SerializerMethodField()

    def get_current(self, login: Login) -> bool:
        return bool(self.context["request"].user.login_id == login.pk)


class TokenSerializer(AnswerSerializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=TokenKind.choices)
    name = serializers.CharField()
    prefix = serializers.CharField()
    owner = serializers.SerializerMethodField()
    robot_id = serializers.SerializerMethodField()
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_address = serializers.CharField()

    def get_owner(self, token: ApiToken) -> dict[str, str]:
        return {"id": str(token.owner_id), "name": token.owner.username}

    def get_robot_id(self, token: ApiToken) -> str | None:
        return token.robot_key or None


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(help_text="Shown this once.")


class CreateTokenRequest(RequestSerializer):
    name = serializers.CharField(max_length=128)
    kind = serializers.ChoiceField(choices=TokenKind.choices, default=TokenKind.API)
    robot_id = serializers.RegexField(rf"\A{HANDLE_PATTERN}\Z", default="", allow_blank=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), default=["*"], allow_empty=False, max_length=len(SCOPES)
    )
    expires_at = serializers.DateTimeField(default=None, allow_null=True)
