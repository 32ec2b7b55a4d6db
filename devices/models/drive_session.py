"""Somebody drives a robot by hand."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from devices.choices import DriveEnd
from rdos.kernel.clock import Now


class DriveSession(models.Model):
    """open → ended, for a reason. Open for as long as a process renews the lease: whoever finds it over ends the
    session and stops the robot."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="drive_sessions")
    # The fastest this session lets its driver go.
    linear_limit = models.FloatField()
    angular_limit = models.FloatField()
    lease_until = models.DateTimeField()
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=16, choices=DriveEnd.choices, blank=True)
    driver_kind = models.CharField(max_length=20)
    driver_id = models.CharField(max_length=128, blank=True)
    driver_label = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node"], name="one_person_drives_a_node", condition=Q(ended_at=None)),
        ]
        indexes = [
            models.Index(fields=["lease_until"], name="drive_leases_that_end", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.driver_label} drives {self.node_id}"
