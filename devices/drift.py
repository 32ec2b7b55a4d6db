"""What a node has that it should not, lacks that it should, or has otherwise. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Any

from rdos.kernel.secrecy import mask

EXTRA, MISSING, DIFFERENT = "extra", "missing", "different"
# Sending the desired configuration again takes nothing away from a node that merges what it is sent.
HEALABLE = frozenset({MISSING, DIFFERENT})
MOST_ENTRIES = 500
# What entries of lists are known by, so that their order says nothing.
NAMES = ("id", "flow_id", "input_id", "output_id")
NOTHING = object()

Difference = dict[str, Any]


def compare(desired: Any, reported: Any) -> list[Difference]:
    """Sorted by path; never more than `MOST_ENTRIES`."""
    found = list(islice(_compared("", "", desired, reported), MOST_ENTRIES))
    return sorted(found, key=lambda one: one["path"])


def _compared(path: str, name: str, desired: Any, reported: Any) -> Iterator[Difference]:
    if isinstance(desired, Mapping) and isinstance(reported, Mapping):
        for key in [*desired, *(key for key in reported if key not in desired)]:
            yield from _compared(
                f"{path}.{key}" if path else str(key), str(key), desired.get(key, NOTHING), reported.get(key, NOTHING)
            )
    elif isinstance(desired, list) and isinstance(reported, list):
        for label, wanted, present in _pairs(desired, reported):
            yield from _compared(f"{path}[{label}]", name, wanted, present)
    elif not _same(desired, reported):
        yield _difference(path, name, desired, reported)


def _same(desired: Any, reported: Any) -> bool:
    # To Python 1 equals True, to a node it does not; and 1 is the same number as 1.0.
    return isinstance(desired, bool) == isinstance(reported, bool) and bool(desired == reported)


def _difference(path: str, name: str, desired: Any, reported: Any) -> Difference:
    kind = EXTRA if desired is NOTHING else MISSING if reported is NOTHING else DIFFERENT
    sides = {"desired": desired, "reported": reported}
    return {"path": path, "kind": kind} | {
        side: mask(value, name) for side, value in sides.items() if value is not NOTHING
    }


def _pairs(desired: Sequence[Any], reported: Sequence[Any]) -> Iterator[tuple[str, Any, Any]]:
    name = next((name for name in NAMES if _names_all(name, desired) and _names_all(name, reported)), "")
    if not name:
        for place, (wanted, present) in enumerate(zip_longest(desired, reported, fillvalue=NOTHING)):
            yield str(place), wanted, present
        return
    wanted_by, present_by = _by(name, desired), _by(name, reported)
    for label in [*wanted_by, *(label for label in present_by if label not in wanted_by)]:
        yield label, wanted_by.get(label, NOTHING), present_by.get(label, NOTHING)


def _names_all(name: str, rows: Sequence[Any]) -> bool:
    """Every entry has this name, and each its own."""
    labels = [row.get(name) if isinstance(row, Mapping) else None for row in rows]
    known = [str(label) for label in labels if isinstance(label, str | int)]
    return len(known) == len(rows) == len(set(known))


def _by(name: str, rows: Sequence[Any]) -> dict[str, Any]:
    return {str(row[name]): row for row in rows}
