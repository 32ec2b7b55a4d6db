"""One measured quantity of one node, and what it was last."""

from django.db import models

LONGEST_NAME = 64


class Series(models.Model):
    id = models.AutoField(primary_key=True)
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="series", db_index=False)
    name = models.CharField(max_length=LONGEST_NAME)

    class Meta:
        verbose_name_plural = "series"
        constraints = [models.UniqueConstraint(fields=["node", "name"], name="a_series_of_a_node_is_named_once")]

    def __str__(self) -> str:
        return self.name


class LastValue(models.Model):
    """A row of its own, because it changes all the time and its series never does."""

    series = models.OneToOneField(Series, models.CASCADE, primary_key=True, related_name="last")
    at = models.DateTimeField()
    value = models.FloatField()

    def __str__(self) -> str:
        return f"{self.value} at {self.at:%Y-%m-%d %H:%M:%S}"
