"""A Casare graph in its executable layout, read once: nodes, flow, data, blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .blocks import Block, paired
from .bounds import Bounds, measure
from .errors import InterpreterError, InvalidFlow
from .flow import Connection, Flow, kind_of
from .nodes import DATA
from .references import names_in
from .values import truth

# Nothing begins with these: an open block or loop comes to them.
NEVER_FIRST = {"Catch", "Finally", "ForLoopEnd", "WhileLoopEnd"}


@dataclass(frozen=True)
class Node:
    id: str
    type: str
    kind: str
    config: dict[str, Any]


class Graph:
    def __init__(self, nodes: dict[str, Node], connections: list[Connection], settings: dict[str, Any]) -> None:
        self.nodes = nodes
        self.stop_on_error = truth(settings.get("stop_on_error", True))
        self.wires: dict[str, dict[str, tuple[str, str]]] = {node_id: {} for node_id in nodes}
        for wire in connections:
            if not wire.is_flow:
                self.wires[wire.target][wire.target_port] = (wire.source, wire.source_port)
        self.flow = Flow({node.id: node.kind for node in nodes.values()}, _loops(nodes), connections)
        self.blocks: dict[str, Block] = paired(nodes, self.flow)
        for try_id, block in self.blocks.items():
            self.flow.join(try_id, block.members)
        self._needs: dict[str, list[str]] = {}
        self._closed: dict[str, set[str]] = {}

    def starters(self) -> list[str]:
        """The StartNodes; without any, what no flow leads to, in order of appearance."""
        starts = [node.id for node in self.nodes.values() if node.kind == "Start"]
        if starts:
            return starts
        wanted = {source for node_id in self.nodes for source in self._sources(node_id)}
        return [node.id for node in self.nodes.values() if self._may_start(node) and node.id not in wanted]

    def _may_start(self, node: Node) -> bool:
        return node.kind not in NEVER_FIRST and not self.flow.leads_to(node.id)

    def beyond(self, node_id: str) -> list[str]:
        """Where the run goes on when this loop or block is over."""
        if node_id not in self.blocks:
            return self.flow.targets(node_id, ("completed",))
        members = self.blocks[node_id].members
        ahead = [one for owner in (node_id, *members) for one in self.flow.targets(owner, ("exec_out",))]
        return [one for one in ahead if one not in members]

    def closed_by(self, node_id: str) -> set[str]:
        """Where no flow may go by itself while this loop or block is open."""
        if node_id not in self._closed:
            block = self.blocks.get(node_id)
            self._closed[node_id] = {*(block.members if block else [node_id]), *self.beyond(node_id)}
        return self._closed[node_id]

    def needs(self, node_id: str) -> list[str]:
        """The data nodes that no flow passes through and that this one reads, each after those it reads itself."""
        if node_id not in self._needs:
            self._needs[node_id] = [*self._unrolled(node_id)]
        return self._needs[node_id]

    def _unrolled(self, node_id: str) -> Iterator[str]:
        seen, path = {node_id}, [(node_id, iter(self._sources(node_id)))]
        while path:
            source = next((one for one in path[-1][1] if one not in seen), None)
            if source is not None:
                seen.add(source)
                path.append((source, iter(self._sources(source))))
            elif (done := path.pop()[0]) != node_id:
                yield done

    def _sources(self, node_id: str) -> list[str]:
        wired = [source for source, _ in self.wires[node_id].values()]
        named = [name for name in names_in(self.nodes[node_id].config) if name in self.nodes]
        return [source for source in dict.fromkeys([*wired, *named]) if self._is_loose(source)]

    def _is_loose(self, node_id: str) -> bool:
        return self.nodes[node_id].kind in DATA and not self.flow.touches(node_id)

    def reachable(self) -> set[str]:
        """All nodes that a run may pass, whichever way it goes."""
        starters = self.starters()
        passed = {*starters, *(node_id for start in starters for node_id in self.flow.reach(start))}
        return passed | {needed for node_id in passed for needed in self.needs(node_id)}


def read(given: Any, bounds: Bounds) -> Graph:
    if not isinstance(given, dict) or not isinstance(given.get("nodes"), dict):
        raise InvalidFlow("A flow is an object whose 'nodes' are an object, too.")
    if not given["nodes"]:
        raise InvalidFlow("The flow has no nodes.")
    nodes = {node_id: _node(node_id, node, bounds) for node_id, node in given["nodes"].items()}
    connections = [_connection(one, nodes) for one in _of(list, given, "connections")]
    return Graph(nodes, list(dict.fromkeys(connections)), _of(dict, given, "settings"))


def _of(kind: type[Any], given: dict[str, Any], name: str) -> Any:
    """Missing is empty."""
    found = given.get(name)
    if found is None:
        return kind()
    if not isinstance(found, kind):
        raise InvalidFlow(f"The {name} of a flow must be {'a list' if kind is list else 'an object'}.")
    return found


def _node(node_id: Any, given: Any, bounds: Bounds) -> Node:
    node_type = given.get("node_type") if isinstance(given, dict) else None
    if not isinstance(node_type, str) or not node_type or len(node_type) > 128:
        raise InvalidFlow(f"The node {str(node_id)[:256]} has no node_type.")
    config = given.get("config")
    if not isinstance(config, dict | None):
        raise InvalidFlow(f"The config of the node {str(node_id)[:256]} is not an object.")
    try:
        measure({node_id: config}, bounds)
    except InterpreterError as error:
        raise InvalidFlow(f"The node {str(node_id)[:256]}: {error.message}") from error
    return Node(node_id, node_type, kind_of(node_type), config or {})


def _connection(given: Any, nodes: dict[str, Node]) -> Connection:
    names = ("source_node", "source_port", "target_node", "target_port")
    ends = [given.get(name) for name in names] if isinstance(given, dict) else [None]
    if not all(isinstance(end, str) for end in ends):
        raise InvalidFlow(f"A connection has the four fields {', '.join(names)}.")
    connection = Connection(*(str(end) for end in ends))
    for end in (connection.source, connection.target):
        if end not in nodes:
            raise InvalidFlow(f"A connection leads to or from {end[:256]}, which is no node of this flow.")
    return connection


def _loops(nodes: dict[str, Node]) -> dict[str, str]:
    """Which loop start each end belongs to, where it says so."""
    starts = {node.id: node.config.get("paired_start_id") for node in nodes.values() if node.kind.endswith("LoopEnd")}
    return {end: start for end, start in starts.items() if isinstance(start, str) and start in nodes}
