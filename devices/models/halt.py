"""Somebody stopped robots: whoever speaks on the bus reads here what it may have missed, and says it again."""

from uuid import uuid4

from django.db import models

from rdos.kernel.clock import Now


class Halt(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # What the stopped robots call themselves. A list that is kept also when a node is deleted.
    keys = models.JSONField()
    # Every robot on the bus, known or not, was told as well.
    everyone = models.BooleanField(default=False)
    # How many messages the bus took at once; each is said again some times after.
    published = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by_kind = models.CharField(max_length=20)
    created_by_id = models.CharField(max_length=128, blank=True)
    created_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="halts_newest_first")]

    def __str__(self) -> str:
        return "all robots" if self.everyone else ", ".join(self.keys[:5])
