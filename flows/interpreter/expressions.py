"""Conditions such as `{{n}} > 2 and status in ["new", "open"]`: a small language, parsed and never run as code.

Numbers, texts in either quotes, lists, true, false and null; names, `{{references}}`, `.key` and `[index]`;
`+ - * / %`, `== != < <= > >= in not in is`, `and or not` (also `&& || !`) and parentheses. No calls, no attributes,
no assignment. Whatever goes wrong is an ExpressionError with its position.
"""

from functools import lru_cache
from typing import Any

from .bounds import Bounds
from .errors import ExpressionError
from .parser import Parser
from .references import Names
from .tokens import tokens
from .tree import Evaluation, Part

LONGEST = 10_000
BOUNDS = Bounds()


def evaluate(text: str, names: Names, bounds: Bounds = BOUNDS) -> Any:
    return value_of(parse(text), names, bounds)


@lru_cache(maxsize=32)  # a condition in a loop is asked again and again
def parse(text: str) -> Part:
    """The tree, to be asked with `value_of` as often as wanted."""
    if not text.strip():
        raise ExpressionError("The expression is empty.", 0)
    if len(text) > LONGEST:
        raise ExpressionError(f"An expression may be {LONGEST:,} characters long at most.", LONGEST)
    return Parser(tokens(text)).whole()


def value_of(part: Part, names: Names, bounds: Bounds = BOUNDS) -> Any:
    return part.value(Evaluation(names, bounds))
