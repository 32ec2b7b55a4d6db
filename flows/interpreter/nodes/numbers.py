"""Calculating and comparing."""

import math
from collections.abc import Callable

from ..arithmetic import Number, compare, divided, divided_whole, power, remainder
from ..bounds import fitting_number
from ..errors import StepError
from ..inputs import Inputs
from ..outcome import Outcome, Values, Work

MOST_DIGITS = 15


def math_operation(given: Inputs) -> Outcome:
    operation = given.word("operation", default="add")
    first = given.number("a", "value", "number", default=0)
    if operation in OF_TWO:
        result = OF_TWO[operation](first, given.number("b", default=0))
    elif operation in OF_ONE:
        result = _of_one(OF_ONE[operation], first)
    else:
        raise StepError(f"operation must be one of {', '.join([*OF_TWO, *OF_ONE])}.")
    digits = given.maybe_integer("round_digits", "digits")
    if digits is None and operation == "round":
        digits = 0
    return _answer(given, fitting_number(result if digits is None else _rounded(result, digits)))


def _of_one(work: Callable[[Number], Number], number: Number) -> Number:
    try:
        return work(number)
    except (ValueError, OverflowError) as error:
        raise StepError("The operation has no result for this number.") from error


def _rounded(number: Number, digits: int) -> Number:
    if not 0 <= digits <= MOST_DIGITS:
        raise StepError(f"round_digits must lie between 0 and {MOST_DIGITS}.")
    return round(number, digits or None)


def _answer(given: Inputs, result: Number) -> Outcome:
    variables = {given.name("output_var"): result} if given.text("output_var", default="") else {}
    return Outcome({"result": result}, variables=variables)


def comparison(given: Inputs) -> Values:
    left, right = given.get("a", "value1", "left", default=None), given.get("b", "value2", "right", default=None)
    words = given.word("operator", "operation", "comparison", default="==")
    # The pickers of editors say "greater than (>)".
    sign = words[words.index("(") + 1 :].rstrip(")") if "(" in words else words.replace("_", " ")
    if sign not in SIGNS:
        raise StepError(f"operator must be one of {', '.join(sorted(set(SIGNS.values())))}.")
    return {"result": compare(SIGNS[sign], left, right)}


OF_TWO: dict[str, Callable[[Number, Number], Number]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": divided,
    "floor_divide": divided_whole,
    "modulo": remainder,
    "power": power,
    "min": min,
    "max": max,
}
OF_ONE: dict[str, Callable[[Number], Number]] = {
    "round": lambda a: a,
    "abs": abs,
    "negate": lambda a: -a,
    "floor": math.floor,
    "ceil": math.ceil,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "log": math.log,
    "log10": math.log10,
    "exp": math.exp,
}
SIGNS = {
    **{sign: sign for sign in ("==", "!=", "<", "<=", ">", ">=", "in", "not in")},
    **dict.fromkeys(("=", "eq", "equal", "equals", "equal to"), "=="),
    **dict.fromkeys(("<>", "ne", "not equal", "not equals"), "!="),
    **dict.fromkeys(("lt", "less", "less than"), "<"),
    **dict.fromkeys(("le", "lte", "less or equal", "less than or equal"), "<="),
    **dict.fromkeys(("gt", "greater", "greater than"), ">"),
    **dict.fromkeys(("ge", "gte", "greater or equal", "greater than or equal"), ">="),
}
NODES: dict[str, Work] = {"MathOperation": math_operation, "Comparison": comparison}
