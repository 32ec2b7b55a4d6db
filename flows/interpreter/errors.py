"""What can go wrong: a flow that is none, a step that fails, a limit that is reached."""

LONGEST_MESSAGE = 4000


class InterpreterError(Exception):
    """A sentence for people, a type for programs. What is `final` ends the run, whatever the flow says about errors."""

    error_type = "Error"
    final = False
    # Whether the same run may go better another time.
    retryable = True

    def __init__(self, message: str, error_type: str = "") -> None:
        self.message = message[:LONGEST_MESSAGE]
        self.error_type = error_type[:128] or self.error_type
        super().__init__(self.message)


class InvalidFlow(InterpreterError):
    """A graph, its variables or a parked state that nothing can be run from."""

    error_type = "ValidationError"
    final = True
    retryable = False


class StepError(InterpreterError):
    """One node could not do its work; a catch may take it."""

    error_type = "ValueError"


class LimitExceeded(InterpreterError):
    """The limits belong to whoever runs the flow, so no catch takes this."""

    error_type = "LimitError"
    final = True


class UnknownHandler(InterpreterError):
    """A message for code that is not here; to leave it out would be to pretend that it ran."""

    error_type = "UnknownHandlerError"
    final = True
    retryable = False


class ExpressionError(StepError):
    """An expression that says nothing; `position` counts characters from 0."""

    error_type = "ExpressionError"

    def __init__(self, message: str, position: int, *, final: bool = False) -> None:
        super().__init__(message, LimitExceeded.error_type if final else "")
        self.position = position
        self.final = final
