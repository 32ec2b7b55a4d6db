"""One stored measurement."""

from django.db import models


class Sample(models.Model):
    """On PostgreSQL a partition holds a day, and a day is forgotten by dropping its partition.

    The series is named without a foreign key: checking one would cost more than storing the row, and what a removed
    node leaves behind goes with its day.
    """

    # The database keeps an index and no constraint: storing a batch twice by accident must not stop the next one.
    pk = models.CompositePrimaryKey("series_id", "at")
    series_id = models.IntegerField()
    at = models.DateTimeField()
    value = models.FloatField()

    def __str__(self) -> str:
        return f"{self.value} at {self.at:%Y-%m-%d %H:%M:%S}"
