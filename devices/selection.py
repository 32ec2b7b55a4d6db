"""Which nodes a query group asks for: any of device_type, status, labels and search. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from devices.choices import NodeStatus
from devices.particulars import label_faults
from rdos.kernel.errors import InvalidInput

LONGEST_SEARCH = 100


def check(query: Mapping[str, Any]) -> None:
    """A query with a word nobody knows would silently mean more nodes than was meant."""
    faults = {f"query.{name}": list(_faults(name, value)) for name, value in query.items()}
    found = {name: texts for name, texts in faults.items() if texts}
    if found:
        raise InvalidInput(errors=found)


def _faults(name: str, value: Any) -> Iterator[str]:
    if name not in FAULTS:
        yield f"A query knows {', '.join(FAULTS)}."
    else:
        yield from FAULTS[name](value)


def _type_faults(value: Any) -> Iterator[str]:
    # Not only those known now: a driver may be configured later, or be gone.
    if not isinstance(value, str) or not 1 <= len(value) <= 32:
        yield "A type of node, 1–32 characters."


def _status_faults(value: Any) -> Iterator[str]:
    if value not in NodeStatus.values:
        yield f"One of {', '.join(NodeStatus.values)}."


def _label_faults(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from label_faults(value)
    else:
        yield "An object of names and values."


def _search_faults(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or len(value) > LONGEST_SEARCH:
        yield f"A text of at most {LONGEST_SEARCH} characters."


FAULTS: dict[str, Callable[[Any], Iterator[str]]] = {
    "device_type": _type_faults,
    "status": _status_faults,
    "labels": _label_faults,
    "search": _search_faults,
}
