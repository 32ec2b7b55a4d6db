"""A version wanted on a node, and what the node says of it."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from flows.choices import MOVING_DEPLOYMENTS, DeploymentStatus, Drift
from rdos.kernel.clock import Now


class Deployment(models.Model):
    """pending → deployed | told | failed → pending; removing → removed | told | failed; whatever it was, it can be
    wanted anew.

    A flow that left a node keeps its row, so that what comes next is the same row again.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    flow = models.ForeignKey("flows.Flow", models.CASCADE, related_name="deployments", db_index=False)
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="deployments")
    status = models.CharField(max_length=8, choices=DeploymentStatus.choices, default=DeploymentStatus.PENDING)
    # What should be there; none when the flow should be gone.
    wanted = models.ForeignKey("flows.FlowVersion", models.SET_NULL, null=True, related_name="+", db_index=False)
    # What the node confirmed last, and what it had before that: where a rollback goes to.
    present = models.ForeignKey("flows.FlowVersion", models.SET_NULL, null=True, related_name="+", db_index=False)
    former = models.ForeignKey("flows.FlowVersion", models.SET_NULL, null=True, related_name="+", db_index=False)
    # Under which id the node knows it. A media flow brings its own, and may bring another with its next version.
    placed_as = models.CharField(max_length=256, blank=True)
    wanted_at = models.DateTimeField()
    wanted_by_kind = models.CharField(max_length=20, blank=True)
    wanted_by_id = models.CharField(max_length=128, blank=True)
    wanted_by_label = models.CharField(max_length=200, blank=True)

    # --- The letter that is under way; the answer to any other changes nothing.
    letter_id = models.UUIDField(null=True)
    deadline_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    rollout = models.ForeignKey("flows.Rollout", models.SET_NULL, null=True, related_name="+")

    # --- What the node says
    confirmed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=1000, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    reported_number = models.PositiveIntegerField(null=True)
    reported_at = models.DateTimeField(null=True)
    drift = models.CharField(max_length=9, choices=Drift.choices, blank=True)
    drifted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["flow", "node"], name="a_flow_is_wanted_on_a_node_once"),
            models.CheckConstraint(
                condition=~Q(status__in=MOVING_DEPLOYMENTS) | Q(deadline_at__isnull=False),
                name="a_deployment_on_its_way_has_a_deadline",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="deployments_newest_first"),
            models.Index(
                fields=["deadline_at"], name="deployments_on_their_way", condition=Q(status__in=MOVING_DEPLOYMENTS)
            ),
            models.Index(fields=["letter_id"], name="deployments_by_letter", condition=Q(letter_id__isnull=False)),
            models.Index(
                fields=["confirmed_at"],
                name="deployments_that_failed",
                condition=Q(status=DeploymentStatus.FAILED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} on {self.node_id}"

    @property
    def is_converged(self) -> bool:
        """The node confirmed what is wanted, and has said nothing else since."""
        settled = self.status in (DeploymentStatus.DEPLOYED, DeploymentStatus.REMOVED)
        return settled and self.present_id == self.wanted_id and not self.drift


class NodeReport(models.Model):
    """Which flows a node says it runs, as it said last: ours and others."""

    node = models.OneToOneField("devices.Node", models.CASCADE, primary_key=True, related_name="flow_report")
    # [{"flow_id", "version", "enabled"}]
    flows = models.JSONField(default=list)
    reported_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Flows of {self.node_id}"
