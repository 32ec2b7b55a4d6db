"""The connections of a graph."""

from collections.abc import Iterator
from typing import Any

from flows.definition.findings import Finding, path, shown
from flows.definition.layout import Ends, connections_of, ends_of, nodes_of
from flows.definition.nodes import LONGEST_ID, word_faults

LONGEST_PORT = 128


def faults(graph: Any) -> Iterator[Finding]:
    known = {node.id for node in nodes_of(graph) if isinstance(node.id, str)}
    for number, connection in enumerate(connections_of(graph)):
        place = path("connections", number)
        if isinstance(connection, dict):
            yield from _connection_faults(place, ends_of(connection), known)
        else:
            yield Finding(place, "INVALID_TYPE", "A connection is an object.")


def repeated(graph: Any) -> Iterator[Finding]:
    seen: set[Ends] = set()
    for number, connection in enumerate(connections_of(graph)):
        ends = ends_of(connection)
        if ends in seen:
            yield Finding(path("connections", number), "DUPLICATE_CONNECTION", "It is there already.")
        seen.add(ends)


def _connection_faults(place: str, ends: Ends, known: set[str]) -> Iterator[Finding]:
    for name, value in ends._asdict().items():
        yield from word_faults(place, name, value, LONGEST_ID if name.endswith("node") else LONGEST_PORT)
    named = [name for name in (ends.source_node, ends.target_node) if isinstance(name, str) and name]
    for name in dict.fromkeys(named):
        if name not in known:
            yield Finding(place, "ORPHANED_CONNECTION", f"There is no node {shown(name)}.")
    if len(named) == 2 and named[0] == named[1]:
        yield Finding(place, "SELF_CONNECTION", f"{shown(named[0])} leads to itself.")
