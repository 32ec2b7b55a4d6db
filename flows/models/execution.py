"""One run of one version, and what came of it."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from flows.choices import HELD, OPEN_EXECUTIONS, ExecutionStatus, RunsOn, StartedBy, StepStatus
from rdos.kernel.clock import Now


class Execution(models.Model):
    """queued → claimed → running ⇄ waiting → succeeded | failed | timed_out | cancelled.

    Back to queued by release, retry, an expired lease or a wake-up. Every grant raises the fence, and only whoever
    holds the present fence changes anything.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    flow = models.ForeignKey("flows.Flow", models.CASCADE, related_name="executions", db_index=False)
    version = models.ForeignKey("flows.FlowVersion", models.CASCADE, related_name="+", db_index=False)
    # What it was called when it began.
    flow_name = models.CharField(max_length=255)
    status = models.CharField(max_length=9, choices=ExecutionStatus.choices, default=ExecutionStatus.QUEUED)

    # --- What the claim looks at
    runs_on = models.CharField(max_length=6, choices=RunsOn.choices, default=RunsOn.ROBOT)
    priority = models.PositiveSmallIntegerField()
    environment = models.CharField(max_length=64)
    capabilities = models.JSONField(default=list)
    labels = models.JSONField(default=dict)
    target_node = models.ForeignKey("devices.Node", models.SET_NULL, null=True, related_name="+", db_index=False)
    # The flow allows only so many at once, so that its claims are counted.
    is_limited = models.BooleanField(default=False)
    # Not before this moment: when it was queued, a delay, or the pause before a retry.
    ready_at = models.DateTimeField()
    # Not begun by then, it is given up.
    begin_by = models.DateTimeField(null=True)
    # The ids of the nodes that would not have it; they are not asked again.
    rejected_by = models.JSONField(null=True)

    # --- Who holds it
    node = models.ForeignKey("devices.Node", models.SET_NULL, null=True, related_name="+", db_index=False)
    # The holder's own handle, which outlives its row.
    robot_key = models.CharField(max_length=64, blank=True)
    fence = models.PositiveIntegerField(default=0)
    # Of a run of the hub that is still queued: a worker was told of it, and is told again when this has passed.
    lease_until = models.DateTimeField(null=True)
    timeout_seconds = models.PositiveIntegerField()
    # Running longer than this, it is timed out. Set by the claim.
    ends_by = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    # Text within JSON, because the database would not keep the order of its keys.
    parked = models.JSONField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)

    # --- How it goes
    retry_count = models.PositiveSmallIntegerField(default=0)
    max_retries = models.PositiveSmallIntegerField()
    progress = models.PositiveSmallIntegerField(default=0)
    current_node = models.CharField(max_length=256, blank=True)
    message = models.CharField(max_length=500, blank=True)
    input = models.JSONField(null=True)
    # What is known of the call that brought the input, such as its headers. The run finds it under `webhook`.
    came_with = models.JSONField(null=True)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    error_type = models.CharField(max_length=100, blank=True)
    first_failed_at = models.DateTimeField(null=True)

    # --- Where it comes from
    trigger_type = models.CharField(max_length=8, choices=StartedBy.choices, default=StartedBy.MANUAL)
    # A row of a higher app.
    trigger_id = models.UUIDField(null=True)
    dedup_key = models.CharField(max_length=200, null=True)
    retry_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="retries")
    created_by_kind = models.CharField(max_length=20, blank=True)
    created_by_id = models.CharField(max_length=128, blank=True)
    created_by_label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    claimed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["flow", "dedup_key"],
                condition=Q(dedup_key__isnull=False),
                name="a_flow_runs_once_for_a_dedup_key",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=HELD) | Q(lease_until__isnull=False), name="whoever_holds_a_run_has_a_lease"
            ),
        ]
        indexes = [
            # Everything that is over stays out of it: a million finished rows cost a claim nothing. The columns behind
            # the order let the index itself sort out what is not for this robot.
            models.Index(
                fields=["priority", "created_at", "id", "runs_on", "environment", "ready_at"],
                name="executions_queued",
                condition=Q(status=ExecutionStatus.QUEUED),
            ),
            models.Index(
                fields=["ready_at"],
                name="executions_for_the_hub",
                condition=Q(status=ExecutionStatus.QUEUED, runs_on=RunsOn.HUB),
            ),
            models.Index(fields=["node"], name="executions_held_by_a_node", condition=Q(lease_until__isnull=False)),
            models.Index(fields=["flow"], name="executions_open_of_a_flow", condition=Q(status__in=OPEN_EXECUTIONS)),
            # What a trigger started and is not over: its next run may have to wait for it.
            models.Index(
                fields=["trigger_id"],
                name="executions_open_of_a_trigger",
                condition=Q(status__in=OPEN_EXECUTIONS, trigger_id__isnull=False),
            ),
            models.Index(fields=["lease_until"], name="executions_by_lease", condition=Q(status__in=HELD)),
            models.Index(fields=["wake_at"], name="executions_to_wake", condition=Q(status=ExecutionStatus.WAITING)),
            models.Index(
                fields=["begin_by"],
                name="executions_to_give_up",
                condition=Q(status__in=(ExecutionStatus.QUEUED, ExecutionStatus.WAITING), begin_by__isnull=False),
            ),
            models.Index(fields=["-created_at", "-id"], name="executions_newest_first"),
            models.Index(fields=["flow", "-created_at", "-id"], name="executions_of_a_flow"),
            models.Index(fields=["status", "-created_at", "-id"], name="executions_of_a_status"),
            models.Index(fields=["environment", "-created_at", "-id"], name="executions_of_an_environment"),
            models.Index(
                fields=["robot_key", "-created_at", "-id"], name="executions_of_a_robot", condition=~Q(robot_key="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flow_name} {str(self.pk)[:8]}"


class Step(models.Model):
    """What one node of the graph did in a run. The same node may have been passed more than once."""

    id = models.BigAutoField(primary_key=True)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="steps", db_index=False)
    # Which grant it belongs to: a retried run does its steps again.
    fence = models.PositiveIntegerField(default=0)
    node_id = models.CharField(max_length=256)
    node_type = models.CharField(max_length=128, blank=True)
    status = models.CharField(max_length=9, choices=StepStatus.choices)
    started_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    outputs = models.JSONField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["execution", "id"], name="steps_of_an_execution")]

    def __str__(self) -> str:
        return f"{self.node_id} {self.status}"


