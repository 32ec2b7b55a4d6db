"""What a person arranged for themselves."""

from django.conf import settings
from django.db import models

from devices.choices import View


class Preference(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences")
    key = models.CharField(max_length=64)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="a_preference_is_kept_once_a_person")]

    def __str__(self) -> str:
        return self.key


class Layout(models.Model):
    """Where a person put the nodes of one view of the topology: {node id: {x, y}}."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="layouts")
    view = models.CharField(max_length=8, choices=View.choices)
    positions = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "view"], name="a_layout_is_kept_once_a_view")]

    def __str__(self) -> str:
        return self.view
