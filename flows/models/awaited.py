"""A version wanted on a node that the hub does not know yet."""

from uuid import uuid4

from django.db import models

from rdos.kernel.clock import Now


class AwaitedDeployment(models.Model):
    """Until a node of that key is there and seen by whoever wanted it; then it becomes a Deployment."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    flow = models.ForeignKey("flows.Flow", models.CASCADE, related_name="awaited", db_index=False)
    version = models.ForeignKey("flows.FlowVersion", models.CASCADE, related_name="+", db_index=False)
    node_key = models.CharField(max_length=64)
    force = models.BooleanField(default=False)
    wanted_at = models.DateTimeField()
    # On whose behalf; their rights are looked at again when the node is there.
    owner_id = models.UUIDField(null=True)
    wanted_by_kind = models.CharField(max_length=20, blank=True)
    wanted_by_id = models.CharField(max_length=128, blank=True)
    wanted_by_label = models.CharField(max_length=200, blank=True)
    # When the node was there last and could not be told, and why.
    tried_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["flow", "node_key"], name="a_flow_awaits_a_node_once"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="awaited_newest_first"),
            models.Index(fields=["node_key"], name="awaited_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} on {self.node_key}"
