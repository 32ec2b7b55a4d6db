"""Objects. They are never changed in place: what somebody else holds stays as it was."""

from typing import Any

from ..bounds import fitting_length
from ..errors import StepError
from ..inputs import Inputs
from ..outcome import Values, Work


def _dict(given: Inputs) -> dict[str, Any]:
    return given.mapping("dict", "object")


def create(given: Inputs) -> Values:
    names = given.numbered("key")
    if not names:
        return {"dict": given.mapping("dict", "values", "items", default={})}
    return {"dict": {given.text(name): given.get(f"value{name.removeprefix('key')}", default=None) for name in names}}


def get(given: Inputs) -> Values:
    found, key = _dict(given), given.text("key")
    return {"value": found[key] if key in found else given.get("default", default=None), "found": key in found}


def set_(given: Inputs) -> Values:
    changed = {**_dict(given), given.text("key"): given.get("value", default=None)}
    fitting_length(len(changed), given.bounds)
    return {"result": changed}


def remove(given: Inputs) -> Values:
    found, key = _dict(given), given.text("key")
    return {
        "result": {name: value for name, value in found.items() if name != key},
        "removed_value": found.get(key),
    }


def keys(given: Inputs) -> Values:
    found = list(_dict(given))
    return {"keys": found, "count": len(found)}


def values(given: Inputs) -> Values:
    found = list(_dict(given).values())
    return {"values": found, "count": len(found)}


def merge(given: Inputs) -> Values:
    """Of two with the same key, the later wins."""
    names = given.numbered("dict")
    parts = [given.mapping(name) for name in names] if names else given.items("dicts")
    merged: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, dict):
            raise StepError("Only objects can be merged.", "TypeError")
        merged.update(part)
        fitting_length(len(merged), given.bounds)
    return {"result": merged}


def has(given: Inputs) -> Values:
    return {"has_key": given.text("key") in _dict(given)}


NODES: dict[str, Work] = {
    "DictCreate": create,
    "CreateDict": create,
    "DictGet": get,
    "DictSet": set_,
    "DictRemove": remove,
    "DictKeys": keys,
    "DictValues": values,
    "DictMerge": merge,
    "DictHas": has,
    "DictHasKey": has,
}
