"""What is known of a node that speaks on the bus: it holds no socket, and may know nothing of this hub."""

from django.db import models
from django.db.models import Q

from rdos.kernel.clock import Now
from rdos.kernel.encryption import EncryptedField
from rdos.kernel.kept_json import KeptJSONField


class BusNode(models.Model):
    """A node is of the bus exactly when it has this row."""

    node = models.OneToOneField("devices.Node", models.CASCADE, primary_key=True, related_name="bus")
    # The type it calls itself.
    kind = models.CharField(max_length=64, default="unknown")
    capabilities = KeptJSONField(default=dict)
    # As it said them: a list on the bus, an object through the API.
    said_capabilities = models.JSONField(default=list)
    mac_address = models.CharField(max_length=64, null=True)
    # It is there until then; each sign of life moves this on. None: it was never heard.
    heard_until = models.DateTimeField(null=True)
    # Its motors stand in emergency stop since then; only its own serial line releases it.
    latched_at = models.DateTimeField(null=True)
    # When an alert of its hardware was last told as an event: it may repeat it ten times a second.
    alerted_at = models.DateTimeField(null=True)
    # When it was last told what became of it, and how often since it was calm.
    told_at = models.DateTimeField(null=True)
    told_times = models.PositiveSmallIntegerField(default=0)
    # As it was told last, while something is still to be told: it changed too often, or says new things. Else empty.
    told_status = models.CharField(max_length=16, blank=True)
    told_latched = models.BooleanField(default=False)
    # Of its own credential on the bus; empty for one of the anonymous.
    credential_hash = models.CharField(max_length=128, blank=True)
    credential_made_at = models.DateTimeField(null=True)
    # Of its Node-RED.
    admin_url = models.CharField(max_length=512, blank=True)
    admin_token = EncryptedField()
    met_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["heard_until"], name="bus_nodes_by_silence", condition=Q(heard_until__isnull=False)),
            models.Index(fields=["latched_at"], name="bus_nodes_latched", condition=Q(latched_at__isnull=False)),
            models.Index(fields=["told_at"], name="bus_nodes_to_tell", condition=Q(told_status__gt="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.node_id}"


class HalState(models.Model):
    """The last message of each kind that a node sent about its hardware."""

    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="hal_states", db_index=False)
    # What tells one sensor from another: `motor`, `range.tof-front`.
    topic = models.CharField(max_length=128)
    schema = models.CharField(max_length=200, blank=True)
    payload = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "topic"], name="a_node_has_one_state_a_topic")]

    def __str__(self) -> str:
        return f"{self.topic} of {self.node_id}"
