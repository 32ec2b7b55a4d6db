"""Days and hours in which nothing goes off: holidays, maintenance."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Lower

from rdos.kernel.clock import Now


class Calendar(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    # Days: "2026-12-24", "12-25" for every year, "2026-12-24/2027-01-06".
    days = models.JSONField(default=list)
    # Windows: {"weekdays": [1, 2], "from": "22:00", "to": "02:00"} or {"from": "<instant>", "to": "<instant>"}.
    windows = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="a_calendar_has_its_name_once")]

    def __str__(self) -> str:
        return self.name
