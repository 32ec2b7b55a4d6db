"""A version brought to many nodes in waves, each only when the one before has gone well."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from flows.choices import OPEN_ROLLOUTS, OnFailure, RolloutStatus, TargetStatus, WhenAway
from rdos.kernel.clock import Now


class Rollout(models.Model):
    """running ⇄ waiting, paused → succeeded | aborted; running, waiting or paused → reverting → reverted | aborted.

    Every state that is not the last has a deadline, and what then follows.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    flow = models.ForeignKey("flows.Flow", models.CASCADE, related_name="rollouts")
    version = models.ForeignKey("flows.FlowVersion", models.CASCADE, related_name="+", db_index=False)
    title = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=9, choices=RolloutStatus.choices, default=RolloutStatus.RUNNING)
    status_reason = models.CharField(max_length=1000, blank=True)
    # [{"name", "gate"}], one for each wave; `wave` is the one that counts now.
    waves = models.JSONField()
    wave = models.PositiveSmallIntegerField(default=0)
    # Percent of a wave: as many must have succeeded, and not more than so many may have failed.
    success_threshold = models.PositiveSmallIntegerField(default=100)
    failure_threshold = models.PositiveSmallIntegerField(default=0)
    on_failure = models.CharField(max_length=8, choices=OnFailure.choices, default=OnFailure.PAUSE)
    when_away = models.CharField(max_length=5, choices=WhenAway.choices, default=WhenAway.DEFER)
    wave_seconds = models.PositiveIntegerField()
    gate_seconds = models.PositiveIntegerField()
    force = models.BooleanField(default=False)
    # A person looked at what went wrong in this wave, and went on.
    excused_wave = models.PositiveSmallIntegerField(null=True)
    # Nodes that were never among its targets: [{"node_id", "node_name", "reason"}].
    skipped = models.JSONField(default=list)
    deadline_at = models.DateTimeField(null=True)
    # On whose behalf; their rights are looked at again with each wave.
    owner_id = models.UUIDField(null=True)
    created_by_kind = models.CharField(max_length=20, blank=True)
    created_by_id = models.CharField(max_length=128, blank=True)
    created_by_label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    wave_began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["flow"], condition=Q(status__in=OPEN_ROLLOUTS), name="a_flow_has_one_rollout_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=OPEN_ROLLOUTS) | Q(deadline_at__isnull=False),
                name="a_rollout_never_sits_for_ever",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="rollouts_newest_first"),
            models.Index(fields=["deadline_at"], name="rollouts_under_way", condition=Q(status__in=OPEN_ROLLOUTS)),
        ]

    def __str__(self) -> str:
        return self.title


class RolloutTarget(models.Model):
    """planned → sent ⇄ deferred → succeeded | failed; planned → skipped | cancelled; what was sent may be reverted."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    rollout = models.ForeignKey(Rollout, models.CASCADE, related_name="targets", db_index=False)
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="+")
    wave = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=9, choices=TargetStatus.choices, default=TargetStatus.PLANNED)
    reason = models.CharField(max_length=1000, blank=True)
    # A failure that a person has looked at counts no more.
    excused = models.BooleanField(default=False)
    # What the node had before; none when the flow was not there.
    former = models.ForeignKey("flows.FlowVersion", models.SET_NULL, null=True, related_name="+", db_index=False)
    letter_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rollout", "node"], name="a_rollout_reaches_a_node_once"),
        ]
        indexes = [
            models.Index(fields=["rollout", "wave", "status"], name="targets_of_a_wave"),
            models.Index(fields=["letter_id"], name="targets_by_letter", condition=Q(letter_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.node_id} in wave {self.wave + 1}"
