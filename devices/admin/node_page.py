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
from devices.admin import cells, command_forms, health
from devices.admin.forms import MaintenanceForm
from devices.admin.tones import command_badge
from devices.choices import OPEN_COMMANDS
from devices.models import Command, Connection, Node
from rdos.kernel import panels
from rdos.kernel.actors import Actor
from rdos.kernel.console import journal_of
from rdos.kernel.figures import lasting
from rdos.kernel.secrecy import mask

COMMANDS_SHOWN, CONNECTIONS_SHOWN = 20, 100


@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    return show(request, actor, node_for(actor, pk))


def show(request: HttpRequest, actor: Actor, node: Node, *, status: int = 200, filled: Any = None) -> HttpResponse:
    """With the form that was refused in place of an empty one."""
    at = timezone.now()
    may = {"command": allows(actor, "commands.create"), "maintain": allows(actor, "nodes.maintain")}
    facts = {
        **frame(actor, node, at, "now"),
        **state(actor, node, at),
        "may": may,
        "offers": command_forms.offers(actor, node, at, filled) if may["command"] else [],
        "keeping": command_forms.KEEPING_WORDS,
        "keep": request.POST.get("keep", "1d"),
        "maintenance_form": MaintenanceForm(),
    }
    return render(request, "console/fleet/node.html", facts, status=status)


@require_safe
def fresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What changes on the page, asked for every two seconds."""
    actor, at = actor_in_console(request), timezone.now()
    node = node_for(actor, pk)
    return render(request, "console/fleet/node_fresh.html", {**head(node, at), **state(actor, node, at)})


@require_safe
def connections(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, at = actor_in_console(request), timezone.now()
    node = node_for(actor, pk)
    rows = queries.connections_of(actor, node.pk).order_by("-opened_at", "-id")[:CONNECTIONS_SHOWN]
    spans = [(row, lasting(((row.closed_at or at) - row.opened_at).total_seconds())) for row in rows]
    return render(
        request, "console/fleet/connections.html", {**frame(actor, node, at, "connections"), "connections": spans}
    )


def frame(actor: Actor, node: Node, at: datetime, tab: str) -> dict[str, Any]:
    """What every page of a node has."""
    return {
        **head(node, at),
        "tab": tab,
        "journal": journal_of("node", node.pk) if allows(actor, "journal.read") else "",
        "may_update": allows(actor, "nodes.update"),
        "may_configure": allows(actor, "nodes.configure"),
        "may_credentials": allows(actor, "nodes.credentials"),
        "may_delete": allows(actor, "nodes.delete"),
    }


def head(node: Node, at: datetime) -> dict[str, Any]:
    session = Connection.objects.filter(pk=node.session_id).first() if node.session_id else None
    return {
        "node": node,
        "state": cells.state(node, at),
        "driver": cells.driver(node),
        "labels": cells.labels(node) if node.labels else "",
        "seen": cells.seen(node, at),
        "in_maintenance": node.in_maintenance(at),
        "since": session.opened_at if session else None,
    }


def state(actor: Actor, node: Node, at: datetime) -> dict[str, Any]:
    shown = mask(node.last_health)
    return {
        "facts": health.facts(shown),
        "raw": cells.as_json(shown) if shown is not None else "–",
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
        "badge": command_badge(row.status),
        "is_open": row.status in OPEN_COMMANDS,
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
