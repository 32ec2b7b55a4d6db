"""What the hub has put on the Node-RED of a node."""

from django.db import models

from devices.choices import NodeRedDrift
from rdos.kernel.clock import Now


class NodeRedFlow(models.Model):
    """A flow as it was pushed last. Its ids are ours on that Node-RED, and nothing else there is."""

    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="node_red_flows", db_index=False)
    flow_id = models.UUIDField()
    flow_name = models.CharField(max_length=255)
    # Of the command that pushes it, or pushed it last.
    number = models.BigIntegerField()
    # May be there too: from a push whose end nobody saw.
    claimed = models.JSONField(default=list)

    # --- As it was read back after the last push that went well
    version = models.PositiveIntegerField(null=True)
    # By id, which properties were set.
    ids = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    revision = models.CharField(max_length=128, blank=True)
    pushed_at = models.DateTimeField(null=True)

    # --- As the last look found it
    drift = models.CharField(max_length=9, choices=NodeRedDrift.choices, blank=True)
    looked_at = models.DateTimeField(db_default=Now())
    # Why the last look saw nothing.
    trouble = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "flow_id"], name="a_flow_is_on_a_node_red_once"),
        ]
        indexes = [models.Index(fields=["looked_at"], name="node_red_flows_to_look_at")]

    def __str__(self) -> str:
        return f"{self.flow_name} on {self.node_id}"

    @property
    def mine(self) -> set[str]:
        return {*self.ids, *self.claimed}
