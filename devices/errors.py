"""The refusals of devices."""

from rdos.kernel.errors import BadGateway, Conflict, DomainError, Forbidden, InvalidInput, NotFound, Unavailable


class OutsideYourNodes(Forbidden):
    """You do not see this node."""

    code = "outside_your_nodes"


class NodeGone(NotFound):
    """There is no such node."""

    code = "node_not_found"


class DeviceNotFound(NotFound):
    """Device not found"""

    code = "device_not_found"


class KeyTaken(Conflict):
    """Another node has this key."""

    code = "key_taken"


class TooManyUnclaimed(Conflict):
    """Too many devices wait to be claimed. Claim some of them, or delete them, first."""

    code = "too_many_unclaimed"


class NameTaken(Conflict):
    """Another group has this name."""

    code = "name_taken"


class NotConnected(BadGateway):
    """Node is not connected"""

    code = "not_connected"


class ConnectionLost(BadGateway):
    """The node went away before it answered"""

    code = "connection_lost"


class NoAnswer(DomainError):
    """The node did not answer in time"""

    code = "no_answer"
    status = 504


class Refused(DomainError):
    """The node refused the command"""

    code = "command_refused"
    status = 422


class NoConfig(NotFound):
    """The node reported no configuration in time"""

    code = "no_config"


class CommandDenied(Forbidden):
    """This command is denied for this node."""

    code = "command_denied"


class CommandRoleTooLow(Forbidden):
    """Your role does not allow this command."""

    code = "role_too_low"


class ActionTooLarge(DomainError):
    """The command is too large."""

    code = "too_large"
    status = 413


class HubOwnsThis(InvalidInput):
    """The hub sends this command by itself; use the route made for it."""

    code = "hub_owns_this"


class NodesInvolved(InvalidInput):
    """A node named here does not exist."""

    code = "unknown_node"


class AuthRefused(DomainError):
    """What a node is told when it is not let in."""

    code = "auth_refused"
    status = 401


class LockedOut(AuthRefused):
    """Too many failed attempts; try again later"""

    code = "locked_out"


class MalformedFrame(InvalidInput):
    """The frame is not valid."""

    code = "malformed_frame"


class NodeExpired(Conflict):
    """The node has expired."""

    code = "node_expired"


class CommandCancelled(Conflict):
    """The command was cancelled before the node answered."""

    code = "command_cancelled"


class NothingReported(Conflict):
    """The node has reported no configuration yet."""

    code = "nothing_reported"


class NothingDesired(Conflict):
    """No configuration is desired for this node."""

    code = "nothing_desired"


class InSync(Conflict):
    """The node has what is desired of it; there is nothing to send."""

    code = "in_sync"


class ClaimedAlready(Conflict):
    """Somebody has claimed this device. Delete it on its own page."""

    code = "claimed_already"


class NothingToRetry(Conflict):
    """Nothing of this operation failed, or it was retried already."""

    code = "nothing_to_retry"


class RotationUnderWay(Conflict):
    """The node has not shown the secret of its last rotation yet. Wait for its next start, or give it a new token."""

    code = "rotation_under_way"


class NotOfTheBus(NotFound):
    """This node is not of the bus."""

    code = "not_of_the_bus"


class BusNotOurs(Conflict):
    """The hub does not keep the configuration of its bus: NATS_URL names a server of your own. Make the user there."""

    code = "bus_not_ours"


class ClosedToTheLan(Forbidden):
    """This device has a credential of its own, and whoever changes it shows one, too."""

    code = "closed_to_the_lan"


class NoUserOfTheBus(Conflict):
    """A node of this key cannot have a credential on the bus; give it another key first."""

    code = "no_user_of_the_bus"


class BusNotWritten(Unavailable):
    """It is recorded, but the configuration of the bus could not be written. The hub goes on trying."""

    code = "bus_not_written"


class CannotBeDriven(Conflict):
    """This node has no wheels on the bus."""

    code = "cannot_be_driven"


class AlreadyDriven(Conflict):
    """Somebody drives this node already."""

    code = "already_driven"


class StandsLatched(Conflict):
    """The robot stands in emergency stop. Only a command on its own serial cable releases it."""

    code = "latched"
