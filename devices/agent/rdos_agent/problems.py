"""What goes wrong, told apart by who can mend it."""


class CannotStart(Exception):
    """The person at the terminal must change something first."""


class RefusedByHub(Exception):
    """The hub does not know this token or this secret."""


class UnexpectedAnswer(Exception):
    """Whatever answered, it did not speak as a hub does."""


class CommandRefused(Exception):
    """This command is not done; the hub is told why."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
