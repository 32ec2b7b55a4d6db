"""What flows refuse, in the words that their clients look for."""

from rdos.kernel.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound


class FlowNotFound(NotFound):
    """Flow not found"""

    code = "flow_not_found"


class WorkflowNotFound(FlowNotFound):
    """Workflow not found"""

    code = "workflow_not_found"


class ExecutionNotFound(NotFound):
    """Execution not found"""

    code = "execution_not_found"


class InvalidDefinition(InvalidInput):
    """The flow is not valid."""

    code = "invalid_definition"


class FlowNotRunning(DomainError):
    """The flow must be running."""

    code = "flow_not_running"


class WrongFlowState(DomainError):
    """The flow is in another state."""

    code = "wrong_flow_state"


class NothingToRun(Conflict):
    """The flow has no version yet."""

    code = "nothing_to_run"


class RunsElsewhere(Conflict):
    """This flow runs on the nodes it is deployed to, and not from the queue."""

    code = "runs_elsewhere"


class NotYours(Conflict):
    """The job is not running for this robot."""

    code = "not_yours"


class NotRetryable(DomainError):
    """Only a failed, cancelled or timed out execution can be retried."""

    code = "not_retryable"


class EditedMeanwhile(DomainError):
    """Somebody else has changed it since."""

    code = "edited_meanwhile"
    status = 412


class FlowLimitReached(DomainError):
    """The limit of flows is reached."""

    code = "flow_limit_reached"
    status = 403


class NotTheOwner(Forbidden):
    """Only its owner and admins change who sees it."""

    code = "not_the_owner"


class RobotNotFound(NotFound):
    """Robot not found"""

    code = "robot_not_found"


class NotItself(Forbidden):
    """A robot speaks for itself only."""

    code = "not_itself"


class OnlyCalls(Conflict):
    """This robot only calls in, so that nobody can tell it anything from here."""

    code = "only_calls"


class RobotAway(Conflict):
    """This robot is offline, so that nobody can tell it anything."""

    code = "robot_offline"


class DeadLetterNotFound(NotFound):
    """DLQ entry not found"""

    code = "dead_letter_not_found"


class ReprocessedAlready(NotFound):
    """DLQ entry not found, or already reprocessed"""

    code = "reprocessed_already"


class NoTargets(NotFound):
    """No nodes are named, and the flow has none of its own."""

    code = "no_targets"


class NobodyTold(InvalidInput):
    """None of the nodes can be told."""

    code = "nobody_told"


class NotDeployed(NotFound):
    """The flow is not deployed."""

    code = "not_deployed"


class NoFormerVersion(Conflict):
    """There is no former version to go back to."""

    code = "no_former_version"


class RolloutUnderWay(Conflict):
    """Another rollout of this flow is under way."""

    code = "rollout_under_way"
