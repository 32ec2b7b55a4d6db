"""The clock's sign of life, by which others see that it has stopped."""

from django.db import models
from django.db.models import Q

THE_ONE = 1


class ClockSign(models.Model):
    """One row, however many clocks there are. Watched from outside; `late_since` is set while it is overdue."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    seen_at = models.DateTimeField()
    # The last sign before the silence that was told of.
    late_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=THE_ONE), name="there_is_one_sign_of_the_clock")]

    def __str__(self) -> str:
        return f"the clock, seen at {self.seen_at:%Y-%m-%d %H:%M:%S}"
