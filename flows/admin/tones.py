"""How states look: shape, colour and word."""

from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from flows.choices import (
    DeploymentStatus,
    ExecutionStatus,
    FlowStatus,
    RobotStatus,
    RolloutStatus,
    StepStatus,
    TargetStatus,
)
from flows.models import Deployment
from rdos.kernel.console import badge

FLOWS = {
    FlowStatus.STOPPED: "idle",
    FlowStatus.STARTING: "info",
    FlowStatus.RUNNING: "good",
    FlowStatus.STOPPING: "info",
    FlowStatus.ERROR: "bad",
}
EXECUTIONS = {
    ExecutionStatus.QUEUED: "idle",
    ExecutionStatus.CLAIMED: "info",
    ExecutionStatus.RUNNING: "info",
    ExecutionStatus.WAITING: "warn",
    ExecutionStatus.SUCCEEDED: "good",
    ExecutionStatus.FAILED: "bad",
    ExecutionStatus.TIMED_OUT: "bad",
    ExecutionStatus.CANCELLED: "idle",
}
STEPS = {
    StepStatus.RUNNING: "info",
    StepStatus.COMPLETED: "good",
    StepStatus.FAILED: "bad",
    StepStatus.SKIPPED: "idle",
}
DEPLOYMENTS = {
    DeploymentStatus.PENDING: "info",
    DeploymentStatus.DEPLOYED: "good",
    DeploymentStatus.TOLD: "idle",
    DeploymentStatus.FAILED: "bad",
    DeploymentStatus.REMOVING: "info",
    DeploymentStatus.REMOVED: "idle",
}
ROLLOUTS = {
    RolloutStatus.RUNNING: "info",
    RolloutStatus.WAITING: "warn",
    RolloutStatus.PAUSED: "warn",
    RolloutStatus.REVERTING: "info",
    RolloutStatus.SUCCEEDED: "good",
    RolloutStatus.ABORTED: "bad",
    RolloutStatus.REVERTED: "idle",
}
TARGETS = {
    TargetStatus.PLANNED: "idle",
    TargetStatus.SENT: "info",
    TargetStatus.DEFERRED: "warn",
    TargetStatus.SUCCEEDED: "good",
    TargetStatus.FAILED: "bad",
    TargetStatus.SKIPPED: "idle",
    TargetStatus.CANCELLED: "idle",
    TargetStatus.REVERTING: "info",
    TargetStatus.REVERTED: "idle",
}
# In the bar of a wave; these are the colours of an operation's.
BAR = {
    TargetStatus.PLANNED: "queued",
    TargetStatus.SENT: "sent",
    TargetStatus.DEFERRED: "expired",
    TargetStatus.SUCCEEDED: "acked",
    TargetStatus.FAILED: "rejected",
    TargetStatus.SKIPPED: "cancelled",
    TargetStatus.CANCELLED: "cancelled",
    TargetStatus.REVERTING: "sent",
    TargetStatus.REVERTED: "cancelled",
}
ROBOTS = {
    RobotStatus.IDLE: "good",
    RobotStatus.BUSY: "info",
    RobotStatus.PAUSED: "warn",
    RobotStatus.ERROR: "bad",
    RobotStatus.MAINTENANCE: "warn",
    RobotStatus.OFFLINE: "idle",
}


def flow_badge(status: str) -> SafeString:
    return badge(FLOWS[FlowStatus(status)], FlowStatus(status).label)


def execution_badge(status: str) -> SafeString:
    return badge(EXECUTIONS[ExecutionStatus(status)], ExecutionStatus(status).label)


def step_badge(status: str) -> SafeString:
    return badge(STEPS[StepStatus(status)], StepStatus(status).label)


def deployment_badge(one: Deployment) -> SafeString:
    """What was confirmed once counts for nothing when the node says otherwise now."""
    if one.drift and one.status == DeploymentStatus.DEPLOYED:
        return badge("warn", "Drifted")
    return badge(DEPLOYMENTS[DeploymentStatus(one.status)], DeploymentStatus(one.status).label)


def rollout_badge(status: str) -> SafeString:
    word = "Waiting" if status == RolloutStatus.WAITING else RolloutStatus(status).label
    return badge(ROLLOUTS[RolloutStatus(status)], word)


def target_badge(status: str) -> SafeString:
    word = "Away" if status == TargetStatus.DEFERRED else TargetStatus(status).label
    return badge(TARGETS[TargetStatus(status)], word)


def robot_badge(robot: Any, at: datetime) -> SafeString:
    """Whether it is there comes before what it says of itself; see `queries.with_word`."""
    if robot.node.in_maintenance(at):
        return badge("warn", "In maintenance")
    if robot.word == RobotStatus.OFFLINE:
        return badge("idle" if robot.status == RobotStatus.OFFLINE else "bad", "Offline")
    if robot.is_draining:
        return badge("warn", "Draining")
    return badge(ROBOTS[RobotStatus(robot.word)], RobotStatus(robot.word).label)
