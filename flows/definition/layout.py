"""Reads a graph in both layouts of its nodes and all three of its connections. Patient with anything."""

from collections.abc import Mapping
from typing import Any, NamedTuple

EXEC_OUT, EXEC_IN = "exec_out", "exec_in"


class Node(NamedTuple):
    # How its place is written: its key, or its index in a list.
    part: Any
    key: Any
    body: Any

    @property
    def own_id(self) -> Any:
        """The id that the node gives itself."""
        return _either(self.body, "node_id", "id")

    @property
    def id(self) -> Any:
        return self.own_id if self.key is None else self.key

    @property
    def type(self) -> Any:
        return _either(self.body, "node_type", "type")


class Ends(NamedTuple):
    source_node: Any
    source_port: Any
    target_node: Any
    target_port: Any

    @property
    def runs(self) -> bool:
        """Whether it leads from step to step, and does not only carry a value."""
        return _is_exec(self.source_port) or _is_exec(self.target_port)


def nodes_of(graph: Any) -> list[Node]:
    nodes = graph.get("nodes") if isinstance(graph, Mapping) else None
    if isinstance(nodes, Mapping):
        return [Node(key, key, body) for key, body in nodes.items()]
    return [Node(place, None, body) for place, body in enumerate(nodes)] if isinstance(nodes, list) else []


def connections_of(graph: Any) -> list[Any]:
    connections = graph.get("connections") if isinstance(graph, Mapping) else None
    return connections if isinstance(connections, list) else []


def ends_of(connection: Any) -> Ends:
    """The four fields themselves, `{from, to}` or `{out: [node, port], in: [node, port]}`."""
    if not isinstance(connection, Mapping):
        return Ends(None, None, None, None)
    if not {"out", "in", "from", "to"}.isdisjoint(connection):
        source, target = _either(connection, "out", "from"), _either(connection, "in", "to")
        return Ends(*_end(source, EXEC_OUT), *_end(target, EXEC_IN))
    return Ends(*(connection.get(field) for field in Ends._fields))


def links_of(graph: Any) -> list[Ends]:
    """Only those that lead from one node to another."""
    known = {node.id for node in nodes_of(graph) if isinstance(node.id, str)}
    found = [ends_of(connection) for connection in connections_of(graph)]
    return [
        ends
        for ends in found
        if all(isinstance(field, str) for field in ends) and ends.source_node in known and ends.target_node in known
    ]


def _end(value: Any, port: str) -> tuple[Any, Any]:
    return (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (value, port)


def _either(body: Any, name: str, other: str) -> Any:
    if not isinstance(body, Mapping):
        return None
    value = body.get(name)
    return body.get(other) if value is None else value


def _is_exec(port: Any) -> bool:
    return isinstance(port, str) and (port.lower() == "exec" or port.lower().startswith("exec_"))
