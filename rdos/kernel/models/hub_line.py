from django.db import models


class Level(models.TextChoices):
    DEBUG = "debug", "Debug"
    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    ERROR = "error", "Error"
    CRITICAL = "critical", "Critical"


class HubLine(models.Model):
    """One line of the hub's own log, as some process of it wrote it; the clock is that process's."""

    at = models.DateTimeField()
    level = models.CharField(max_length=16, choices=Level.choices)
    module = models.CharField(max_length=200)
    message = models.TextField()
    metadata = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["level", "-id"], name="hub_line_by_level"),
            models.Index(fields=["module", "-id"], name="hub_line_by_module"),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.module}"
