"""The HAL's schemas, and what a message does not keep of them."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft7Validator, ValidationError

FOLDER = Path(__file__).parent / "schemas"
ENVELOPE = "envelope"
SCHEMA = re.compile(r"[a-z0-9-]+/hal/([a-z0-9-]+/[a-z0-9-]+)/[0-9]+\.[0-9]+")
# A message with many faults is no better told by all of them.
MOST_DEVIATIONS = 20
LONGEST_PATH = 128


@cache
def kinds() -> frozenset[str]:
    """The payloads that the project knows, as `motor/differential`."""
    found = (path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.json"))
    return frozenset(found) - {ENVELOPE}


def kind_of(schema: str) -> str:
    """The two middle parts of a schema's name; empty when it has none."""
    found = SCHEMA.fullmatch(schema)
    return found[1] if found else ""


@cache
def validator(kind: str) -> Draft7Validator:
    schema = orjson.loads((FOLDER / f"{kind}.json").read_bytes())
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


def deviations(message: Mapping[str, Any]) -> list[str]:
    """Where a message leaves the schemas: told, never a reason to refuse it."""
    found = list(_left(validator(ENVELOPE), message, ""))
    kind = kind_of(str(message.get("schema")))
    if kind in kinds():
        found += _left(validator(kind), message.get("payload"), "payload")
    return found[:MOST_DEVIATIONS]


def _left(rules: Draft7Validator, value: Any, beginning: str) -> Iterator[str]:
    for error in rules.iter_errors(value):
        path = ".".join([*filter(None, [beginning]), *map(str, error.absolute_path)])
        yield from _said(error, path)


def _said(error: ValidationError, path: str) -> Iterator[str]:
    """In our own words: the library's repeat the value, however long it is."""
    wanted: Any = error.validator_value
    given: Any = error.instance
    schema: Any = error.schema
    if error.validator == "required":
        yield from (f"{_at(path, key)} is missing" for key in wanted if key not in given)
    elif error.validator == "additionalProperties":
        yield from (f"{_at(path, key)} is not in the schema" for key in given if key not in schema["properties"])
    else:
        yield f"{_at(path)} breaks the rule {error.validator}"


def _at(path: str, key: str = "") -> str:
    return (f"{path}.{key}" if path and key else path or key or "the message")[:LONGEST_PATH]
