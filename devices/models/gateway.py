"""A process that holds node sockets."""

from uuid import uuid4

from django.db import models

from rdos.kernel.clock import Now


class Gateway(models.Model):
    """Lives as long as it renews its lease; the nodes of one that does not are offline."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    # With the pid, tells a process from a later one of the same number.
    process_started = models.FloatField()
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    seen_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
