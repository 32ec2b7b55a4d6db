"""The words of flows: kinds, states with their arrows, and who may see what."""

from django.db.models import TextChoices

from rdos.kernel.lifecycle import Lifecycle


class FlowKind(TextChoices):
    GRAPH = "graph", "Graph"
    NODERED = "nodered", "Node-RED"
    ORGANISM = "organism", "Organism"
    MEDIA = "media", "Media flow"


class RunsOn(TextChoices):
    ROBOT = "robot", "A robot that claims it"
    HUB = "hub", "The hub itself"
    NODE = "node", "The nodes it is deployed to"


class FlowStatus(TextChoices):
    STOPPED = "stopped", "Stopped"
    STARTING = "starting", "Starting"
    RUNNING = "running", "Running"
    STOPPING = "stopping", "Stopping"
    ERROR = "error", "Error"


FLOW_LIFE = Lifecycle(
    arrows={
        FlowStatus.STOPPED: (FlowStatus.STARTING,),
        FlowStatus.STARTING: (FlowStatus.RUNNING, FlowStatus.STOPPING, FlowStatus.ERROR),
        FlowStatus.RUNNING: (FlowStatus.STOPPING, FlowStatus.ERROR),
        FlowStatus.STOPPING: (FlowStatus.STOPPED, FlowStatus.ERROR),
        FlowStatus.ERROR: (FlowStatus.STARTING, FlowStatus.STOPPING),
    },
)


class Access(TextChoices):
    """Who besides its owner and the admins sees a flow."""

    PRIVATE = "private", "Private"
    SHARED = "shared", "Shared with everybody who may read flows"
    PUBLIC = "public", "Public"


class ExecutionStatus(TextChoices):
    QUEUED = "queued", "Queued"
    CLAIMED = "claimed", "Claimed"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    TIMED_OUT = "timed_out", "Timed out"
    CANCELLED = "cancelled", "Cancelled"


# Somebody works on it and holds its lease.
HELD = (ExecutionStatus.CLAIMED, ExecutionStatus.RUNNING)
OPEN_EXECUTIONS = (ExecutionStatus.QUEUED, *HELD, ExecutionStatus.WAITING)
FINAL_EXECUTIONS = (
    ExecutionStatus.SUCCEEDED,
    ExecutionStatus.FAILED,
    ExecutionStatus.TIMED_OUT,
    ExecutionStatus.CANCELLED,
)

EXECUTION_LIFE = Lifecycle(
    arrows={
        # A robot may be so quick that the hub hears of the end before it hears of the beginning.
        ExecutionStatus.QUEUED: (ExecutionStatus.CLAIMED, ExecutionStatus.CANCELLED, ExecutionStatus.TIMED_OUT),
        ExecutionStatus.CLAIMED: (ExecutionStatus.RUNNING, ExecutionStatus.QUEUED, *FINAL_EXECUTIONS),
        ExecutionStatus.RUNNING: (ExecutionStatus.WAITING, ExecutionStatus.QUEUED, *FINAL_EXECUTIONS),
        ExecutionStatus.WAITING: (ExecutionStatus.QUEUED, ExecutionStatus.CANCELLED, ExecutionStatus.TIMED_OUT),
    },
    terminal=FINAL_EXECUTIONS,
)


# Who holds what the hub runs itself. No node can have this key.
HUB_KEY = "@hub"


class StartedBy(TextChoices):
    MANUAL = "manual", "By hand"
    WEBHOOK = "webhook", "Webhook"
    SCHEDULE = "schedule", "Schedule"
    EVENT = "event", "Event"


class StepStatus(TextChoices):
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"


class RobotStatus(TextChoices):
    """What a robot says of itself; whether it is there at all is its node's presence."""

    IDLE = "idle", "Idle"
    BUSY = "busy", "Busy"
    PAUSED = "paused", "Paused"
    ERROR = "error", "Error"
    MAINTENANCE = "maintenance", "Maintenance"
    OFFLINE = "offline", "Offline"


# A robot in one of these takes no work.
RESTING = (RobotStatus.PAUSED, RobotStatus.MAINTENANCE, RobotStatus.OFFLINE)


class DeploymentStatus(TextChoices):
    """Of a flow on a node."""

    PENDING = "pending", "On its way"
    DEPLOYED = "deployed", "Deployed"
    # What the bus carried to a node that cannot answer, or did not: neither a failure nor a success.
    TOLD = "told", "Told, not confirmed"
    FAILED = "failed", "Failed"
    REMOVING = "removing", "Being removed"
    REMOVED = "removed", "Removed"


