"""A workflow of nodes and connections, as robots and the hub run it."""

from collections.abc import Iterable, Iterator
from typing import Any

from flows.definition import connections, metadata, nodes, ways
from flows.definition.findings import Finding
from flows.definition.layout import connections_of, links_of, nodes_of

MOST_NODES, MOST_CONNECTIONS = 1000, 5000


def faults(graph: Any) -> Iterator[Finding]:
    if not isinstance(graph, dict):
        yield Finding("definition", "INVALID_TYPE", "A graph is an object with `nodes`.")
        return
    outer = [*_node_list_faults(graph), *_connection_list_faults(graph)]
    yield from outer
    yield from metadata.faults(graph)
    if not outer:
        yield from nodes.faults(nodes_of(graph))
        yield from connections.faults(graph)
        yield from ways.circles(links_of(graph))


def warnings(graph: Any) -> Iterator[Finding]:
    yield from connections.repeated(graph)
    yield from ways.unreachable(nodes_of(graph), links_of(graph))


def _node_list_faults(graph: dict[str, Any]) -> Iterable[Finding]:
    if graph.get("nodes") is None:
        yield Finding("nodes", "MISSING_REQUIRED_FIELD", "A graph has nodes, be they none.")
    elif not isinstance(graph["nodes"], dict | list):
        yield Finding("nodes", "INVALID_TYPE", "Nodes are a list, or an object keyed by their ids.")
    elif len(graph["nodes"]) > MOST_NODES:
        yield Finding("nodes", "TOO_MANY_NODES", f"At most {MOST_NODES}, and these are {len(graph['nodes'])}.")


def _connection_list_faults(graph: dict[str, Any]) -> Iterable[Finding]:
    count = len(connections_of(graph))
    if not isinstance(graph.get("connections"), list | None):
        yield Finding("connections", "INVALID_TYPE", "Connections are a list.")
    elif count > MOST_CONNECTIONS:
        yield Finding("connections", "TOO_MANY_CONNECTIONS", f"At most {MOST_CONNECTIONS}, and these are {count}.")
