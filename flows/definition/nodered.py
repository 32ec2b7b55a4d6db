"""A Node-RED export: a list of objects, or an object that holds such a list as `flows`."""

from collections.abc import Iterator
from typing import Any

from flows.definition.findings import Finding, path, shown
from flows.definition.nodes import LONGEST_ID, LONGEST_TYPE, twin_faults, word_faults

MOST_NODES = 5000


def faults(content: Any) -> Iterator[Finding]:
    nodes = _listed(content)
    if not isinstance(nodes, list):
        place = "flows" if isinstance(content, dict) else "definition"
        yield Finding(
            place, "INVALID_TYPE", "A Node-RED flow is a list of objects, or an object that holds one as `flows`."
        )
    elif len(nodes) > MOST_NODES:
        yield Finding("flows", "TOO_MANY_NODES", f"At most {MOST_NODES}, and these are {len(nodes)}.")
    else:
        yield from _node_faults(nodes)


def warnings(content: Any) -> Iterator[Finding]:
    if isinstance(content, dict) and content.get("flows") is None:
        yield Finding("flows", "MISSING_REQUIRED_FIELD", "There is nothing to deploy.")
    nodes = nodes_of(content)
    for number, node in enumerate(nodes.values()):
        for target in dict.fromkeys(_wired(node.get("wires"))):
            if target not in nodes:
                yield Finding(path("flows", number, "wires"), "UNKNOWN_WIRE", f"There is no node {shown(target)}.")


def nodes_of(content: Any) -> dict[str, dict[str, Any]]:
    """By their ids; none where it is no list of nodes at all."""
    return {node["id"]: node for node in _listed(content) or ()} if _is_export(content) else {}


def others_of(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        return {}
    return {name: value for name, value in content.items() if name != "flows" or not _is_export(content)}


def _is_export(content: Any) -> bool:
    return content is None or next(faults(content), None) is None


def _listed(content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    flows = content.get("flows")
    return [] if flows is None else flows


def _node_faults(nodes: list[Any]) -> Iterator[Finding]:
    taken: set[str] = set()
    for number, node in enumerate(nodes):
        place = path("flows", number)
        if not isinstance(node, dict):
            yield Finding(place, "INVALID_TYPE", "A node is an object.")
            continue
        yield from word_faults(place, "id", node.get("id"), LONGEST_ID)
        yield from word_faults(place, "type", node.get("type"), LONGEST_TYPE)
        yield from twin_faults(place, node.get("id"), taken)


def _wired(wires: Any) -> Iterator[str]:
    """A list of targets for each output. Not every type of node keeps to it."""
    for output in wires if isinstance(wires, list) else ():
        yield from (target for target in (output if isinstance(output, list) else ()) if isinstance(target, str))
