"""A graph in the one layout that runs: nodes keyed by their ids, connections of four fields."""

from collections.abc import Mapping
from typing import Any

from flows.definition.layout import Node, links_of, nodes_of

ALIASES = frozenset({"id", "type"})


def executable(content: Any) -> dict[str, Any]:
    """Leaves the content alone, and shares its values."""
    return {
        "metadata": _metadata(content),
        "nodes": {node.id: _normal(node) for node in nodes_of(content) if isinstance(node.body, Mapping)},
        "connections": [ends._asdict() for ends in links_of(content)],
        "variables": variables_of(content),
        "settings": _object(content, "settings"),
    }


def name_of(content: Any) -> str | None:
    name = _object(content, "metadata").get("name")
    return name.strip() or None if isinstance(name, str) else None


def variables_of(content: Any) -> dict[str, Any]:
    return _object(content, "variables")


def _normal(node: Node) -> dict[str, Any]:
    others = {name: value for name, value in node.body.items() if name not in ALIASES}
    return others | {
        "node_id": node.id,
        "node_type": node.type,
        "config": _object(node.body, "config"),
        "position": _position(node.body.get("position")),
    }


def _metadata(content: Any) -> dict[str, Any]:
    """Robots give a nameless flow a name, but refuse an empty one."""
    metadata = _object(content, "metadata")
    return {name: value for name, value in metadata.items() if name != "name" or name_of(content)}


def _position(value: Any) -> list[Any]:
    place = [value.get("x"), value.get("y")] if isinstance(value, Mapping) else value
    flat = isinstance(place, list) and len(place) == 2 and all(type(number) in (int, float) for number in place)
    return list(place) if flat else [0, 0]


def _object(holder: Any, name: str) -> dict[str, Any]:
    value = holder.get(name) if isinstance(holder, Mapping) else None
    return dict(value) if isinstance(value, Mapping) else {}
