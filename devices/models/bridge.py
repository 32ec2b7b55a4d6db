"""A process that joins the hub and the bus."""

from uuid import uuid4

from django.db import models

from rdos.kernel.clock import Now


class Bridge(models.Model):
    """Renews its sign of life, and says since when it has the bus."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    reached_at = models.DateTimeField(null=True)
    # Messages since it started: what came in, what could not be read, and what came too fast.
    heard = models.BigIntegerField(default=0)
    malformed = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    seen_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
