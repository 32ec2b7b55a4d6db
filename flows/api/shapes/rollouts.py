"""The shapes of rollouts on the wire."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from flows.api.shapes.deployments import (
    DeployerSerializer,
    SkippedNodeSerializer,
    TargetsRequest,
    choice_of,
)
from flows.choices import Gate, OnFailure, RolloutStatus, TargetStatus, WhenAway
from flows.models import Rollout, RolloutTarget
from flows.particulars import (
    FURTHEST_VERSION,
    LONGEST_GATE,
    LONGEST_REASON,
    LONGEST_WAVE,
    MOST_NODES,
    MOST_WAVES,
    SHORTEST_WAVE,
)
from flows.services.rollouts import GATE_SECONDS, WAVE_SECONDS, Plan
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer


class WaveRequest(RequestSerializer):
    """Exactly one of percent (of all, counted from the beginning), count and group."""

    percent = serializers.FloatField(min_value=0, max_value=100, required=False)
    count = serializers.IntegerField(min_value=1, max_value=MOST_NODES, required=False)
    group_id = serializers.UUIDField(required=False)
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    gate = serializers.ChoiceField(choices=Gate.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in ("percent", "count", "group_id")) != 1:
            raise serializers.ValidationError("Name exactly one of `percent`, `count` and `group_id`.")
        return attrs


class RolloutRequest(TargetsRequest):
    flow_id = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1, max_value=FURTHEST_VERSION, required=False)
    title = serializers.CharField(max_length=200, default="", allow_blank=True)
    waves = serializers.ListField(
        child=WaveRequest(),
        max_length=MOST_WAVES,
        default=list,
        help_text="10, 50 and 100 percent when left out. Whom no wave reaches is in one more.",
    )
    gate = serializers.ChoiceField(
        choices=Gate.choices, default=Gate.AUTO, help_text="What follows a wave that went well."
    )
    success_threshold = serializers.IntegerField(
        min_value=1, max_value=100, default=100, help_text="Percent of a wave that must have succeeded."
    )
    failure_threshold = serializers.IntegerField(
        min_value=0, max_value=100, default=0, help_text="Percent of a wave that may have failed."
    )
    on_failure = serializers.ChoiceField(choices=OnFailure.choices, default=OnFailure.PAUSE)
    when_away = serializers.ChoiceField(choices=WhenAway.choices, default=WhenAway.DEFER)
    wave_seconds = serializers.IntegerField(min_value=SHORTEST_WAVE, max_value=LONGEST_WAVE, default=WAVE_SECONDS)
    gate_seconds = serializers.IntegerField(
        min_value=SHORTEST_WAVE,
        max_value=LONGEST_GATE,
        default=GATE_SECONDS,
        help_text="How long it waits for somebody before it is given up.",
    )
    force = serializers.BooleanField(default=False)


class PauseRequest(RequestSerializer):
    reason = serializers.CharField(max_length=LONGEST_REASON, default="", allow_blank=True)


class ResumeRequest(RequestSerializer):
    retry = serializers.BooleanField(default=False, help_text="Tell those again that failed or were skipped.")


class AbortRequest(PauseRequest):
    rollback = serializers.BooleanField(default=False, help_text="Every node goes back to what it had before.")


class RolloutQuery(RequestSerializer):
    flow_id = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=RolloutStatus.choices, required=False)


class TargetQuery(RequestSerializer):
    wave = serializers.IntegerField(min_value=1, max_value=MOST_WAVES + 1, required=False)
    status = serializers.ChoiceField(choices=TargetStatus.choices, required=False)


class WaveSerializer(AnswerSerializer):
    number = serializers.IntegerField()
    name = serializers.CharField()
    gate = serializers.ChoiceField(choices=Gate.choices)
    total = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Nodes by status.")


class RolloutSerializer(AnswerSerializer):
    id = serializers.UUIDField()
    flow_id = serializers.UUIDField()
    flow_name = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=RolloutStatus.choices)
    status_reason = serializers.CharField(allow_null=True)
    wave = serializers.IntegerField(help_text="The one that counts now; the first is 1.")
    waves = WaveSerializer(many=True)
    success_threshold = serializers.IntegerField()
    failure_threshold = serializers.IntegerField()
    on_failure = serializers.ChoiceField(choices=OnFailure.choices)
    when_away = serializers.ChoiceField(choices=WhenAway.choices)
    wave_seconds = serializers.IntegerField()
    gate_seconds = serializers.IntegerField()
    force = serializers.BooleanField()
    total = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Nodes by status.")
    skipped = SkippedNodeSerializer(many=True, help_text="Who never was among its nodes.")
    created_at = serializers.DateTimeField()
    created_by = DeployerSerializer()
    wave_began_at = serializers.DateTimeField(allow_null=True)
    deadline_at = serializers.DateTimeField(allow_null=True, help_text="Then it moves on by itself.")
    ended_at = serializers.DateTimeField(allow_null=True)


class TargetSerializer(AnswerSerializer):
    node_id = serializers.UUIDField()
    node_key = serializers.CharField()
    node_name = serializers.CharField()
    node_connected = serializers.BooleanField()
    wave = serializers.IntegerField()
    status = serializers.ChoiceField(choices=TargetStatus.choices)
    reason = serializers.CharField(allow_null=True)
    excused = serializers.BooleanField()
    former_version = serializers.IntegerField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)


PLAIN = (
    *("success_threshold", "failure_threshold", "on_failure", "when_away", "wave_seconds", "gate_seconds", "force"),
    *("created_at", "wave_began_at", "deadline_at", "ended_at", "flow_id", "status", "title"),
)
Counts = Mapping[tuple[int, str], int]


def plan_of(data: Mapping[str, Any]) -> Plan:
    named = ("waves", "gate", "success_threshold", "failure_threshold", "on_failure", "when_away", "wave_seconds")
    rest = ("gate_seconds", "force", "title")
    fields = {name: data[name] for name in (*named, *rest)}
    return Plan(choice=choice_of(dict(data)), version=data.get("version"), **fields)


def rollout_of(rollout: Rollout, counts: Counts, skipped: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    waves = [_wave_of(number, wave, counts) for number, wave in enumerate(rollout.waves)]
    totals = {status: sum(wave["counts"][status] for wave in waves) for status in TargetStatus.values}
    return {name: getattr(rollout, name) for name in PLAIN} | {
        "id": rollout.pk,
        "flow_name": rollout.flow.name,
        "version": rollout.version.number,
        "status_reason": rollout.status_reason or None,
        "wave": rollout.wave + 1,
        "waves": waves,
        "total": sum(totals.values()),
        "counts": totals,
        "skipped": list(skipped),
        "created_by": {
            "kind": rollout.created_by_kind,
            "id": rollout.created_by_id,
            "name": rollout.created_by_label,
        },
    }


def _wave_of(number: int, wave: Mapping[str, Any], counts: Counts) -> dict[str, Any]:
    mine = {status: counts.get((number, status), 0) for status in TargetStatus.values}
    return {"number": number + 1, **wave, "total": sum(mine.values()), "counts": mine}


def target_of(row: RolloutTarget) -> dict[str, Any]:
    return {
        "node_id": row.node_id,
        "node_key": row.node.key,
        "node_name": row.node.name,
        "node_connected": row.node.is_there,
        "wave": row.wave + 1,
        "status": row.status,
        "reason": row.reason or None,
        "excused": row.excused,
        "former_version": row.former.number if row.former else None,
        "sent_at": row.sent_at,
        "settled_at": row.settled_at,
    }