# In place of a status where the hub does not know the node yet, so that nothing could be sent to it.
AWAITED = "waiting"
DEPLOYMENT_WORDS = [(AWAITED, "Waiting for its node"), *DeploymentStatus.choices]
# A letter to the node is under way.
MOVING_DEPLOYMENTS = (DeploymentStatus.PENDING, DeploymentStatus.REMOVING)
# The flow is there, or may be.
LIVE_DEPLOYMENTS = (
    *MOVING_DEPLOYMENTS,
    DeploymentStatus.DEPLOYED,
    DeploymentStatus.TOLD,
    DeploymentStatus.FAILED,
)

DEPLOYMENT_LIFE = Lifecycle(
    arrows={
        # Whatever it was, another version can be wanted, or none any more.
        DeploymentStatus.PENDING: tuple(DeploymentStatus),
        DeploymentStatus.DEPLOYED: (DeploymentStatus.PENDING, DeploymentStatus.REMOVING),
        DeploymentStatus.FAILED: (*MOVING_DEPLOYMENTS, DeploymentStatus.DEPLOYED, DeploymentStatus.REMOVED),
        DeploymentStatus.TOLD: MOVING_DEPLOYMENTS,
        DeploymentStatus.REMOVING: (
            *MOVING_DEPLOYMENTS,
            DeploymentStatus.REMOVED,
            DeploymentStatus.TOLD,
            DeploymentStatus.FAILED,
        ),
        DeploymentStatus.REMOVED: (DeploymentStatus.PENDING,),
    },
)


class Drift(TextChoices):
    """How what a node says differs from what is wanted of it."""

    MISSING = "missing", "Not there"
    DIFFERENT = "different", "Another version, changed there, or switched off"
    EXTRA = "extra", "There, and should be gone"


class RolloutStatus(TextChoices):
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting for somebody to let it go on"
    PAUSED = "paused", "Paused"
    REVERTING = "reverting", "Going back"
    SUCCEEDED = "succeeded", "Succeeded"
    ABORTED = "aborted", "Aborted"
    REVERTED = "reverted", "Gone back"


OPEN_ROLLOUTS = (RolloutStatus.RUNNING, RolloutStatus.WAITING, RolloutStatus.PAUSED, RolloutStatus.REVERTING)
FINAL_ROLLOUTS = (RolloutStatus.SUCCEEDED, RolloutStatus.ABORTED, RolloutStatus.REVERTED)

ROLLOUT_LIFE = Lifecycle(
    arrows={
        RolloutStatus.RUNNING: (
            RolloutStatus.WAITING,
            RolloutStatus.PAUSED,
            RolloutStatus.REVERTING,
            RolloutStatus.SUCCEEDED,
            RolloutStatus.ABORTED,
        ),
        RolloutStatus.WAITING: (
            RolloutStatus.RUNNING,
            RolloutStatus.PAUSED,
            RolloutStatus.REVERTING,
            RolloutStatus.ABORTED,
        ),
        RolloutStatus.PAUSED: (RolloutStatus.RUNNING, RolloutStatus.REVERTING, RolloutStatus.ABORTED),
        RolloutStatus.REVERTING: (RolloutStatus.REVERTED, RolloutStatus.ABORTED),
    },
    terminal=FINAL_ROLLOUTS,
)


class Gate(TextChoices):
    """What follows a wave that went well."""

    AUTO = "auto", "The next wave"
    MANUAL = "manual", "Somebody lets it go on"


class OnFailure(TextChoices):
    PAUSE = "pause", "Pause"
    ABORT = "abort", "Abort"
    ROLLBACK = "rollback", "Go back to the former version"


class WhenAway(TextChoices):
    """What a wave does about a node that is offline."""

    DEFER = "defer", "Told when it returns; the wave does not wait for it"
    WAIT = "wait", "The wave waits for it, up to its time limit"
    SKIP = "skip", "Not told"


class TargetStatus(TextChoices):
    PLANNED = "planned", "Planned"
    SENT = "sent", "Told"
    DEFERRED = "deferred", "Away; told when it returns"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"
    REVERTING = "reverting", "Going back"
    REVERTED = "reverted", "Gone back"
