"""One session of a node, from its first frame to its end."""

from uuid import uuid4

from django.db import models

from rdos.kernel.clock import Now


class Connection(models.Model):
    """open → closed. The row's id is the session id that the node row names."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="connections")
    address = models.CharField(max_length=64, blank=True)
    software_version = models.CharField(max_length=256, blank=True)
    protocol_version = models.IntegerField(null=True)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True)
    close_code = models.IntegerField(null=True)
    close_reason = models.CharField(max_length=256, blank=True)

    class Meta:
        indexes = [models.Index(fields=["node", "-opened_at"], name="connections_of_a_node")]

    def __str__(self) -> str:
        return f"{self.node_id} from {self.address}"
