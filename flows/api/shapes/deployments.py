"""The shapes of deployments on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers

from devices.services.operations import MOST_NODES
from flows.choices import AWAITED, DEPLOYMENT_WORDS, MOVING_DEPLOYMENTS, Drift
from flows.models import AwaitedDeployment, Deployment
from flows.particulars import DAY, FURTHEST_VERSION, LONGEST_TTL
from flows.services import versions
from flows.services.deployments import Told
from flows.services.targets import Choice
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer

LONGEST_NAME = 128


class TargetsRequest(RequestSerializer):
    """Which nodes are meant: at most one of these."""

    target_nodes = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_NAME),
        max_length=MOST_NODES,
        required=False,
        allow_null=True,
        help_text="Keys or ids of nodes.",
    )
    node_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_NODES, required=False)
    group_id = serializers.UUIDField(required=False)
    labels = serializers.DictField(
        child=serializers.CharField(max_length=128, allow_blank=True, trim_whitespace=False),
        allow_empty=False,
        required=False,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("target_nodes", "node_ids", "group_id", "labels") if attrs.get(name)]
        if len(named) > 1:
            raise serializers.ValidationError({named[1]: ["Name nodes in one way only."]})
        return attrs


class DeployRequest(TargetsRequest):
    version = serializers.IntegerField(
        min_value=1, max_value=FURTHEST_VERSION, required=False, help_text="The newest when left out."
    )
    force = serializers.BooleanField(
        default=False, help_text="Also to nodes in maintenance, and in place of whatever an edge has under that id."
    )
    ttl = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TTL, default=DAY, help_text="How long it waits for nodes that are offline."
    )


class UndeployRequest(TargetsRequest):
    ttl = serializers.IntegerField(min_value=1, max_value=LONGEST_TTL, default=DAY)


class RollbackRequest(RequestSerializer):
    ttl = serializers.IntegerField(min_value=1, max_value=LONGEST_TTL, default=DAY)


class RedeployRequest(RequestSerializer):
    force = serializers.BooleanField(default=False)


class DeploymentQuery(RequestSerializer):
    flow_id = serializers.UUIDField(required=False)
    node_id = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=DEPLOYMENT_WORDS, required=False)
    drifted = serializers.BooleanField(required=False, allow_null=True, default=None)
    silent_for = serializers.IntegerField(
        min_value=0, max_value=366 * DAY, required=False, help_text="On their way for at least so many seconds."
    )


class SkippedNodeSerializer(AnswerSerializer):
    node_id = serializers.CharField(allow_blank=True)
    node_name = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


class DeployerSerializer(AnswerSerializer):
    kind = serializers.CharField()
    id = serializers.CharField()
    name = serializers.CharField()


class DeploymentSerializer(AnswerSerializer):
    id = serializers.UUIDField()
    flow_id = serializers.UUIDField()
    flow_name = serializers.CharField()
    node_id = serializers.UUIDField(allow_null=True, help_text="None: the hub does not know the node yet.")
    node_key = serializers.CharField()
    node_name = serializers.CharField()
    node_connected = serializers.BooleanField()
    status = serializers.ChoiceField(choices=DEPLOYMENT_WORDS)
    wanted_version = serializers.IntegerField(allow_null=True, help_text="None: it should be gone.")
    present_version = serializers.IntegerField(allow_null=True, help_text="What the node confirmed last.")
    former_version = serializers.IntegerField(allow_null=True, help_text="Where a rollback goes to.")
    reported_version = serializers.IntegerField(allow_null=True)
    converged = serializers.BooleanField(help_text="The node has what is wanted, and says nothing else.")
    error = serializers.CharField(allow_null=True)
    error_code = serializers.CharField(allow_null=True)
    drift = serializers.ChoiceField(choices=Drift.choices, allow_null=True)
    drifted_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField()
    rollout_id = serializers.UUIDField(allow_null=True)
    wanted_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    reported_at = serializers.DateTimeField(allow_null=True)
    silent_seconds = serializers.IntegerField(allow_null=True, help_text="How long it has not answered.")
    wanted_by = DeployerSerializer()
    created_at = serializers.DateTimeField()


class DeployedFlowSerializer(AnswerSerializer):
    """Tafy's flow, and what became of its nodes."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    config = serializers.JSONField()
    target_nodes = serializers.ListField(child=serializers.CharField())
    flow_metadata = serializers.JSONField()
    deployed = serializers.BooleanField()
    deployed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deployments = DeploymentSerializer(many=True)
    skipped = SkippedNodeSerializer(many=True)


