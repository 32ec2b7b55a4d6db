"""Two versions of a flow side by side: drawn with what changed, and told change by change."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from flows.admin import picture
from flows.admin.versions import found
from flows.definition import difference
from flows.models import Flow, FlowVersion
from flows.services.versions import content_of
from rdos.kernel.live_page import written
from rdos.kernel.secrecy import mask, mask_text

MOST_OFFERED = 200
ADDED, REMOVED, CHANGED = "added", "removed", "changed"


def page(page: Any, request: HttpRequest, flow: Flow) -> HttpResponse:
    newest = flow.version or 1
    after = _asked(request, "after", newest)
    old, new = found(flow, _asked(request, "before", max(1, after - 1))), found(flow, after)
    offered = FlowVersion.objects.filter(flow=flow).order_by("-number").values_list("number", "message")
    facts = {
        "title": f"{flow.name}: v{old.number} and v{new.number}",
        "original": flow,
        "old": old,
        "new": new,
        "left": f"Version {old.number}",
        "right": f"Version {new.number}",
        "offered": list(offered[:MOST_OFFERED]),
        "back": page.place("change", flow.pk),
        **compared(flow, content_of(flow, old), content_of(flow, new)),
    }
    return page.page(request, "console/flows/difference.html", **facts)  # type: ignore[no-any-return] # the theme's


def _asked(request: HttpRequest, name: str, otherwise: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else otherwise


def compared(flow: Flow, old: Any, new: Any) -> dict[str, Any]:
    told = difference(flow.kind, old, new)
    nodes = told.get("nodes", {})
    gone, come = _ids(nodes, "removed"), _ids(nodes, "added")
    changed = dict.fromkeys(_ids(nodes, "changed"), CHANGED)
    rows = list(_rows(told))
    return {
        "before": picture.of(flow.kind, old, None, changed | dict.fromkeys(gone, REMOVED)),
        "after": picture.of(flow.kind, new, None, changed | dict.fromkeys(come, ADDED)),
        "rows": rows,
        "hunks": [list(_beside(hunk)) for hunk in told.get("hunks", [])],
        "truncated": told["truncated"],
        "is_same": not rows and not told.get("hunks"),
    }


def _ids(nodes: Mapping[str, Any], kind: str) -> list[str]:
    return [node["id"] for node in nodes.get(kind, [])]


def _rows(told: Mapping[str, Any]) -> Any:
    nodes, links = told.get("nodes", {}), told.get("connections", {})
    for node in nodes.get("removed", []):
        yield _row("Node", node["id"], node["type"], None)
    for node in nodes.get("added", []):
        yield _row("Node", node["id"], None, node["type"])
    for node in nodes.get("changed", []):
        for change in node["changes"]:
            yield _row(node["id"], change["path"], *_sides(change))
    for link in links.get("removed", []):
        yield _row("Connection", "", _way(link), None)
    for link in links.get("added", []):
        yield _row("Connection", "", None, _way(link))
    for change in [*told.get("others", []), *told.get("changes", [])]:
        yield _row("Flow", change["path"], *_sides(change))


def _row(about: str, where: str, before: str | None, after: str | None) -> dict[str, Any]:
    return {"about": about, "where": where, "before": before, "after": after}


def _way(link: Mapping[str, Any]) -> str:
    return f"{link['source_node']}.{link['source_port']} → {link['target_node']}.{link['target_port']}"


def _sides(change: Mapping[str, Any]) -> tuple[str | None, str | None]:
    name = str(change["path"]).rpartition(".")[2]
    return tuple(_said(change[side], name) if side in change else None for side in ("before", "after"))  # type: ignore[return-value]


def _said(value: Any, name: str) -> str:
    shown = mask(value, name)
    return shown if isinstance(shown, str) else written(shown) or "null"


def _beside(hunk: list[dict[str, Any]]) -> Any:
    """Lines of one hunk in two columns: what gave way stands beside what came."""
    gone: list[dict[str, Any]] = []
    come: list[dict[str, Any]] = []
    for line in [*hunk, None]:
        if line is not None and line["kind"] != "same":
            (gone if line["kind"] == REMOVED else come).append(line | {"text": mask_text(line["text"])})
            continue
        for place in range(max(len(gone), len(come))):
            yield {"old": gone[place] if place < len(gone) else None, "new": come[place] if place < len(come) else None}
        gone, come = [], []
        if line is not None:
            shown = line | {"text": mask_text(line["text"])}
            yield {"old": shown, "new": shown}
