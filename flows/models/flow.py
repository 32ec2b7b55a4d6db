"""Something to run: who it belongs to and how it runs. What it does is its versions'."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from flows.choices import Access, FlowKind, FlowStatus, RunsOn
from rdos.kernel.clock import Now
from rdos.kernel.kept_json import KeptJSONField

DEFAULT_ENVIRONMENT = "default"
DEFAULT_PRIORITY = 10
DEFAULT_TIMEOUT_SECONDS = 3600
DEFAULT_RETRIES = 3


class Flow(models.Model):
    """stopped → starting → running → stopping → stopped; any of them → error → starting."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=FlowKind.choices, default=FlowKind.GRAPH)
    runs_on = models.CharField(max_length=6, choices=RunsOn.choices, default=RunsOn.ROBOT)
    status = models.CharField(max_length=8, choices=FlowStatus.choices, default=FlowStatus.STOPPED)
    status_reason = models.CharField(max_length=1000, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="flows")
    access = models.CharField(max_length=7, choices=Access.choices, default=Access.SHARED)
    # As a frontend drew it; nothing here reads it.
    canvas = KeptJSONField(null=True)
    metadata = KeptJSONField(default=dict)
    # The newest version, and its number. An edit names the revision it saw, which counts every change.
    current = models.ForeignKey("flows.FlowVersion", models.SET_NULL, null=True, related_name="+", db_index=False)
    version = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)

    environment = models.CharField(max_length=64, default=DEFAULT_ENVIRONMENT)
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY)
    capabilities = models.JSONField(default=list)
    labels = models.JSONField(default=dict)
    target_node = models.ForeignKey("devices.Node", models.SET_NULL, null=True, related_name="+")
    max_concurrent = models.PositiveIntegerField(null=True)
    timeout_seconds = models.PositiveIntegerField(default=DEFAULT_TIMEOUT_SECONDS)
    max_retries = models.PositiveSmallIntegerField(default=DEFAULT_RETRIES)
    # The nodes it is deployed to when nobody names others: keys or ids, as they were sent.
    target_nodes = models.JSONField(default=list)
    # Since when it is deployed as it is now; another content takes that away, and nothing from its nodes.
    deployed_at = models.DateTimeField(null=True)
    # Who carries it while it runs on the hub; Bloxserver calls it a container.
    runner_id = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(priority__lte=20), name="a_flow_has_a_priority_from_0_to_20"),
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="flows_latest_first"),
            models.Index(fields=["-created_at", "-id"], name="flows_newest_first"),
            models.Index(fields=["name", "id"], name="flows_by_name"),
            models.Index(fields=["owner", "-updated_at"], name="flows_of_an_owner"),
            # What the settling tick looks for; nearly always nothing.
            models.Index(
                fields=["status"],
                name="flows_on_their_way",
                condition=Q(status__in=(FlowStatus.STARTING, FlowStatus.STOPPING)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FlowVersion(models.Model):
    """What a flow does, as it was sent. Never changed: an edit is the next version."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # JSON as text, because the order of its keys is part of what was sent; an organism's own text.
    content = models.TextField()
    # The same graph as a robot executes it, ready to be handed over; empty for other kinds.
    executable = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    message = models.CharField(max_length=500, blank=True)
    restored_from = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by_kind = models.CharField(max_length=20, blank=True)
    created_by_id = models.CharField(max_length=128, blank=True)
    created_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["flow", "number"], name="a_version_has_its_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} v{self.number}"
