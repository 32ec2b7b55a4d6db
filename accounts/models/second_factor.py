"""A user's authenticator app, and the codes for the day the phone is lost."""

from django.conf import settings
from django.db import models

from rdos.kernel.encryption import EncryptedField


class SecondFactor(models.Model):
    """proposed → confirmed. Unconfirmed ones ask nobody for a code."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="factor")
    secret = EncryptedField()
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # The 30-second step of the last code that was accepted: the same code never opens twice.
    last_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"second factor of {self.user_id}"


class RecoveryCode(models.Model):
    """unused → used, once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="a_recovery_code_is_given_once")]

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"
