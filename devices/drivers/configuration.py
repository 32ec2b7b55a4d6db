"""Drivers that an installation describes in one JSON file."""

import json
from collections.abc import Callable, Collection
from functools import reduce
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from devices.drivers.arguments import faults
from devices.drivers.errors import UnusableDriver
from devices.drivers.figures import LONGEST_NAME, every_number, no_items, number, record
from devices.drivers.health import DEGRADED, ERROR, judge
from devices.drivers.schemas import FLAG, OBJECT, TEXT, Schema
from devices.drivers.shapes import CommandSpec, Driver, Figures, Health, Report


def _exactly(*required: str, **properties: Schema) -> Schema:
    """Misspelt keys are refused: nobody would notice otherwise."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


WORDS: Schema = {"type": "array", "items": TEXT}
METRIC: Schema = {"type": "string", "pattern": rf"^[A-Za-z0-9_.-]{{1,{LONGEST_NAME}}}\Z"}
COMMAND = _exactly(
    "name",
    "description",
    name=TEXT,
    description=TEXT,
    requires_role=TEXT,
    arguments=OBJECT,
    waits=FLAG,
    changes_config=FLAG,
    dangerous=FLAG,
)
DRIVER = Draft202012Validator(
    _exactly(
        "device_type",
        "display_name",
        device_type=TEXT,
        display_name=TEXT,
        icon={"type": "string", "pattern": r"^[a-z0-9_]{1,64}\Z"},
        commands={"type": "array", "items": COMMAND},
        metrics={"type": "array", "items": _exactly("name", "path", name=METRIC, path=TEXT)},
        health=_exactly("path", path=TEXT, degraded=WORDS, error=WORDS),
    )
)


def read(path: str) -> list[Driver]:
    entries = _content(path)
    if not isinstance(entries, list):
        raise UnusableDriver(f"{path} must hold a list of drivers.")
    return [_driver(entry, f"{path}, driver {_name(entry, place)}") for place, entry in enumerate(entries, 1)]


def _content(path: str) -> Any:
    try:
        return json.loads(Path(path).read_bytes())
    except OSError as error:
        raise UnusableDriver(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UnusableDriver(f"{path} is not JSON: {error}.") from error


def _name(entry: object, place: int) -> str:
    name = record(entry).get("device_type")
    return name if isinstance(name, str) else f"number {place}"


def _driver(entry: dict[str, Any], source: str) -> Driver:
    for key, sentences in faults(DRIVER, entry, whole="the driver").items():
        raise UnusableDriver(f"{source}: {key}: {sentences[0]}")
    paths = [(metric["name"], metric["path"].split(".")) for metric in entry.get("metrics", ())]
    if len(dict(paths)) < len(paths):
        raise UnusableDriver(f"{source}: metrics: A name is there twice.")
    return Driver(
        device_type=entry["device_type"],
        display_name=entry["display_name"],
        commands=tuple(CommandSpec(**command) for command in entry.get("commands", ())),
        metrics=_picked(paths) if paths else every_number,
        items=no_items,
        health=_judged(**entry.get("health", {"path": "status"})),
        icon=entry.get("icon", "memory"),
    )


def _picked(paths: list[tuple[str, list[str]]]) -> Callable[[Report], Figures]:
    """Reads the metrics that the file names."""
    return lambda report: [(name, number(_at(report, path))) for name, path in paths]


def _judged(
    path: str, degraded: Collection[str] = DEGRADED, error: Collection[str] = ERROR
) -> Callable[[Report], Health]:
    """Judges by the words that the file names; where it names none, by the usual ones."""
    keys = path.split(".")
    poor, broken = ({word.strip().lower() for word in words} for words in (degraded, error))
    return lambda report: judge(record(report), _at(report, keys), degraded=poor, error=broken)


def _at(report: object, path: list[str]) -> object:
    return reduce(lambda found, key: record(found).get(key), path, report)
