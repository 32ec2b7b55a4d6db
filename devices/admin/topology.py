"""The topology: the nodes a person sees, and the tunnels between them."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import allows, require
from accounts.authentication import actor_in_console
from devices.access import nodes_for, tunnels_for
from devices.admin import cells
from devices.admin.places import node_place
from devices.admin.tones import tunnel_look
from devices.choices import NodeStatus, View
from devices.models import Node, Tunnel
from devices.services import preferences
from devices.services.simulated import LABEL, YES
from rdos.kernel.actors import Actor
from rdos.kernel.api.rendering import dumps

# More than this is no picture any more.
MOST_NODES = 1000
NEEDED = ("name", "key", "device_type", "status", "status_reason", "labels", "maintenance_until")


@require_safe
def topology(request: HttpRequest) -> HttpResponse:
    actor = actor_in_console(request)
    require(actor, "nodes.read")
    wanted = request.GET.get("view", "")
    facts = {
        "views": View.choices,
        "view": wanted if wanted in View.values else View.GRAPH.value,
        "places": {view: preferences.positions(actor=actor, view=view) for view in View.values},
        "there_are_nodes": nodes_for(actor).exists(),
        "may_add": allows(actor, "nodes.create"),
        "may_tunnel": allows(actor, "tunnels.create"),
        "sees_tunnels": allows(actor, "tunnels.read"),
    }
    return render(request, "console/topology/topology.html", facts)


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Asked for every few seconds by a script."""
    return HttpResponse(dumps(_state(actor_in_console(request), timezone.now())), content_type="application/json")


def _state(actor: Actor, at: datetime) -> dict[str, Any]:
    nodes = nodes_for(actor).only(*NEEDED).order_by("name", "id")[: MOST_NODES + 1]
    shown = [_node(node, at) for node in nodes]
    return {"nodes": shown[:MOST_NODES], "cut": len(shown) > MOST_NODES, "tunnels": _tunnels(actor)}


def _tunnels(actor: Actor) -> list[dict[str, Any]]:
    if not allows(actor, "tunnels.read"):
        return []
    return [_tunnel(tunnel) for tunnel in tunnels_for(actor).prefetch_related("legs").order_by("name", "id")]


def _node(node: Node, at: datetime) -> dict[str, Any]:
    return {
        "id": node.pk,
        "name": node.name,
        "kind": cells.driver_name(node),
        "icon": cells.icon_of(node),
        "tone": cells.tone_of(node, at),
        "word": NodeStatus(node.status).label,
        "reason": node.status_reason,
        "maintenance": node.in_maintenance(at),
        "simulated": node.labels.get(LABEL) == YES,
        "link": node_place(node.pk),
    }


def _tunnel(tunnel: Tunnel) -> dict[str, Any]:
    tone, word = tunnel_look(tunnel)
    return {
        "id": tunnel.pk,
        "name": tunnel.name,
        "tone": tone,
        "word": word,
        "from": tunnel.ingress_node_id,
        "by": tunnel.relay_node_id,
        "to": tunnel.egress_node_id,
        "link": reverse("admin:devices_tunnel_change", args=(tunnel.pk,)),
    }
