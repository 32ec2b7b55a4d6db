"""The nodes of a graph. Which types there are is known to whoever runs it."""

from collections.abc import Iterable, Iterator
from typing import Any

from flows.definition import config
from flows.definition.findings import Finding, path, shown
from flows.definition.layout import Node

LONGEST_ID, LONGEST_TYPE = 256, 128


def faults(nodes: Iterable[Node]) -> Iterator[Finding]:
    taken: set[str] = set()
    for node in nodes:
        place = path("nodes", node.part)
        if not isinstance(node.body, dict):
            yield Finding(place, "INVALID_TYPE", "A node is an object.")
            continue
        yield from _node_faults(place, node)
        yield from twin_faults(place, node.id, taken)


def _node_faults(place: str, node: Node) -> Iterator[Finding]:
    yield from word_faults(place, "node_id", node.id, LONGEST_ID)
    if node.key is not None and node.own_id not in (None, node.key):
        yield Finding(place, "NODE_ID_MISMATCH", f"It calls itself {shown(node.own_id)}.")
    yield from word_faults(place, "node_type", node.type, LONGEST_TYPE)
    yield from config.faults(node.body.get("config"), ("nodes", node.part, "config"))


def word_faults(place: str, name: str, value: Any, longest: int) -> Iterator[Finding]:
    """For what must be there: a short text."""
    if value is None or value == "":
        yield Finding(place, "MISSING_REQUIRED_FIELD", f"It has no {name}.")
    elif not isinstance(value, str):
        yield Finding(place, "INVALID_TYPE", f"Its {name} is not a text.")
    elif len(value) > longest:
        yield Finding(place, "TOO_LONG", f"Its {name} has more than {longest} characters.")


def twin_faults(place: str, name: Any, taken: set[str]) -> Iterator[Finding]:
    if not isinstance(name, str) or not name:
        return
    if name in taken:
        yield Finding(place, "DUPLICATE_NODE_ID", f"Another node is called {shown(name)}.")
    taken.add(name)
