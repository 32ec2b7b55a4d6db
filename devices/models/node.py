"""One machine or program of the fleet."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import Q

from devices.choices import CONNECTED, NodeStatus
from rdos.kernel.clock import Now

KEY_PATTERN = r"[A-Za-z0-9_-]{1,64}"


class Node(models.Model):
    """discovered → pending → online ⇄ degraded ⇄ error → offline → online; `pending` again with a new token.

    A connection is a session: whoever holds `session_id` speaks for the node, and an older one is nobody.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # The handle it calls itself.
    key = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=512, blank=True)
    device_type = models.CharField(max_length=32, default="edge")
    status = models.CharField(max_length=12, choices=NodeStatus.choices, default=NodeStatus.PENDING)
    status_reason = models.CharField(max_length=256, blank=True)
    claimed = models.BooleanField(default=True)
    labels = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(null=True, blank=True)
    denied_commands = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    maintenance_until = models.DateTimeField(null=True, blank=True)
    maintenance_reason = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    session_id = models.UUIDField(null=True, editable=False)
    # It has no socket but speaks on the bus: exactly then it has a `bus` row.
    on_bus = models.BooleanField(default=False, editable=False)
    gateway = models.ForeignKey("devices.Gateway", models.SET_NULL, null=True, editable=False, related_name="nodes")
    address = models.CharField(max_length=64, blank=True, editable=False)
    software_version = models.CharField(max_length=256, blank=True, editable=False)
    protocol_version = models.IntegerField(null=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)
    last_health = models.JSONField(null=True, editable=False)

    # SHA-256 of random 256-bit strings: a slow hash would make every reconnect storm an outage.
    token_digest = models.CharField(max_length=64, blank=True, editable=False)
    secret_digest = models.CharField(max_length=64, blank=True, editable=False)
    # During a rotation both are good, until the node has shown the new one.
    next_secret_digest = models.CharField(max_length=64, blank=True, editable=False)
    # A node whose first session broke comes back with its used token once more.
    spent_token_digest = models.CharField(max_length=64, blank=True, editable=False)
    spent_token_at = models.DateTimeField(null=True, editable=False)
    secret_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token_digest"], condition=~Q(token_digest=""), name="a_registration_token_is_of_one_node"
            ),
            models.CheckConstraint(
                condition=Q(session_id=None) | Q(status__in=CONNECTED), name="a_node_with_a_session_is_connected"
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="nodes_by_name"),
            models.Index(fields=["-created_at", "-id"], name="nodes_newest_first"),
            models.Index(fields=["status"], name="nodes_by_status"),
            models.Index(
                fields=["spent_token_digest"], name="nodes_by_spent_token", condition=~Q(spent_token_digest="")
            ),
            models.Index(fields=["expires_at"], name="nodes_that_expire", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_connected(self) -> bool:
        return self.session_id is not None

    @property
    def is_reachable(self) -> bool:
        """It can be told something now: on the bus a command is published whether anybody hears it or not."""
        return self.session_id is not None or self.on_bus

    @property
    def is_there(self) -> bool:
        """By its socket, or by its signs of life on the bus, where nobody holds a session."""
        return self.status in CONNECTED

    def is_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    def in_maintenance(self, at: datetime) -> bool:
        return self.maintenance_until is not None and self.maintenance_until > at
