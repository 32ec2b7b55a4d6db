"""An address that starts a flow when somebody posts to it."""

from django.db import models

from rdos.kernel.encryption import EncryptedField

LARGEST_BODY = 1024 * 1024
REPLAY_SECONDS = 300


class Webhook(models.Model):
    trigger = models.OneToOneField("scheduling.Trigger", models.CASCADE, primary_key=True, related_name="webhook")
    # Found by its digest; kept, encrypted, because its owner is shown the whole address again.
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    token = EncryptedField()
    # With it every delivery must be signed.
    secret = EncryptedField()
    replay_seconds = models.PositiveIntegerField(default=REPLAY_SECONDS)
    # Of this type only, or of any.
    content_type = models.CharField(max_length=100, blank=True)
    # Names in lower case, each with the value it must have, or an empty text for any.
    required_headers = models.JSONField(default=dict)
    allowed_addresses = models.JSONField(default=list)
    largest_body = models.PositiveIntegerField(default=LARGEST_BODY)
    per_minute = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.trigger)
