"""One node: how it is now, what it was told, what it should be, and when it was here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices import queries
from devices.access import commands_for, node_for
from devices.admin import cells, command_forms, hal_panel, health
from devices.admin.forms import MaintenanceForm
from devices.admin.places import node_place
from devices.admin.tones import command_badge
from devices.choices import OPEN_COMMANDS, UNCONFIRMED
from devices.models import BusNode, Command, Connection, Node
from devices.services import driving, halting
from devices.services.simulated import LABEL
from rdos.kernel import panels
from rdos.kernel.actors import Actor
from rdos.kernel.console import journal_of
from rdos.kernel.figures import lasting
from rdos.kernel.secrecy import mask

COMMANDS_SHOWN, CONNECTIONS_SHOWN = 20, 100
TABS = {
    "now": "",
    "configuration": "/config",
    "connections": "/connections",
    "settings": "/settings",
    "drive": "/drive",
}
# The settings only watch the head, which is part of the first tab's answer.
FRESH = {"configuration": "/config", "connections": "/connections"}


@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    return show(request, actor, node_for(actor, pk))


def show(request: HttpRequest, actor: Actor, node: Node, *, status: int = 200, filled: Any = None) -> HttpResponse:
    """With the form that was refused in place of an empty one."""
    at = timezone.now()
    facts = {
        **frame(actor, node, at, "now"),
        **state(actor, node, at, filled),
        "may_maintain": allows(actor, "nodes.maintain"),
        "keep": request.POST.get("keep", "1d"),
        "maintenance_form": MaintenanceForm(),
    }
    return render(request, "console/fleet/node.html", facts, status=status)


@require_safe
def fresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What changes on the page, asked for every two seconds."""
    actor, at = actor_in_console(request), timezone.now()
    node = node_for(actor, pk)
    facts = {**head(actor, node, at), **state(actor, node, at), "keep": "1d"}
    return render(request, "console/fleet/node_fresh.html", facts)


@require_safe
def connections(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, at = actor_in_console(request), timezone.now()
    node = node_for(actor, pk)
    facts = {**frame(actor, node, at, "connections"), "connections": _spans(actor, node, at)}
    return render(request, "console/fleet/connections.html", facts)


@require_safe
def fresh_connections(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, at = actor_in_console(request), timezone.now()
    node = node_for(actor, pk)
    may = allows(actor, "nodes.credentials")
    facts = {**head(actor, node, at), "connections": _spans(actor, node, at), "may_credentials": may}
    return render(request, "console/fleet/connections_fresh.html", facts)


def _spans(actor: Actor, node: Node, at: datetime) -> list[tuple[Connection, str]]:
    rows = queries.connections_of(actor, node.pk).order_by("-opened_at", "-id")[:CONNECTIONS_SHOWN]
    return [(row, lasting(((row.closed_at or at) - row.opened_at).total_seconds())) for row in rows]


def frame(actor: Actor, node: Node, at: datetime, tab: str) -> dict[str, Any]:
    """What every page of a node has, and where it asks for what changes on it."""
    facts = head(actor, node, at)
    return {
        **facts,
        "tab": tab,
        "home": f"{node_place(node.pk)}{TABS[tab]}",
        "fresh": f"{node_place(node.pk)}{FRESH.get(tab, '')}/fresh",
        "journal": journal_of("node", node.pk) if allows(actor, "journal.read") else "",
        "may_stop": halting.has_robots(actor, node),
        "may_drive": driving.may_drive(actor, node, facts["bus"]),
        "may_update": allows(actor, "nodes.update"),
        "may_configure": allows(actor, "nodes.configure"),
        "may_credentials": allows(actor, "nodes.credentials"),
        "may_delete": allows(actor, "nodes.delete"),
    }


def head(actor: Actor, node: Node, at: datetime) -> dict[str, Any]:
    session = Connection.objects.filter(pk=node.session_id).first() if node.session_id else None
    return {
        "node": node,
        "bus": BusNode.objects.filter(pk=node.pk).first() if node.on_bus else None,
        "may_claim": not node.claimed and allows(actor, "nodes.claim"),
        "state": cells.state(node, at),
        "driver": cells.driver(node),
        "labels": cells.labels(node) if node.labels.keys() - {LABEL} else "",
        "seen": cells.seen(node, at),
        "in_maintenance": node.in_maintenance(at),
        "since": session.opened_at if session else None,
    }


def state(actor: Actor, node: Node, at: datetime, filled: Any = None) -> dict[str, Any]:
    shown, may_command = mask(node.last_health), allows(actor, "commands.create")
    return {
        "may_command": may_command,
        "offers": command_forms.offers(actor, node, at, filled) if may_command else [],
        "keeping": command_forms.KEEPING_WORDS,
        "facts": health.facts(shown, node.status_reason),
        "raw": cells.as_json(shown) if shown else "",
        "metadata": cells.as_json(mask(node.metadata)) if node.on_bus and node.metadata else "",
        "boards": hal_panel.boards(node, at) if node.on_bus else [],
        "panels": panels.filled(panels.NODE_PANELS, actor, at, node.pk),
        "commands": history(actor, node) if allows(actor, "commands.read") else [],
        "may_cancel": allows(actor, "commands.cancel"),
    }


def history(actor: Actor, node: Node) -> list[dict[str, Any]]:
    rows = commands_for(actor).filter(node=node).defer("sealed").order_by("-created_at", "-id")
    return [_command(row) for row in rows[:COMMANDS_SHOWN]]


def _command(row: Command) -> dict[str, Any]:
    arguments = {name: value for name, value in row.action.items() if name != "type"}
    return {
        "row": row,
        "badge": command_badge(row),
        "is_open": row.status in OPEN_COMMANDS,
        "is_failure": row.error_code != UNCONFIRMED,
        "told": [
            (label, cells.as_json(mask(value)))
            for label, value in (
                ("What it was told with", arguments or None),
                ("What came back", row.data),
                ("Details", row.details),
            )
            if value is not None
        ],
    }
