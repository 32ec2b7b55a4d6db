"""What may start a flow. How it does is in the row of its kind: a schedule, a webhook, a filter over the journal."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from rdos.kernel.clock import Now
from scheduling.choices import TriggerKind


class Trigger(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    flow = models.ForeignKey("flows.Flow", models.CASCADE, related_name="triggers", db_index=False)
    kind = models.CharField(max_length=8, choices=TriggerKind.choices)
    name = models.CharField(max_length=255)
    is_enabled = models.BooleanField(default=True)
    # Why the hub itself switched it off; empty when a person did.
    paused_reason = models.CharField(max_length=1000, blank=True)
    # Whoever may start the flow no longer, starts it no longer by this either. Nobody: a key of the hub's own made it.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="triggers")
    has_owner = models.BooleanField(default=False)

    # --- What its runs are given; what is not said here, the flow says.
    input = models.JSONField(null=True)
    priority = models.PositiveSmallIntegerField(null=True)
    environment = models.CharField(max_length=64, blank=True)

    # As it was sent, with keys that nothing here reads.
    config = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)

    fired_count = models.PositiveIntegerField(default=0)
    # How often it went off and could not start a run. A run that fails later is counted with the runs.
    failure_count = models.PositiveIntegerField(default=0)
    last_fired_at = models.DateTimeField(null=True)
    # Since it was last switched on: what failed before is forgiven.
    enabled_at = models.DateTimeField(db_default=Now())
    # This many failed runs in a row switch it off.
    pause_after_failures = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(priority__isnull=True) | Q(priority__lte=20), name="a_trigger_has_a_priority_from_0_to_20"
            ),
        ]
        indexes = [
            models.Index(fields=["flow", "-created_at", "-id"], name="triggers_of_a_flow"),
            models.Index(fields=["kind", "-created_at", "-id"], name="triggers_of_a_kind"),
            # Asked every second whether there are any.
            models.Index(
                fields=["id"], name="triggers_that_heed", condition=Q(kind=TriggerKind.EVENT, is_enabled=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name
