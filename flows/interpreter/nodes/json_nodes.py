"""From JSON and to JSON."""

from ..errors import StepError
from ..inputs import Inputs
from ..outcome import Values, Work
from ..values import parsed
from ..writing import json_of

MOST_INDENT = 8


def parse(given: Inputs) -> Values:
    value = given.get("json_string", "json", "text")
    if not isinstance(value, str):
        # A reference alone keeps its type, so what is parsed already may come here.
        return {"data": value}
    try:
        return {"data": parsed(value)}
    except ValueError as error:
        raise StepError(f"The text is no JSON: {error}") from error


def stringify(given: Inputs) -> Values:
    value, indent = given.get("value", "data", "dict", "object"), given.maybe_integer("indent")
    if indent is not None and not 0 <= indent <= MOST_INDENT:
        raise StepError(f"indent must lie between 0 and {MOST_INDENT}.")
    return {"json_string": json_of(value, given.bounds, indent=indent or None, sort_keys=given.flag("sort_keys"))}


NODES: dict[str, Work] = {"JsonParse": parse, "JsonStringify": stringify, "DictToJson": stringify}
