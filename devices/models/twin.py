"""What a node's configuration should be, and what it says it is."""

from uuid import uuid4

from django.db import models

from devices.choices import Side, TwinPolicy
from rdos.kernel.clock import Now
from rdos.kernel.encryption import EncryptedField


class Twin(models.Model):
    """Begun with the first configuration that was wanted or reported."""

    node = models.OneToOneField("devices.Node", models.CASCADE, primary_key=True, related_name="twin")
    policy = models.CharField(max_length=8, choices=TwinPolicy.choices, default=TwinPolicy.REPORT)
    desired_number = models.PositiveIntegerField(default=0)
    reported_number = models.PositiveIntegerField(default=0)
    reported_at = models.DateTimeField(null=True)
    # The session that reported; emptied by any answer to a command and by the session's end.
    fresh_session_id = models.UUIDField(null=True)
    drifted_at = models.DateTimeField(null=True)
    # Not before this is the desired configuration sent again: a node that refuses it is not hammered.
    heal_after = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Configuration of {self.node_id}"


class ConfigVersion(models.Model):
    """One configuration, never changed. Encrypted, since configurations hold passphrases."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="config_versions")
    side = models.CharField(max_length=8, choices=Side.choices)
    number = models.PositiveIntegerField()
    content = EncryptedField()
    # SHA-256 of the canonical JSON: the same again is no new version.
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "side", "number"], name="a_config_version_is_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.number}"
