"""A node that takes work: what it can, and how much at once."""

from django.db import models

from flows.choices import RobotStatus
from rdos.kernel.clock import Now


class Robot(models.Model):
    node = models.OneToOneField("devices.Node", models.CASCADE, primary_key=True, related_name="robot")
    hostname = models.CharField(max_length=256, blank=True)
    environment = models.CharField(max_length=64, default="default")
    capabilities = models.JSONField(default=list)
    tags = models.JSONField(default=list)
    max_concurrent = models.PositiveSmallIntegerField(default=1)
    # Its own word. A robot that was asked to drain finishes what it has and takes nothing new.
    status = models.CharField(max_length=11, choices=RobotStatus.choices, default=RobotStatus.IDLE)
    # Of its socket, if it has one: the newest speaks for it.
    session_id = models.UUIDField(null=True, editable=False)
    is_draining = models.BooleanField(default=False)
    metrics = models.JSONField(default=dict)
    heartbeat_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["heartbeat_at"], name="robots_by_heartbeat")]

    def __str__(self) -> str:
        return str(self.node)
