"""How often a password was wrong, per address and account."""

from django.db import models


class LoginLock(models.Model):
    """Counted per pair, so that one forgotten password behind a shared address locks nobody else out."""

    address = models.CharField(max_length=64)
    account = models.CharField(max_length=254)
    failures = models.PositiveIntegerField(default=0)
    window_began_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address", "account"], name="one_count_per_address_and_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account} from {self.address}"
