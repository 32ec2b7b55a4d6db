"""What the hub can run of an organism: the graph that its text holds, or else the way of a message past its listeners.

Handlers are code, and the hub runs nobody's code: a listener does what is built in under its handler's name, and any
other handler ends the run.
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
    listeners = found.get("listeners") or []
    if not isinstance(listeners, list) or len(listeners) > MOST_LISTENERS:
        return None
    return executable(_past(list(_listeners(listeners))))


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


def _listeners(given: list[Any]) -> Iterator[tuple[str, str]]:
    """Names and handlers."""
    for place, one in enumerate(given):
        facts = one if isinstance(one, Mapping) else {}
        yield str(facts.get("name") or f"listener-{place + 1}")[:LONGEST_NAME], str(facts.get("handler") or "")[:200]


def _past(listeners: list[tuple[str, str]]) -> dict[str, Any]:
    """The message passes them in the order of the text, and what the last one makes of it is the output."""
    nodes: dict[str, Any] = {"in": _node("MessageNode")}
    for name, handler in listeners:
        nodes[_free(name, nodes)] = _node("HandlerNode", listener=name, handler=handler)
    bearers = list(nodes)
    if not listeners:
        nodes["note"] = _node("LogNode", data="Nobody listens.")
    out = _free("out", nodes)
    nodes[out] = _node("SetVariableNode", variable_name="output")
    flow = [_link(one, "exec_out", other, "exec_in") for one, other in pairwise(nodes)]
    data = [_link(one, "message", other, "message") for one, other in pairwise(bearers)]
    return {"nodes": nodes, "connections": [*flow, *data, _link(bearers[-1], "message", out, "value")]}


def _free(name: str, taken: Mapping[str, Any]) -> str:
    return name if name not in taken else f"{name} ({len(taken)})"


def _node(kind: str, **config: Any) -> dict[str, Any]:
    return {"node_type": kind, "config": config}


def _link(source: str, source_port: str, target: str, target_port: str) -> dict[str, str]:
    return {"source_node": source, "source_port": source_port, "target_node": target, "target_port": target_port}
