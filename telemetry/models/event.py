"""Something worth a person's attention."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from telemetry.choices import ALARMS, Severity

LONGEST_CATEGORY = 256
LONGEST_MESSAGE = 10_000
UNKNOWN = "unknown"


class Event(models.Model):
    """open → acknowledged. What happens again and again is one row that counts, found by its group key."""

    # None: it is about the hub, or about a node that the hub does not know.
    node = models.ForeignKey("devices.Node", models.CASCADE, null=True, related_name="events", db_index=False)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.INFO)
    category = models.CharField(max_length=LONGEST_CATEGORY, default=UNKNOWN)
    message = models.TextField(blank=True)
    details = models.JSONField(null=True)
    flow_id = models.CharField(max_length=256, null=True)
    # The action of the journal entry that it tells of; nothing when a node sent it.
    action = models.CharField(max_length=100, blank=True)
    # When the hub learned of it.
    created_at = models.DateTimeField()
    acknowledged = models.BooleanField(default=False)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    group_key = models.CharField(max_length=200, blank=True)
    times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group_key"], condition=Q(group_key__gt=""), name="a_group_of_events_is_one_row"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="events_newest_first"),
            models.Index(fields=["node", "-created_at", "-id"], name="events_of_a_node"),
            models.Index(fields=["category", "-created_at", "-id"], name="events_of_a_category"),
            models.Index(fields=["severity", "-created_at", "-id"], name="events_of_a_severity"),
            models.Index(
                fields=["flow_id", "-created_at", "-id"], name="events_of_a_flow", condition=Q(flow_id__isnull=False)
            ),
            models.Index(
                fields=["-created_at", "-id"],
                name="open_alarms_newest_first",
                condition=Q(acknowledged=False, severity__in=ALARMS),
            ),
            models.Index(fields=["node", "-last_at"], name="event_groups_of_a_node", condition=Q(group_key__gt="")),
            # When somebody leaves, what they acknowledged is found and stays.
            models.Index(
                fields=["acknowledged_by"], name="events_by_acknowledger", condition=Q(acknowledged_by__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.severity}: {self.message[:80]}"
