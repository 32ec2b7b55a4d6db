"""Where a run can get to in a graph: whether it could go round in a circle, and what it never reaches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from flows.definition.findings import Finding, path, shown
from flows.definition.layout import Ends, Node

START, COMMENT = "StartNode", "CommentNode"
MOST_SHOWN = 8

Roads = dict[str, set[str]]


def circles(links: Iterable[Ends]) -> Iterator[Finding]:
    """A loop needs no way back: its end names its start in `paired_start_id`. One circle is told, not all."""
    before: Roads = defaultdict(set)
    for link in links:
        # What leads to itself is told for itself.
        if link.runs and link.source_node != link.target_node:
            before[link.target_node].add(link.source_node)
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        yield Finding("connections", "CIRCULAR_DEPENDENCY", f"{_drawn(error.args[1])}.")


def unreachable(nodes: Sequence[Node], links: Iterable[Ends]) -> Iterator[Finding]:
    """Without a StartNode a run begins wherever nothing leads, and so reaches everything."""
    starts = [node.id for node in nodes if node.type == START]
    if not starts:
        return
    reached = _reached(starts, _roads(nodes, links))
    for node in nodes:
        if node.id not in reached and node.type != COMMENT:
            yield Finding(path("nodes", node.part), "UNREACHABLE_NODE", "No way leads here from a StartNode.")


def _roads(nodes: Iterable[Node], links: Iterable[Ends]) -> Roads:
    roads: Roads = defaultdict(set)
    for link in links:
        roads[link.source_node].add(link.target_node)
        # A value is fetched when it is wanted, from a node that no step leads to.
        if not link.runs:
            roads[link.target_node].add(link.source_node)
    for node in nodes:
        for partner in _partners(node):
            roads[node.id].add(partner)
            roads[partner].add(node.id)
    return roads


def _partners(node: Node) -> Iterator[str]:
    """Nodes of one construct know one another: `paired_start_id`, `paired_try_id`, `paired_catch_id`."""
    for name, value in (node.body.get("config") or {}).items():
        if name.startswith("paired_") and isinstance(value, str):
            yield value


def _reached(starts: Iterable[str], roads: Roads) -> set[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(roads.get(name, ()))
    return reached


def _drawn(circle: Sequence[str]) -> str:
    names = [shown(name) for name in circle[:MOST_SHOWN]]
    return " → ".join([*names, f"… ({len(circle) - 1} nodes)"] if len(circle) > MOST_SHOWN else names)
