from django.db import models

from rdos.kernel.encryption import EncryptedField


class KeyCheck(models.Model):
    """A known word encrypted with the master key, by which a wrong master key is noticed."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    value = EncryptedField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="there_is_only_one_key_check")]

    def __str__(self) -> str:
        return "master key check"
