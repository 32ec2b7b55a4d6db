from flows.models.awaited import AwaitedDeployment
from flows.models.deployment import Deployment, NodeReport
from flows.models.execution import DeadLetter, Execution, LateResult, RunLine, Step
from flows.models.flow import Flow, FlowVersion
from flows.models.robot import Robot
from flows.models.rollout import Rollout, RolloutTarget

__all__ = [
    "AwaitedDeployment",
    "DeadLetter",
    "Deployment",
    "Execution",
    "Flow",
    "FlowVersion",
    "LateResult",
    "NodeReport",
    "Robot",
    "Rollout",
    "RolloutTarget",
    "RunLine",
    "Step",
]
