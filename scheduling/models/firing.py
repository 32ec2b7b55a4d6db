"""The fact that a trigger went off, once, and what came of it."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from scheduling.choices import OF_A_DUE_TIME, Outcome, Source


class Firing(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    trigger = models.ForeignKey("scheduling.Trigger", models.CASCADE, related_name="firings", db_index=False)
    source = models.CharField(max_length=10, choices=Source.choices)
    # What the clock was to do; of others, when they came in.
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.CharField(max_length=500, blank=True)
    # A run may be pruned long before its trigger is.
    execution_id = models.UUIDField(null=True)
    # What a sender called this delivery, or the journal's position.
    delivery_id = models.CharField(max_length=200, null=True)
    # With which a delivery came. It opens the door once.
    signature = models.CharField(max_length=64, null=True)
    # What is refused for one reason within an hour is one row, so that nobody fills a disk with it.
    times = models.PositiveIntegerField(default=1, db_default=1)
    # What the event was about: the kind and the id of its row.
    subject = models.CharField(max_length=200, blank=True, db_default="")
    input = models.JSONField(null=True)
    details = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trigger", "due_at"],
                condition=Q(source__in=OF_A_DUE_TIME),
                name="a_due_time_goes_off_once",
            ),
            models.UniqueConstraint(
                fields=["trigger", "delivery_id"],
                condition=Q(delivery_id__isnull=False),
                name="a_delivery_is_taken_once",
            ),
            models.UniqueConstraint(
                fields=["trigger", "signature"],
                condition=Q(signature__isnull=False),
                name="a_signature_is_good_once",
            ),
            models.UniqueConstraint(
                fields=["trigger", "due_at", "reason"],
                condition=Q(source=Source.WEBHOOK, outcome=Outcome.REFUSED),
                name="refusals_of_an_hour_are_counted",
            ),
        ]
        indexes = [
            models.Index(fields=["-fired_at", "-id"], name="firings_newest_first"),
            models.Index(fields=["trigger", "-fired_at", "-id"], name="firings_of_a_trigger"),
            # What waits for the run before; nearly always nothing.
            models.Index(fields=["trigger", "due_at"], name="firings_waiting", condition=Q(outcome=Outcome.WAITING)),
            # When an event trigger last went off for the same subject.
            models.Index(
                fields=["trigger", "subject", "-due_at"], name="firings_for_a_subject", condition=Q(source=Source.EVENT)
            ),
            # What an event has started, to know it again when it fails.
            models.Index(
                fields=["execution_id"],
                name="firings_by_run",
                condition=Q(source=Source.EVENT, execution_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} at {self.fired_at:%Y-%m-%d %H:%M:%S}"
