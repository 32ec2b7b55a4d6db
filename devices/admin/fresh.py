"""What the list asks for again and again: the cells that change, and whether nodes came that it does not show yet."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.authentication import actor_in_console
from devices.access import nodes_for
from devices.admin import cells
from devices.admin.filters import is_uuid
from rdos.kernel.actors import Actor

# A page of the list holds fifty.
MOST_ROWS = 200
MOST_NEW = 100


def place_of(ids: Iterable[UUID], at: datetime) -> str:
    return "/nodes/fresh?" + urlencode([("since", at.isoformat()), *(("id", str(pk)) for pk in ids)])


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
            ("address", cells.came_from(node)),
        )
    ]
    facts = {"cells": found, "number": _new(actor, request.GET.get("since", ""))}
    return render(request, "console/fleet/cells.html", facts)


def _new(actor: Actor, since: str) -> int:
    """Rows never come by themselves: somebody may be about to press on one."""
    try:
        moment = parse_datetime(since)
    except ValueError:
        return 0
    if moment is None or timezone.is_naive(moment):
        return 0
    return nodes_for(actor).filter(created_at__gt=moment).order_by().values("pk")[:MOST_NEW].count()
