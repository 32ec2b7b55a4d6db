"""Two values of JSON held against each other, path by path."""

from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from typing import Any, TypeVar

import orjson

from flows.definition.findings import path

MOST = 500
LONGEST = 1000
NOTHING = object()

Item = TypeVar("Item")
Change = dict[str, Any]


def changes(before: Any, after: Any, place: tuple[Any, ...] = ()) -> Iterator[Change]:
    """Each with the sides that there are: `before` alone is gone, `after` alone is new."""
    for part, old, new in _pairs(before, after):
        if _alike(old, new):
            yield from changes(old, new, (*place, part))
        elif not _same(old, new):
            yield _change((*place, part), old, new)


def bounded(items: Iterable[Item]) -> tuple[list[Item], bool]:
    """At most so many, and whether there were more."""
    found = list(islice(items, MOST + 1))
    return found[:MOST], len(found) > MOST


def _pairs(before: Any, after: Any) -> Iterator[tuple[Any, Any, Any]]:
    if isinstance(before, list):
        sides = zip_longest(before, after, fillvalue=NOTHING)
        yield from ((place, old, new) for place, (old, new) in enumerate(sides))
        return
    for key in [*before, *(key for key in after if key not in before)]:
        yield key, before.get(key, NOTHING), after.get(key, NOTHING)


def _alike(old: Any, new: Any) -> bool:
    """Whether one can look into both."""
    return (isinstance(old, dict) and isinstance(new, dict)) or (isinstance(old, list) and isinstance(new, list))


def _same(old: Any, new: Any) -> bool:
    # To Python 1 equals True, to a node it does not; and 1 is the same number as 1.0.
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


def _change(place: tuple[Any, ...], old: Any, new: Any) -> Change:
    sides = {"before": old, "after": new}
    return {"path": path(*place)} | {side: _short(value) for side, value in sides.items() if value is not NOTHING}


def _short(value: Any) -> Any:
    """What is long is shown by its beginning, as a text."""
    if not isinstance(value, str | dict | list):
        return value
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return value if len(text) <= LONGEST else text[:LONGEST] + "…"
