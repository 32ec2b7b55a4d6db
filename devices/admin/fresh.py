"""What pages ask for again and again: the cells that change."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.authentication import actor_in_console
from devices.access import nodes_for
from devices.admin import cells
from devices.admin.filters import is_uuid

# A page of the list holds fifty.
MOST_ROWS = 200


@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """Of the nodes that a list shows now, as far as this person sees them."""
    actor, at = actor_in_console(request), timezone.now()
    require(actor, "nodes.read")
    ids = [UUID(text) for text in request.GET.getlist("id")[:MOST_ROWS] if is_uuid(text)]
    shown = nodes_for(actor).filter(pk__in=ids).defer("metadata", "last_health", "denied_commands")
    found = [
        cells.live(node, name, content)
        for node in shown
        for name, content in (
            ("state", cells.state(node, at)),
            ("seen", cells.seen(node, at)),
            ("version", node.software_version or "–"),
            ("address", node.address or "–"),
        )
    ]
    return render(request, "console/fleet/cells.html", {"cells": found})
