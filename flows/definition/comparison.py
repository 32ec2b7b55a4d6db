"""What changed between two versions of a flow, as something a page can draw."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flows.choices import FlowKind
from flows.definition import nodered, texts
from flows.definition.changes import Change, bounded, changes
from flows.definition.layout import links_of
from flows.definition.normal import executable

Nodes = Mapping[str, Mapping[str, Any]]
DRAWN_APART = frozenset({"nodes", "connections"})


def difference(kind: str, before: Any, after: Any) -> dict[str, Any]:
    """None stands for no version; `truncated` says that there was more to tell than a page could show."""
    return COMPARISONS[FlowKind(kind)](before, after)


def _of_graphs(before: Any, after: Any) -> dict[str, Any]:
    """The layout of the nodes is a manner of writing, and no change."""
    old, new = executable(before), executable(after)
    nodes, many_nodes = _node_changes(old["nodes"], new["nodes"], "node_type")
    connections, many_connections = _connection_changes(before, after)
    others, many_others = bounded(changes(_others(before, old), _others(after, new)))
    truncated = many_nodes or many_connections or many_others
    return {"nodes": nodes, "connections": connections, "others": others, "truncated": truncated}


def _of_nodered(before: Any, after: Any) -> dict[str, Any]:
    nodes, many_nodes = _node_changes(nodered.nodes_of(before), nodered.nodes_of(after), "type")
    others, many_others = bounded(changes(nodered.others_of(before), nodered.others_of(after)))
    return {"nodes": nodes, "others": others, "truncated": many_nodes or many_others}


def _of_media(before: Any, after: Any) -> dict[str, Any]:
    found, many = bounded(changes(before or {}, after or {}))
    return {"changes": found, "truncated": many}


def _of_organisms(before: str | None, after: str | None) -> dict[str, Any]:
    return texts.compared(before or "", after or "")


def _node_changes(old: Nodes, new: Nodes, kind: str) -> tuple[dict[str, Any], bool]:
    added, many_added = bounded(_named(new, old, kind))
    removed, many_removed = bounded(_named(old, new, kind))
    changed, many_changed = bounded(_changes_inside(old, new))
    found = {"added": added, "removed": removed, "changed": _gathered(changed, new, kind)}
    return found, many_added or many_removed or many_changed


def _named(nodes: Nodes, others: Nodes, kind: str) -> Iterator[dict[str, Any]]:
    return ({"id": name, "type": node[kind]} for name, node in nodes.items() if name not in others)


def _changes_inside(old: Nodes, new: Nodes) -> Iterator[tuple[str, Change]]:
    for name in old:
        if name in new:
            yield from ((name, change) for change in changes(old[name], new[name]))


def _gathered(found: Iterable[tuple[str, Change]], nodes: Nodes, kind: str) -> list[dict[str, Any]]:
    changed: dict[str, dict[str, Any]] = {}
    for name, change in found:
        row = changed.setdefault(name, {"id": name, "type": nodes[name][kind], "changes": []})
        row["changes"].append(change)
    return list(changed.values())


def _connection_changes(before: Any, after: Any) -> tuple[dict[str, Any], bool]:
    old, new = Counter(links_of(before)), Counter(links_of(after))
    added, many_added = bounded((new - old).elements())
    removed, many_removed = bounded((old - new).elements())
    found = {"added": [ends._asdict() for ends in added], "removed": [ends._asdict() for ends in removed]}
    return found, many_added or many_removed


def _others(content: Any, normal: Mapping[str, Any]) -> dict[str, Any]:
    """An absent object is an empty one."""
    everything = {**(content if isinstance(content, Mapping) else {}), **normal}
    return {name: value for name, value in everything.items() if name not in DRAWN_APART}


COMPARISONS: dict[FlowKind, Callable[[Any, Any], dict[str, Any]]] = {
    FlowKind.GRAPH: _of_graphs,
    FlowKind.NODERED: _of_nodered,
    FlowKind.ORGANISM: _of_organisms,
    FlowKind.MEDIA: _of_media,
}
