"""What every driver from outside must be before the hub works with it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

from devices.drivers.errors import UnusableDriver
from devices.drivers.shapes import ROLES, CommandSpec, Driver

DEVICE_TYPE = r"^[a-z0-9][a-z0-9_-]{0,31}\Z"
COMMAND_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
READERS = ("metrics", "items", "health")
REFERENCES = ("$ref", "$dynamicRef")


def admit(driver: Driver, *, source: str) -> None:
    """Refuses by name: where the driver came from, which it is, and what is wrong."""
    fault = next(_faults(driver), None)
    if fault:
        raise UnusableDriver(f"{source}, driver {driver.device_type}: {fault}")


def _faults(driver: Driver) -> Iterator[str]:
    if not _fits(DEVICE_TYPE, driver.device_type):
        yield "device_type: This must be up to 32 of a-z, 0-9, _ and -, with a letter or a digit first."
    yield from (f"{name}: This must be a function." for name in READERS if not callable(getattr(driver, name)))
    seen: set[str] = set()
    commands: Iterable[object] = driver.commands
    for place, spec in enumerate(commands):
        if not isinstance(spec, CommandSpec):
            yield f"commands.{place}: This must be a CommandSpec."
            return
        if spec.name in seen:
            yield f"commands.{place}.name: {spec.name} is there twice."
        seen.add(spec.name)
        yield from (f"commands.{place}.{fault}" for fault in _command_faults(spec))


def _command_faults(spec: CommandSpec) -> Iterator[str]:
    if not _fits(COMMAND_NAME, spec.name):
        yield "name: This must be up to 64 letters, digits, dots, _ and -, with a letter or a digit first."
    if spec.requires_role not in ROLES:
        yield f"requires_role: This must be one of: {', '.join(ROLES)}."
    yield from _schema_faults(spec.arguments)


def _schema_faults(schema: Mapping[str, Any]) -> Iterator[str]:
    try:
        Draft202012Validator.check_schema(dict(schema))
    except (SchemaError, TypeError, ValueError) as error:
        yield f"arguments: This is no JSON Schema ({getattr(error, 'message', error)})."
        return
    if _refers(schema):
        yield "arguments: This must not refer to another schema."


def _refers(schema: object) -> bool:
    """References may lead nowhere, or in a circle; commands are small enough to do without."""
    if isinstance(schema, Mapping):
        return any(key in schema for key in REFERENCES) or any(map(_refers, schema.values()))
    return isinstance(schema, list) and any(map(_refers, schema))


def _fits(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.match(pattern, value) is not None
