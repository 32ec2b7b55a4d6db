"""A flow as a drawing and as a list: its nodes where somebody has put them, else in layers from left to right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.admin.arranging import HEIGHT, WIDTH, Place, layered, placed
from flows.choices import FlowKind
from flows.definition import executable
from flows.definition.layout import Ends, links_of

MOST_DRAWN = 250
MARGIN = 12
LONGEST_LINE = 19
# Shrunk to the page up to here.
WIDEST = 1500
# Nodes of Node-RED that say how the editor looks, and do nothing.
SHEETS = ("tab", "subflow", "group")


@dataclass(frozen=True)
class Part:
    """One node of the graph."""

    id: str
    name: str
    type: str
    leads_to: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Box:
    part: Part
    x: int
    y: int
    mark: str

    @property
    def name(self) -> str:
        return _cut(self.part.name)

    @property
    def type(self) -> str:
        return _cut(self.part.type)

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return HEIGHT


@dataclass(frozen=True)
class Picture:
    parts: list[Part]
    boxes: list[Box]
    lines: list[tuple[str, bool]]
    width: int = 0
    height: int = 0

    @property
    def is_large(self) -> bool:
        return self.width > WIDEST


Marks = Mapping[str, str]


def of(kind: str, content: Any, canvas: Any = None, marks: Marks | None = None) -> Picture | None:
    """None for what is no graph. A graph that no page could hold is told as a list alone. One with marks stands beside
    another: it is narrow, and goes downwards."""
    if kind == FlowKind.GRAPH:
        parts, links, given = _of_graph(content)
    elif kind == FlowKind.NODERED:
        parts, links, given = _of_nodered(content)
    else:
        return None
    if len(parts) > MOST_DRAWN:
        return Picture(parts[:MOST_DRAWN], [], [])
    return _drawn(parts, links, _on_canvas(canvas) or given, marks)


def _of_graph(content: Any) -> tuple[list[Part], list[Ends], dict[str, Place]]:
    nodes = executable(content)["nodes"]
    links = links_of(content)
    parts = [
        Part(pk, _name(pk, node["config"]), str(node["node_type"]), _next(pk, links)) for pk, node in nodes.items()
    ]
    return parts, links, {pk: (node["position"][0], node["position"][1]) for pk, node in nodes.items()}


def _of_nodered(content: Any) -> tuple[list[Part], list[Ends], dict[str, Place]]:
    listed = content.get("flows") if isinstance(content, dict) else content
    # What has no place in the sheet is configuration.
    nodes = {one["id"]: one for one in listed or [] if one.get("type") not in SHEETS and "wires" in one}
    links = [Ends(pk, "exec_out", to, "exec_in") for pk, one in nodes.items() for to in _wired(one) if to in nodes]
    sheets = list(dict.fromkeys(str(one.get("z")) for one in nodes.values()))
    parts = [Part(pk, str(one.get("name") or pk), str(one.get("type")), _next(pk, links)) for pk, one in nodes.items()]
    # Sheets lie below one another.
    return parts, links, {pk: _place(one, 10_000 * sheets.index(str(one.get("z")))) for pk, one in nodes.items()}


def _wired(node: Mapping[str, Any]) -> list[str]:
    return [to for port in node.get("wires") or [] if isinstance(port, list) for to in port if isinstance(to, str)]


def _place(node: Mapping[str, Any], down: int = 0) -> Place:
    x, y = node.get("x"), node.get("y")
    placed = isinstance(x, int | float) and isinstance(y, int | float)
    return (float(x), float(y) + down) if placed else (0.0, float(down))  # type: ignore[arg-type]


def _on_canvas(canvas: Any) -> dict[str, Place]:
    """As the editors of graphs store it: nodes with an id and a position."""
    nodes = canvas.get("nodes") if isinstance(canvas, Mapping) else None
    found = [one for one in nodes if isinstance(one, Mapping)] if isinstance(nodes, list) else []
    return {str(one.get("id")): _place(one["position"]) for one in found if isinstance(one.get("position"), Mapping)}


def _drawn(parts: list[Part], links: list[Ends], given: dict[str, Place], marks: Marks | None) -> Picture:
    known, downwards = [part.id for part in parts], marks is not None
    ways = [(link.source_node, link.target_node) for link in links]
    is_placed = not downwards and all(pk in given for pk in known)
    places = placed({pk: given[pk] for pk in known}) if is_placed else None
    places = places or layered(known, ways, downwards=downwards)
    at = {part.id: Box(part, *_moved(places[part.id]), (marks or {}).get(part.id, "")) for part in parts}
    line = _down if downwards else _across
    lines = [(line(at[link.source_node], at[link.target_node]), link.runs) for link in links]
    width = max((box.x for box in at.values()), default=0) + WIDTH + MARGIN
    height = max((box.y for box in at.values()), default=0) + HEIGHT + MARGIN
    return Picture(parts, list(at.values()), lines, width, height)


def _moved(place: Place) -> tuple[int, int]:
    return round(place[0]) + MARGIN, round(place[1]) + MARGIN


def _across(old: Box, new: Box) -> str:
    """From the right of one box to the left of the next, as a soft curve."""
    x, y, to_x, to_y = old.x + WIDTH, old.y + HEIGHT // 2, new.x, new.y + HEIGHT // 2
    bend = max(28, abs(to_x - x) // 2)
    return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"


def _down(old: Box, new: Box) -> str:
    x, y, to_x, to_y = old.x + WIDTH // 2, old.y + HEIGHT, new.x + WIDTH // 2, new.y
    bend = max(16, abs(to_y - y) // 2)
    return f"M{x} {y}C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}"


def _name(pk: str, config: Mapping[str, Any]) -> str:
    return next((str(config[name]) for name in ("label", "name", "title") if config.get(name)), pk)


def _next(pk: str, links: list[Ends]) -> list[str]:
    return list(dict.fromkeys(link.target_node for link in links if link.source_node == pk))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"
