"""The parts of a parsed expression, and what each is worth."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .arithmetic import calculate, compare
from .bounds import Bounds
from .errors import ExpressionError, InterpreterError
from .references import Names, fill_text, item, look_up

MOST_STEPS = 100_000
# Looking through a list may take as long as many small steps.
CONTAINER, LETTERS_PER_STEP = 1000, 1000


class Evaluation:
    """One look at an expression: what names mean, and how much it may still do."""

    def __init__(self, names: Names, bounds: Bounds) -> None:
        self.names, self.bounds, self._left = names, bounds, MOST_STEPS

    def spend(self, position: int, *values: Any) -> None:
        self._left -= 1 + sum(_effort(value) for value in values)
        if self._left < 0:
            raise ExpressionError("The expression takes too many steps.", position, final=True)

    def at(self, position: int, work: Callable[..., Any], *arguments: Any) -> Any:
        """What the work answers; its complaint gets the position."""
        self.spend(position, *arguments)
        try:
            return work(*arguments)
        except ExpressionError:
            raise
        except InterpreterError as error:
            raise ExpressionError(error.message, position, final=error.final) from error


def _effort(value: Any) -> int:
    if isinstance(value, str):
        return len(value) // LETTERS_PER_STEP
    return CONTAINER if isinstance(value, list | dict) and value else 0


class Part(Protocol):
    def value(self, run: Evaluation) -> Any: ...


@dataclass(frozen=True)
class Literal:
    position: int
    given: Any

    def value(self, run: Evaluation) -> Any:
        run.spend(self.position)
        return self.given


@dataclass(frozen=True)
class Text:
    """A text in quotes, where `{{name}}` is filled in and stays a text."""

    position: int
    text: str

    def value(self, run: Evaluation) -> Any:
        return run.at(self.position, lambda text: fill_text(text, run.names, run.bounds), self.text)


@dataclass(frozen=True)
class Reference:
    """A bare name, or all that stands in `{{…}}`."""

    position: int
    path: str

    def value(self, run: Evaluation) -> Any:
        return run.at(self.position, lambda: look_up(self.path, run.names))


@dataclass(frozen=True)
class Listed:
    position: int
    parts: tuple[Part, ...]

    def value(self, run: Evaluation) -> Any:
        run.spend(self.position)
        return [part.value(run) for part in self.parts]


@dataclass(frozen=True)
class Access:
    position: int
    base: Part
    keys: tuple[Part, ...]

    def value(self, run: Evaluation) -> Any:
        found = self.base.value(run)
        for key in self.keys:
            wanted = key.value(run)
            found = run.at(self.position, lambda found=found, wanted=wanted: item(found, wanted))
        return found


@dataclass(frozen=True)
class Negative:
    position: int
    part: Part

    def value(self, run: Evaluation) -> Any:
        return run.at(self.position, lambda: calculate("-", 0, self.part.value(run), run.bounds))


@dataclass(frozen=True)
class Not:
    position: int
    part: Part

    def value(self, run: Evaluation) -> Any:
        run.spend(self.position)
        return not self.part.value(run)


@dataclass(frozen=True)
class Calculation:
    """A row of terms with signs between them, from the left."""

    first: Part
    rest: tuple[tuple[str, int, Part], ...]

    def value(self, run: Evaluation) -> Any:
        found = self.first.value(run)
        for sign, position, part in self.rest:
            found = run.at(position, calculate, sign, found, part.value(run), run.bounds)
        return found


@dataclass(frozen=True)
class Comparison:
    """`1 < n < 5` asks both."""

    first: Part
    rest: tuple[tuple[str, int, Part], ...]

    def value(self, run: Evaluation) -> Any:
        left = self.first.value(run)
        for sign, position, part in self.rest:
            right = part.value(run)
            if not run.at(position, compare, sign, left, right):
                return False
            left = right
        return True


@dataclass(frozen=True)
class Logic:
    """`and` answers the first part that does not hold, `or` the first that does, else the last."""

    word: str
    parts: tuple[Part, ...]

    def value(self, run: Evaluation) -> Any:
        found = None
        for part in self.parts:
            found = part.value(run)
            if bool(found) == (self.word == "or"):
                break
        return found
