"""A set of nodes with a name: listed one by one, or whatever fits a query."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from devices.choices import GroupKind
from rdos.kernel.clock import Now


class NodeGroup(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=512, blank=True)
    kind = models.CharField(max_length=8, choices=GroupKind.choices, default=GroupKind.STATIC)
    # For a query: any of device_type, status, labels {name: value}, search.
    query = models.JSONField(default=dict, blank=True)
    nodes = models.ManyToManyField("devices.Node", related_name="groups", blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="a_group_name_is_taken_once_whatever_its_case"),
            models.CheckConstraint(condition=Q(kind=GroupKind.QUERY) | Q(query={}), name="a_static_group_asks_nothing"),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="groups_newest_first")]

    def __str__(self) -> str:
        return self.name
