"""What a node wrote into its log."""

from django.db import models

from telemetry.choices import LogLevel

LONGEST_SOURCE = 128


class LogLine(models.Model):
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="log_lines", db_index=False)
    at = models.DateTimeField()
    level = models.CharField(max_length=8, choices=LogLevel.choices, default=LogLevel.INFO)
    source = models.CharField(max_length=LONGEST_SOURCE, blank=True)
    message = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["node", "-id"], name="log_lines_of_a_node")]

    def __str__(self) -> str:
        return self.message[:80]
