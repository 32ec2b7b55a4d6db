from rdos.kernel.errors import BadGateway, InvalidInput


class OutgoingRefused(InvalidInput):
    """The hub may not call this address."""

    code = "outgoing_refused"


class OutgoingFailed(BadGateway):
    """The other side could not be reached."""

    code = "outgoing_failed"


class OutgoingTooLarge(BadGateway):
    """The other side answered with more than was asked for."""

    code = "outgoing_too_large"