class SilentNodeSerializer(AnswerSerializer):
    node_id = serializers.UUIDField()
    node_name = serializers.CharField()
    node_connected = serializers.BooleanField()
    wanted_version = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField()
    silent_seconds = serializers.IntegerField()


class ConvergenceSerializer(AnswerSerializer):
    flow_id = serializers.UUIDField()
    flow_name = serializers.CharField()
    version = serializers.IntegerField(help_text="The newest.")
    total = serializers.IntegerField(help_text="Nodes that should have it.")
    converged = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Nodes by status.")
    by_version = serializers.DictField(child=serializers.IntegerField(), help_text="Nodes by the version they have.")
    drifted = serializers.IntegerField()
    silent = SilentNodeSerializer(many=True, help_text="Who has not answered; the longest first.")


class ReportedFlowSerializer(AnswerSerializer):
    flow_id = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    enabled = serializers.BooleanField()


class NodeDeploymentsSerializer(AnswerSerializer):
    reported_at = serializers.DateTimeField(allow_null=True)
    deployments = DeploymentSerializer(many=True)
    others = ReportedFlowSerializer(many=True, help_text="What the node has besides; the hub did not put it there.")


def choice_of(data: dict[str, Any]) -> Choice:
    return Choice(
        target_nodes=data.get("target_nodes"),
        node_ids=data.get("node_ids"),
        group_id=data.get("group_id"),
        labels=data.get("labels"),
    )


def deployment_of(row: Deployment, at: datetime) -> dict[str, Any]:
    moving = row.status in MOVING_DEPLOYMENTS
    return {
        "id": row.pk,
        "flow_id": row.flow_id,
        "flow_name": row.flow.name,
        "node_id": row.node_id,
        "node_key": row.node.key,
        "node_name": row.node.name,
        "node_connected": row.node.is_there,
        "status": row.status,
        "wanted_version": row.wanted.number if row.wanted else None,
        "present_version": row.present.number if row.present else None,
        "former_version": row.former.number if row.former else None,
        "reported_version": row.reported_number,
        "converged": row.is_converged,
        "error": row.error or None,
        "error_code": row.error_code or None,
        "drift": row.drift or None,
        "drifted_at": row.drifted_at,
        "attempts": row.attempts,
        "rollout_id": row.rollout_id,
        "wanted_at": row.wanted_at,
        "deadline_at": row.deadline_at,
        "confirmed_at": row.confirmed_at,
        "reported_at": row.reported_at,
        "silent_seconds": max(0, int((at - row.wanted_at).total_seconds())) if moving else None,
        "wanted_by": {"kind": row.wanted_by_kind, "id": row.wanted_by_id, "name": row.wanted_by_label},
        "created_at": row.created_at,
    }


def awaited_of(row: AwaitedDeployment, at: datetime) -> dict[str, Any]:
    """The same fields; what only a node can say is nothing yet."""
    return dict.fromkeys(DeploymentSerializer().fields) | {
        "id": row.pk,
        "flow_id": row.flow_id,
        "flow_name": row.flow.name,
        "node_key": row.node_key,
        "node_name": row.node_key,
        "node_connected": False,
        "status": AWAITED,
        "wanted_version": row.version.number,
        "converged": False,
        "error": row.error or None,
        "attempts": 0,
        "wanted_at": row.wanted_at,
        "silent_seconds": max(0, int((at - row.wanted_at).total_seconds())),
        "wanted_by": {"kind": row.wanted_by_kind, "id": row.wanted_by_id, "name": row.wanted_by_label},
        "created_at": row.created_at,
    }


def either_of(row: Deployment | AwaitedDeployment, at: datetime) -> dict[str, Any]:
    return awaited_of(row, at) if isinstance(row, AwaitedDeployment) else deployment_of(row, at)


def told_of(told: Told, at: datetime) -> dict[str, Any]:
    flow = told.flow
    return {
        "id": flow.pk,
        "name": flow.name,
        "description": flow.description or None,
        "config": versions.content_of(flow, flow.current) if flow.current else {},
        "target_nodes": flow.target_nodes,
        "flow_metadata": flow.metadata,
        "deployed": flow.deployed_at is not None,
        "deployed_at": flow.deployed_at,
        "version": flow.version,
        "created_at": flow.created_at,
        "updated_at": flow.updated_at,
        "deployments": [either_of(row, at) for row in _of(told)],
        "skipped": told.skipped,
    }


def _of(told: Told) -> Sequence[Deployment | AwaitedDeployment]:
    rows: list[Deployment | AwaitedDeployment] = [*told.deployments, *told.awaited]
    for row in rows:
        row.flow = told.flow
    return rows
