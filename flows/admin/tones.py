"""How states look: shape, colour and word."""

from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from flows.choices import DeploymentStatus, ExecutionStatus, FlowStatus, RobotStatus, StepStatus
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
    DeploymentStatus.FAILED: "bad",
    DeploymentStatus.REMOVING: "info",
    DeploymentStatus.REMOVED: "idle",
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


def deployment_badge(status: str) -> SafeString:
    return badge(DEPLOYMENTS[DeploymentStatus(status)], DeploymentStatus(status).label)


def robot_badge(robot: Any, at: datetime) -> SafeString:
    """Whether it is there comes before what it says of itself; see `queries.with_word`."""
    if robot.node.in_maintenance(at):
        return badge("warn", "In maintenance")
    if robot.word == RobotStatus.OFFLINE:
        return badge("idle" if robot.status == RobotStatus.OFFLINE else "bad", "Offline")
    if robot.is_draining:
        return badge("warn", "Draining")
    return badge(ROBOTS[RobotStatus(robot.word)], RobotStatus(robot.word).label)
