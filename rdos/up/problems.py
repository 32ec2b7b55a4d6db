"""Why a start is refused."""


class CannotStart(Exception):
    """The hub cannot start; the message tells a person what to do."""
