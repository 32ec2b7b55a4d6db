from django.db import models
from django.db.models import Q

from rdos.kernel.clock import Now


class BackupStatus(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Backup(models.Model):
    """One archive: running → done | failed.

    Whoever makes it renews `good_until`; a tick fails what nobody renews. `begun_at` says that somebody took it up.
    """

    name = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=16, choices=BackupStatus.choices, default=BackupStatus.RUNNING)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by_label = models.CharField(max_length=200, blank=True)
    begun_at = models.DateTimeField(null=True)
    good_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    size = models.BigIntegerField(null=True)
    host = models.CharField(max_length=255, blank=True)
    path = models.CharField(max_length=1024, blank=True)
    # The row stays when its archive has made room for newer ones.
    removed_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status=BackupStatus.RUNNING), name="one_backup_runs_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="backup_newest_first")]

    def __str__(self) -> str:
        return self.name
