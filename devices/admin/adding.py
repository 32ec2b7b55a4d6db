"""A new node: what it is, then the one line that makes it appear, then the moment it does."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require
from accounts.authentication import actor_in_console
from devices import drivers
from devices.access import node_for
from devices.admin import cells
from devices.admin.forms import NewNodeForm
from devices.models import Node
from devices.services import nodes, tokens
from rdos.kernel.actors import Actor
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError

FIRST = "agent"
SENTENCES = {
    "edge": "An encoder that carries media flows and the ends of tunnels.",
    "relay": "A server that joins two ends of a tunnel that cannot reach each other.",
    "gateway": "Speaks for other equipment, in words of its own.",
    "robot": "A machine that works or moves, with our agent on board.",
    "agent": "Any computer with Python: one line starts it.",
    "esp32": "A microcontroller on wheels.",
    "generic": "Anything else that dials in; every command is passed on.",
}
# These come with a program of their own, which asks for an address and a token.
OWN_PROGRAM = frozenset({"edge", "relay", "gateway", "esp32"})


@dataclass(frozen=True)
class Card:
    device_type: str
    name: str
    icon: str
    sentence: str


def cards() -> list[Card]:
    found = [
        Card(one.device_type, one.display_name, one.icon, SENTENCES.get(one.device_type, "Described by this hub."))
        for one in drivers.all_drivers()
    ]
    return sorted(found, key=lambda card: card.device_type != FIRST)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    actor = actor_in_console(request)
    require(actor, "nodes.create")
    form = NewNodeForm(request.POST if request.method == "POST" else None, initial={"device_type": FIRST})
    if form.is_valid():
        try:
            node, token = nodes.create(actor=actor, at=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            return show_token(request, node, token)
    return render(request, "console/fleet/add.html", {"form": form, "cards": cards()})


def show_token(request: HttpRequest, node: Node, token: str) -> HttpResponse:
    """This once. Nothing keeps it but this page."""
    hub = f"{request.scheme}://{request.get_host()}"
    facts = {
        "node": node,
        "token": token,
        "line": "" if node.device_type in OWN_PROGRAM else tokens.install_line(hub, token),
        "socket": f"{'wss' if request.scheme == 'https' else 'ws'}://{request.get_host()}/ws/node",
        "driver": cells.driver(node),
        **_awaited(node),
    }
    return render(request, "console/fleet/token.html", facts)


@require_safe
def awaited(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whether it is here yet, asked for by the page that shows its token."""
    actor: Actor = actor_in_console(request)
    return render(request, "console/fleet/awaited.html", _awaited(node_for(actor, pk)))


def _awaited(node: Node) -> dict[str, object]:
    return {"node": node, "state": cells.state(node, timezone.now())}
