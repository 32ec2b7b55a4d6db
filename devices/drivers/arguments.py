"""Holds an action against the arguments its command declares, and says what is wrong in plain words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from devices.drivers.shapes import CommandSpec
from rdos.kernel.errors import InvalidInput

MISSING = "This field is required."
UNKNOWN = "This key is not known here."
NOT_ALLOWED = "This value is not allowed here."
TYPES = {
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
# Our own words: the library's would repeat the value, which may be a secret.
SENTENCES: dict[str, Callable[[Any], str]] = {
    "type": lambda wanted: f"This must be {_kinds(wanted)}.",
    "enum": lambda wanted: f"This must be one of: {', '.join(map(str, wanted))}.",
    "const": lambda wanted: f"This must be {wanted}.",
    "minimum": lambda wanted: f"This must be at least {wanted}.",
    "maximum": lambda wanted: f"This must be at most {wanted}.",
    "exclusiveMinimum": lambda wanted: f"This must be more than {wanted}.",
    "exclusiveMaximum": lambda wanted: f"This must be less than {wanted}.",
    "minLength": lambda wanted: f"This must have at least {wanted} characters.",
    "maxLength": lambda wanted: f"This must have at most {wanted} characters.",
    "minItems": lambda wanted: f"This must have at least {wanted} entries.",
    "maxItems": lambda wanted: f"This must have at most {wanted} entries.",
    "pattern": lambda wanted: f"This must match {wanted}.",
    "format": lambda wanted: f"This must be a valid {wanted}.",
}


def check_arguments(spec: CommandSpec, action: Mapping[str, Any]) -> None:
    given = {key: value for key, value in action.items() if key != "type"}
    errors = faults(spec.validator, given)
    if errors:
        path, sentences = next(iter(errors.items()))
        raise InvalidInput(f"{spec.name}, {path}: {sentences[0]}", errors=errors, misshapen=True)


def faults(validator: Draft202012Validator, value: object, *, whole: str = "action") -> dict[str, list[str]]:
    """Sentences by path; what concerns no single key is said about the `whole`."""
    found: dict[str, list[str]] = {}
    for error in validator.iter_errors(value):
        for path, sentence in _complaints(error):
            sentences = found.setdefault(path or whole, [])
            if sentence not in sentences:
                sentences.append(sentence)
    return found


def _complaints(error: ValidationError) -> Iterator[tuple[str, str]]:
    path = ".".join(map(str, error.absolute_path))
    # Typed loosely by the library: its fields are unset until the error has been raised.
    wanted, given, schema = (cast(Any, part) for part in (error.validator_value, error.instance, error.schema))
    if error.validator == "required":
        yield from ((_join(path, key), MISSING) for key in wanted if key not in given)
    elif error.validator == "additionalProperties" and wanted is False:
        yield from ((_join(path, key), UNKNOWN) for key in given if key not in schema.get("properties", {}))
    else:
        sentence = SENTENCES.get(str(error.validator))
        yield path, sentence(wanted) if sentence else NOT_ALLOWED


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _kinds(wanted: str | list[str]) -> str:
    return " or ".join(TYPES[kind] for kind in ([wanted] if isinstance(wanted, str) else wanted))