class RunLine(models.Model):
    """A line that a run wrote."""

    id = models.BigAutoField(primary_key=True)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="lines", db_index=False)
    at = models.DateTimeField()
    level = models.CharField(max_length=10)
    message = models.TextField()
    source = models.CharField(max_length=256, blank=True)

    class Meta:
        indexes = [models.Index(fields=["execution", "id"], name="lines_of_an_execution")]

    def __str__(self) -> str:
        return self.message[:80]


class LateResult(models.Model):
    """What somebody said of a run that was not theirs any more. Kept, and without effect."""

    id = models.BigAutoField(primary_key=True)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="late_results")
    robot_key = models.CharField(max_length=64)
    fence = models.PositiveIntegerField(null=True)
    said = models.CharField(max_length=20)
    payload = models.JSONField(null=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.robot_key} said {self.said} too late"


class DeadLetter(models.Model):
    """A run that failed for good, until somebody runs it again."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    execution = models.OneToOneField(Execution, models.CASCADE, related_name="dead_letter")
    flow = models.ForeignKey("flows.Flow", models.CASCADE, related_name="dead_letters", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    reprocessed_at = models.DateTimeField(null=True)
    reprocessed_by = models.CharField(max_length=200, blank=True)
    reprocessed_as = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="dead_letters_newest_first"),
            models.Index(fields=["flow", "-created_at", "-id"], name="dead_letters_of_a_flow"),
        ]

    def __str__(self) -> str:
        return str(self.execution)
