"""What can go wrong between the hub and a Node-RED. Each is an error on the command that brought a flow there."""

from rdos.kernel.errors import BadGateway, Conflict, InvalidInput


class NotOnTheBus(Conflict):
    """Only a node of the bus can have a Node-RED."""

    code = "not_on_the_bus"


class UnusableAddress(InvalidInput):
    """This is not the address of a Node-RED."""

    code = "unusable_address"


class NotANodeRedFlow(InvalidInput):
    """A Node-RED takes an object that holds a list of nodes as `flows`."""

    code = "not_a_node_red_flow"


class NodeIdTaken(Conflict):
    """Something else on this Node-RED has one of the ids of this flow."""

    code = "node_id_taken"


class MissingNodeTypes(Conflict):
    """This Node-RED lacks types of nodes that the flow needs."""

    code = "missing_node_types"


class Overtaken(Conflict):
    """Something newer was wanted of this Node-RED meanwhile."""

    code = "overtaken"


class NodeRedBusy(Conflict):
    """Others keep deploying to this Node-RED at the same time. Try again."""

    code = "node_red_busy"


class NodeRedUnreachable(BadGateway):
    """Node-RED could not be reached."""

    code = "node_red_unreachable"


class NodeRedUnauthorized(BadGateway):
    """Node-RED does not let the hub in: its token is missing, wrong, or may not do this."""

    code = "node_red_unauthorized"


class NodeRedRefused(BadGateway):
    """Node-RED refused the request."""

    code = "node_red_refused"


class NodeRedMalformed(BadGateway):
    """What answers there does not speak as Node-RED's Admin API does."""

    code = "node_red_malformed"


class ReadBackDiffers(BadGateway):
    """Node-RED took the flow, and made something else of it."""

    code = "node_red_read_back_differs"
