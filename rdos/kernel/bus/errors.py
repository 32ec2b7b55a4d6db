"""The refusals of the bus."""

from typing import Any

from rdos.kernel.errors import DomainError, TooLarge, Unavailable


class BusAway(Unavailable):
    """The bus cannot be reached at the moment"""

    code = "bus_away"

    def __init__(self, detail: str | None = None, **rest: Any) -> None:
        super().__init__(detail, **rest)


class MessageTooLarge(TooLarge):
    """The message is larger than the bus carries."""

    code = "message_too_large"


class NoReply(DomainError):
    """Nobody on the bus answered in time"""

    code = "no_reply"
    status = 504


class BusRefused(Unavailable):
    """The bus refused its configuration"""

    code = "bus_refused"
