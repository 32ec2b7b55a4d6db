"""What the hub can run of an organism: the graph that its text holds, or else the way of a message past its listeners.

Handlers are code, and the hub runs nobody's code: whoever listens is told of and passed by.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import yaml

from flows.choices import FlowKind
from flows.definition.checking import check
from flows.definition.normal import executable
from flows.errors import InvalidDefinition

# Larger texts are kept as well as any, but not looked into.
LARGEST = 256 * 1024
MOST_LISTENERS, LONGEST_NAME = 500, 200
LOADER = yaml.CSafeLoader


def program(text: str) -> dict[str, Any] | None:
    """None for what cannot be read, or is a graph that cannot run."""
    found = _read(text)
    if not isinstance(found, Mapping):
        return None
    if "nodes" in found:
        return _graph(dict(found))
    return executable(_passing_by(list(_listeners(found.get("listeners")))))


def _read(text: str) -> Any:
    if len(text) > LARGEST:
        return None
    try:
        # An alias of an alias of an alias grows without end when it is written out.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=LOADER)):
            return None
        return yaml.load(text, Loader=LOADER)  # noqa: S506 - the safe one, in C
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        return None


def _graph(found: dict[str, Any]) -> dict[str, Any] | None:
    try:
        check(FlowKind.GRAPH, found)
    except InvalidDefinition:
        return None
    return executable(found)


def _listeners(given: Any) -> Iterator[tuple[str, str]]:
    """Names and handlers."""
    for place, one in enumerate((given if isinstance(given, list) else [])[:MOST_LISTENERS]):
        facts = one if isinstance(one, Mapping) else {}
        yield str(facts.get("name") or f"listener-{place + 1}")[:LONGEST_NAME], str(facts.get("handler") or "")[:200]


def _passing_by(listeners: list[tuple[str, str]]) -> dict[str, Any]:
    said = ", ".join(handler for _, handler in listeners if handler)
    message = f"The hub runs no handlers, so the message passes by: {said}" if said else "Nobody listens."
    nodes: dict[str, Any] = {"in": _node("StartNode"), "note": _node("LogNode", level="warning", data=message)}
    for name, handler in listeners:
        nodes[_free(name, nodes)] = _node("CommentNode", handler=handler)
    nodes[_free("out", nodes)] = _node("EndNode")
    return {"nodes": nodes, "connections": [_link(one, other) for one, other in pairwise(nodes)]}


def _free(name: str, taken: Mapping[str, Any]) -> str:
    return name if name not in taken else f"{name} ({len(taken)})"


def _node(kind: str, **config: Any) -> dict[str, Any]:
    return {"node_type": kind, "config": config}


def _link(source: str, target: str) -> dict[str, str]:
    return {"source_node": source, "source_port": "exec_out", "target_node": target, "target_port": "exec_in"}
