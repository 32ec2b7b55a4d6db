"""Somebody who may sign in."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid4

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from accounts.choices import Role, Tier

USERNAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
NO_CONTROLS = r"[^\x00-\x1f\x7f]*"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username or "")


class User(AbstractBaseUser):
    """Identity, role and limits. A user is active until deactivated, expired or deleted."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    username = models.CharField(max_length=64, validators=[RegexValidator(rf"\A{USERNAME_PATTERN}\Z")])
    email = models.EmailField(max_length=254, null=True, blank=True)
    display_name = models.CharField(max_length=128, blank=True, validators=[RegexValidator(rf"\A{NO_CONTROLS}\Z")])
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)
    tier = models.CharField(max_length=16, choices=Tier.choices, default=Tier.FREE)
    avatar_url = models.URLField(max_length=500, blank=True)
    is_active = models.BooleanField(default=True)
    is_temporary = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Nodes belong to a higher app: ids without a foreign key. None means every node.
    allowed_node_ids = models.JSONField(null=True, blank=True)
    # Never these, even among the allowed ones.
    denied_node_ids = models.JSONField(default=list, blank=True)
    clerk_id = models.CharField(max_length=255, null=True, blank=True, editable=False)
    last_login = None
    last_login_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="username_is_taken_once_whatever_its_case"),
            models.UniqueConstraint(Lower("email"), name="email_is_taken_once_whatever_its_case"),
            models.UniqueConstraint(fields=["clerk_id"], name="foreign_identity_has_one_user"),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="users_newest_first")]

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def is_staff(self) -> bool:
        """Everyone may enter the console; the rulebook says what they find there."""
        return True

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        return any(backend.has_perm(self, perm, obj) for backend in get_backends())

    def has_module_perms(self, app_label: str) -> bool:
        asked = [getattr(backend, "has_module_perms", None) for backend in get_backends()]
        return any(answer(self, app_label) for answer in asked if answer)

    @property
    def rank(self) -> int:
        return Role(self.role).rank

    def may_sign_in(self, at: datetime) -> bool:
        return self.is_active and (self.expires_at is None or self.expires_at > at)

    def node_ids(self) -> frozenset[UUID] | None:
        return None if self.allowed_node_ids is None else frozenset(UUID(text) for text in self.allowed_node_ids)

    def denied_ids(self) -> frozenset[UUID]:
        return frozenset(UUID(text) for text in self.denied_node_ids)
