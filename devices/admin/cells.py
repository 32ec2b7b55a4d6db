"""How a node is said in the console: its state by shape, colour and word, its age, its labels."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from devices import drivers
from devices.choices import NodeStatus
from devices.models import Node
from devices.services.simulated import LABEL, YES
from rdos.kernel.console import badge

TONES = {
    NodeStatus.DISCOVERED: "idle",
    NodeStatus.PENDING: "idle",
    NodeStatus.ONLINE: "good",
    NodeStatus.DEGRADED: "warn",
    NodeStatus.ERROR: "bad",
    NodeStatus.OFFLINE: "bad",
}
UNITS = ((86400, "d"), (3600, "h"), (60, "min"))
# A card on a narrow screen leaves it out.
NOTHING = mark_safe('<span class="f-nothing">–</span>')


def state(node: Node, at: datetime) -> SafeString:
    """The word, the chips beside it, and the reason below."""
    chips = "".join(chips_of(node, at))
    reason = node.status_reason if node.status in (NodeStatus.DEGRADED, NodeStatus.ERROR, NodeStatus.OFFLINE) else ""
    why = format_html('<span class="c-more f-why" title="{0}">{0}</span>', reason) if reason else ""
    word = NodeStatus(node.status).label
    return format_html('<span class="f-chips">{}{}</span>{}', badge(tone_of(node, at), word), mark_safe(chips), why)  # noqa: S308 made of escaped chips


def tone_of(node: Node, at: datetime) -> str:
    """In maintenance a node's absence is nobody's alarm."""
    status = NodeStatus(node.status)
    return "idle" if status == NodeStatus.OFFLINE and node.in_maintenance(at) else TONES[status]


def chips_of(node: Node, at: datetime) -> list[SafeString]:
    found = []
    if node.on_bus:
        found.append(chip("Bus", "It speaks on the bus, and holds no connection to this hub"))
    if not node.claimed:
        found.append(chip("Unclaimed", "Found on the bus, and claimed by nobody"))
    if node.in_maintenance(at):
        found.append(chip("Maintenance", f"until {node.maintenance_until:%Y-%m-%d %H:%M} UTC"))
    if node.is_expired(at):
        found.append(chip("Expired"))
    if node.labels.get(LABEL) == YES:
        found.append(chip("Simulated"))
    return found


def came_from(node: Node) -> SafeString:
    """Where it dialled in from, and the version of its program."""
    if not (node.address or node.software_version):
        return NOTHING
    lines = '<span class="c-pair"><span class="f-address">{}</span><span class="c-more">{}</span></span>'
    return format_html(lines, node.address or "–", node.software_version)


def chip(word: str, title: str = "") -> SafeString:
    return format_html('<span class="f-chip"{}>{}</span>', format_html(' title="{}"', title) if title else "", word)


def labels(node: Node) -> SafeString:
    """Each leads to the nodes that have it too."""
    place = reverse("admin:devices_node_changelist")
    shown = [
        (f"{place}?{urlencode({'label': f'{name}:{value}'})}", name, value)
        for name, value in sorted(node.labels.items())
        if name != LABEL
    ]
    if not shown:
        return NOTHING
    chips = format_html_join("", '<a class="f-chip" href="{}">{}: {}</a>', shown)
    return format_html('<span class="f-chips">{}</span>', chips)


def driver(node: Node) -> SafeString:
    return format_html(
        '<span class="f-driver"><span class="material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
        icon_of(node),
        driver_name(node),
    )


def icon_of(node: Node) -> str:
    return drivers.get(node.device_type).icon if drivers.known(node.device_type) else "help"


def driver_name(node: Node) -> str:
    """A driver that was taken out leaves its nodes with their word."""
    return drivers.get(node.device_type).display_name if drivers.known(node.device_type) else node.device_type


def seen(node: Node, at: datetime) -> SafeString:
    then = node.last_seen_at
    if then is None:
        return mark_safe("now" if node.is_connected else "never")  # noqa: S308 a word
    return since(then, at)


def since(then: datetime, at: datetime) -> SafeString:
    exact, said = f"{then:%Y-%m-%d %H:%M:%S} UTC", ago(then, at)
    return format_html('<time class="f-ago" datetime="{}" title="{}">{}</time>', then.isoformat(), exact, said)


def ago(then: datetime, at: datetime) -> str:
    seconds = max(0, int((at - then).total_seconds()))
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def live(node: Node, name: str, content: object) -> SafeString:
    """A cell that the page keeps true by itself."""
    return format_html('<span data-cell="{}.{}">{}</span>', node.pk, name, content)


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
