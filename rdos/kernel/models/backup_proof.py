from django.db import models

from rdos.kernel.clock import Now
from rdos.kernel.models.backup import Backup


class BackupProof(models.Model):
    """One archive was restored aside and compared with what its manifest says. Never changed."""

    # An archive that was brought here from elsewhere has no row.
    backup = models.ForeignKey(Backup, null=True, on_delete=models.SET_NULL, related_name="proofs")
    archive = models.CharField(max_length=255)
    at = models.DateTimeField(db_default=Now(), editable=False)
    seconds = models.FloatField()
    passed = models.BooleanField()
    tables = models.PositiveIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="backup_proof_newest_first")]

    def __str__(self) -> str:
        return f"proof of {self.archive}"
