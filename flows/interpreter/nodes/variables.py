"""Reading and writing variables."""

from collections.abc import Callable
from typing import Any

from ..bounds import Bounds, fitting_number
from ..errors import StepError
from ..inputs import Inputs
from ..outcome import Outcome, Values, Work
from ..values import describe, is_number, number_in, parsed, truth
from ..writing import written


def set_variable(given: Inputs) -> Outcome:
    name = given.name("variable_name")
    value = given.get("value", "default_value", default=None)
    kind = given.word("variable_type")
    value = cast(kind, value, given.bounds) if kind else value
    return Outcome({"value": value}, variables={name: value})


def get_variable(given: Inputs) -> Values:
    name = given.name("variable_name")
    if name in given.names:
        return {"value": given.names[name]}
    if "default_value" not in {*given.config, *given.wired}:
        raise StepError(f"Nothing is named {name} here.", "NameError")
    return {"value": given.get("default_value", default=None)}


def increment_variable(given: Inputs) -> Outcome:
    name = given.name("variable_name")
    current = _as_float(given.names.get(name, 0))
    value = fitting_number(current + given.number("increment", "amount", default=1))
    return Outcome({"value": value}, variables={name: value})


def cast(kind: str, value: Any, bounds: Bounds) -> Any:
    """Nothing stays nothing."""
    if kind not in CASTS:
        raise StepError(f"variable_type must be one of {', '.join(CASTS)}.")
    return None if value is None else CASTS[kind](value, bounds)


def _as_float(value: Any) -> float:
    found: Any = number_in(value.strip()) if isinstance(value, str) else value
    if isinstance(found, bool):
        return float(found)
    if not is_number(found):
        raise StepError(f"{describe(value).capitalize()} cannot be read as a number.", "TypeError")
    return float(found)


def _as_whole(value: Any) -> int:
    found = value if isinstance(value, int) else _as_float(value)
    return int(fitting_number(int(found)))


def _structure(value: Any, kind: type[Any]) -> Any:
    word = describe(kind())
    try:
        found = parsed(value) if isinstance(value, str) else value
    except ValueError as error:
        raise StepError(f"The text cannot be read as {word}: it is no JSON.") from error
    if not isinstance(found, kind):
        raise StepError(f"{describe(value).capitalize()} cannot be read as {word}.", "TypeError")
    return found


CASTS: dict[str, Callable[[Any, Bounds], Any]] = {
    **dict.fromkeys(("string", "str", "text"), written),
    **dict.fromkeys(("boolean", "bool"), lambda value, bounds: truth(value)),
    **dict.fromkeys(("int32", "int64", "integer", "int"), lambda value, bounds: _as_whole(value)),
    **dict.fromkeys(("float", "double", "decimal", "number"), lambda value, bounds: _as_float(value)),
    **dict.fromkeys(("list", "array"), lambda value, bounds: _structure(value, list)),
    **dict.fromkeys(("dict", "dictionary", "object"), lambda value, bounds: _structure(value, dict)),
    "any": lambda value, bounds: value,
}
WRITING: dict[str, Work] = {"SetVariable": set_variable, "IncrementVariable": increment_variable}
READING: dict[str, Work] = {"GetVariable": get_variable}
