"""The refusals of telemetry."""

from rdos.kernel.errors import InvalidInput, NotFound


class EventGone(NotFound):
    """There is no such event."""

    code = "event_not_found"


class NothingChosen(InvalidInput):
    """Say which events: their ids, a filter, or `all`."""

    code = "nothing_chosen"
