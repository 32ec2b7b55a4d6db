from django.db import models
from django.db.models.functions import Now


class JournalEntry(models.Model):
    """One thing that happened. Never changed, except that the sealer gives it its position, once."""

    # Given after commit, without gaps. Readers follow it, never the id: a late commit has a low id.
    position = models.BigIntegerField(null=True, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    action = models.CharField(max_length=100)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=128, blank=True)
    actor_label = models.CharField(max_length=200, blank=True)
    actor_address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=128, blank=True)
    object_kind = models.CharField(max_length=50)
    object_id = models.CharField(max_length=128, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    summary = models.CharField(max_length=500, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    details = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "journal entries"
        constraints = [
            models.UniqueConstraint(fields=["position"], name="a_journal_position_is_given_once"),
        ]
        indexes = [
            models.Index(fields=["id"], name="journal_unsealed", condition=models.Q(position=None)),
            models.Index(fields=["object_kind", "object_id", "-id"], name="journal_by_object"),
            models.Index(fields=["actor_id", "-id"], name="journal_by_actor"),
            models.Index(fields=["action", "-id"], name="journal_by_action"),
            models.Index(fields=["-at"], name="journal_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label or self.object_id}".strip()
