"""Lists. They are never changed in place: what somebody else holds stays as it was."""

import json
from typing import Any

from ..bounds import fitting_length
from ..errors import StepError
from ..inputs import Inputs
from ..outcome import Values, Work
from ..references import keys_in, walk
from ..values import describe
from ..writing import joined, written


def _list(given: Inputs) -> list[Any]:
    return given.items("list", "items")


def create(given: Inputs) -> Values:
    names = given.numbered("item")
    return {"list": [given.get(name) for name in names] if names else given.items("items", "values", default=[])}


def append(given: Inputs) -> Values:
    items = _list(given)
    fitting_length(len(items) + 1, given.bounds)
    return {"result": [*items, given.get("item", "value", default=None)]}


def get_item(given: Inputs) -> Values:
    items, index = _list(given), given.integer("index", default=0)
    if -len(items) <= index < len(items):
        return {"item": items[index]}
    if not given.has("default"):
        raise StepError(f"The list has {len(items)} items, and none at {index}.", "IndexError")
    return {"item": given.get("default")}


def length(given: Inputs) -> Values:
    return {"length": len(_list(given))}


def slice_(given: Inputs) -> Values:
    return {"result": _list(given)[given.integer("start", default=0) : given.maybe_integer("end")]}


def contains(given: Inputs) -> Values:
    items, wanted = _list(given), given.get("item", "value", default=None)
    index = items.index(wanted) if wanted in items else -1
    return {"contains": index >= 0, "index": index}


def sort(given: Inputs) -> Values:
    path = given.text("key_path", default="").strip()
    steps = list(keys_in(f".{path}")) if path else []
    items = _list(given)
    keys = [walk(item, iter(steps)) for item in items]
    kinds = {describe(key) for key in keys}
    if len(kinds) > 1 or kinds & {"an object", "nothing"}:
        raise StepError(f"The list cannot be put in order: in it are {' and '.join(sorted(kinds))}.", "TypeError")
    order = sorted(range(len(items)), key=keys.__getitem__, reverse=given.flag("reverse"))
    return {"result": [items[place] for place in order]}


def reverse(given: Inputs) -> Values:
    return {"result": _list(given)[::-1]}


def unique(given: Inputs) -> Values:
    """The first of those that are alike as JSON: lists and objects cannot be in a set."""
    found: dict[str, Any] = {}
    for item in _list(given):
        found.setdefault(json.dumps(item, sort_keys=True), item)
    return {"result": list(found.values())}


def join(given: Inputs) -> Values:
    parts = (written(item, given.bounds) for item in _list(given))
    return {"result": joined(parts, given.bounds, given.text("separator", default=", "))}


NODES: dict[str, Work] = {
    "ListCreate": create,
    "CreateList": create,
    "ListAppend": append,
    "ListGet": get_item,
    "ListGetItem": get_item,
    "ListLength": length,
    "ListSlice": slice_,
    "ListContains": contains,
    "ListSort": sort,
    "ListReverse": reverse,
    "ListUnique": unique,
    "ListJoin": join,
}
