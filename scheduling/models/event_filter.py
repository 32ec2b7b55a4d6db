"""Which entries of the journal start a flow."""

from django.db import models


class EventFilter(models.Model):
    trigger = models.OneToOneField("scheduling.Trigger", models.CASCADE, primary_key=True, related_name="event_filter")
    # Actions of the journal, with `*` for any part: "node.disconnect", "execution.*". None means any.
    actions = models.JSONField(default=list)
    # Severities of what is told as an event. None means any, and entries without one too.
    severities = models.JSONField(default=list)
    # Labels that the node must have.
    labels = models.JSONField(default=dict)
    condition = models.CharField(max_length=1000, blank=True)
    # Quiet for so long after it went off, for the same object.
    debounce_seconds = models.PositiveIntegerField(default=0)
    per_minute = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.trigger)
