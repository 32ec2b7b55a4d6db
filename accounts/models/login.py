"""One sign-in and all tokens that came of it."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models


class Login(models.Model):
    """open → revoked. Every access token, refresh token and browser session names its login."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="logins")
    # The only refresh token that may still be used; showing an older one is taken as theft.
    refresh_jti = models.CharField(max_length=32)
    session_key = models.CharField(max_length=40, blank=True)
    tenant_id = models.CharField(max_length=64, null=True, blank=True)
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_because = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "revoked_at"], name="open_logins_of_a_user")]

    def __str__(self) -> str:
        return f"login of {self.user_id} at {self.created_at:%Y-%m-%d %H:%M}"

    def is_open(self, at: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > at
