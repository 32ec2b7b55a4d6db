from django.db import models
from django.db.models.functions import Now


class JournalCursor(models.Model):
    """How far one reader has read."""

    name = models.CharField(max_length=100, unique=True)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"
