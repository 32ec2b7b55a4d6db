"""A long-lived credential of a program: a user's API token or a robot's key."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.choices import TokenKind


class ApiToken(models.Model):
    """open → revoked. Only the digest is kept; the token itself is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=TokenKind.choices, default=TokenKind.API)
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=500, blank=True)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    # A robot is a node of a higher app: its handle, without a foreign key.
    robot_key = models.CharField(max_length=64, blank=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=TokenKind.ROBOT, robot_key__gt="") | Q(kind=TokenKind.API, robot_key=""),
                name="a_robot_token_names_its_robot",
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="tokens_newest_first")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_open(self, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)
