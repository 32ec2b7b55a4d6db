"""A managed connection between two nodes, and what each node concerned was told of it."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from devices.choices import LegSide, LegStatus, Protocol, TunnelMode, TunnelStatus
from rdos.kernel.clock import Now
from rdos.kernel.encryption import EncryptedField


class Tunnel(models.Model):
    """pending ⇄ active, error; disabled takes it away from its nodes and keeps it here."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=128)
    protocol = models.CharField(max_length=4, choices=Protocol.choices)
    mode = models.CharField(max_length=8, choices=TunnelMode.choices)
    # Where traffic enters and where it leaves; to the node itself the word is the other one.
    ingress_node = models.ForeignKey("devices.Node", models.CASCADE, related_name="ingress_tunnels")
    ingress_listen_port = models.PositiveIntegerField()
    egress_node = models.ForeignKey("devices.Node", models.CASCADE, related_name="egress_tunnels")
    egress_forward_addr = models.CharField(max_length=256)
    egress_peer_addr = models.CharField(max_length=256, blank=True)
    relay_node = models.ForeignKey("devices.Node", models.CASCADE, null=True, related_name="relayed_tunnels")
    relay_addr = models.CharField(max_length=256, blank=True)
    status = models.CharField(max_length=8, choices=TunnelStatus.choices, default=TunnelStatus.PENDING)
    associated_flow_ids = models.JSONField(null=True)
    # 64 hex characters each.
    encryption_key = EncryptedField()
    bind_secret = EncryptedField()
    psk = EncryptedField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mode=TunnelMode.DIRECT, egress_peer_addr__gt="")
                | Q(mode=TunnelMode.RELAY, relay_node__isnull=False, relay_addr__gt=""),
                name="a_tunnel_has_what_its_mode_needs",
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="tunnels_newest_first")]

    def __str__(self) -> str:
        return self.name


class TunnelLeg(models.Model):
    """pending → pushed | failed; pending again when its node disconnects or the tunnel changes."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    tunnel = models.ForeignKey(Tunnel, models.CASCADE, related_name="legs")
    side = models.CharField(max_length=8, choices=LegSide.choices)
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="tunnel_legs")
    status = models.CharField(max_length=8, choices=LegStatus.choices, default=LegStatus.PENDING)
    error = models.CharField(max_length=500, blank=True)
    # The push under way; another one's answer is too late.
    command_id = models.UUIDField(null=True)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tunnel", "side"], name="a_tunnel_has_one_leg_a_side")]
        indexes = [models.Index(fields=["status", "tried_at"], name="tunnel_legs_to_retry")]

    def __str__(self) -> str:
        return f"{self.side} of {self.tunnel_id}"
