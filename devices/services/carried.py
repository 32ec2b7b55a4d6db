"""Packages of higher apps that go where nodes are: composition says which, and under which name."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

INTERPRETER = "rdos_agent/interpreter"
_carried: dict[str, Path] = {}


def carry(place: str, folder: Path) -> None:
    _carried[place] = folder


def carried() -> dict[str, Path]:
    return dict(_carried)


@cache
def loaded(place: str) -> ModuleType | None:
    """The package under a name of its own, for a program that plays a node. It imports nothing but itself."""
    folder = _carried.get(place)
    if folder is None:
        return None
    name = place.replace("/", "_")
    inside = [str(folder)]
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        return None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
