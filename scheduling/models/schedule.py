"""When a trigger goes off by the clock."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from scheduling.choices import Misfire, Overlap, Timing

DEFAULT_CATCH_UP = timedelta(hours=1)


class Schedule(models.Model):
    """`next_due_at` is what the expression says, `next_run_at` when it goes off: later by the jitter, and null while it
    is switched off or has come to its end."""

    trigger = models.OneToOneField("scheduling.Trigger", models.CASCADE, primary_key=True, related_name="schedule")
    timing = models.CharField(max_length=8, choices=Timing.choices, default=Timing.CRON)
    cron = models.CharField(max_length=200, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    every_seconds = models.PositiveIntegerField(null=True)
    # Where the counting of an interval begins, or the one moment.
    anchor = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    jitter_seconds = models.PositiveIntegerField(default=0)
    misfire = models.CharField(max_length=8, choices=Misfire.choices, default=Misfire.RUN_ONCE)
    catch_up_seconds = models.PositiveIntegerField(default=int(DEFAULT_CATCH_UP.total_seconds()))
    overlap = models.CharField(max_length=15, choices=Overlap.choices, default=Overlap.ALLOW)
    # On days and in hours that these leave out it does not go off.
    calendars = models.ManyToManyField("scheduling.Calendar", related_name="schedules")

    next_due_at = models.DateTimeField(null=True)
    next_run_at = models.DateTimeField(null=True)
    # Everything up to here is settled: gone off, left out or missed.
    settled_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(next_run_at__isnull=True) | Q(next_due_at__isnull=False),
                name="a_schedule_goes_off_for_a_due_time",
            ),
        ]
        indexes = [
            # All that the clock looks at, many times a second.
            models.Index(fields=["next_run_at"], name="schedules_due", condition=Q(next_run_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.trigger)
