from django.db import models


class JournalSeal(models.Model):
    """One link of the chain over the journal: it vouches for a run of entries and for the seal before it."""

    number = models.BigIntegerField(primary_key=True)
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField()
    count = models.PositiveIntegerField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=80)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first_position"], name="a_position_opens_one_seal"),
            models.CheckConstraint(
                condition=models.Q(last_position=models.F("first_position") + models.F("count") - 1),
                name="a_seal_counts_its_entries",
            ),
        ]

    def __str__(self) -> str:
        return f"seal {self.number} over {self.first_position}–{self.last_position}"
