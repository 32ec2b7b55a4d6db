"""What one does to a node from its page. What cannot be taken back is asked on a page of its own."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.authentication import actor_in_console
from devices.access import node_for
from devices.admin.adding import show_token
from devices.admin.forms import MaintenanceForm
from devices.admin.places import node_place
from devices.models import Node
from devices.services import maintenance, nodes, simulated, telling, tokens
from devices.services.actions import ROTATE
from rdos.kernel.console import Question
from rdos.kernel.errors import DomainError

NEW_TOKEN = Question(
    "Issue a new token",
    "What the node had before is worthless at once: it is cut off until somebody gives it the new token.",
    "Issue a new token",
)
ROTATION = Question(
    "Give it another secret",
    "The node takes the new secret over by itself. Until it has shown it, the old one stays good.",
    "Give it another secret",
)
DELETION = Question(
    "Delete this node",
    "Its commands, configurations, events and measurements go with it. The journal keeps what happened.",
    "Delete",
)


def asked(request: HttpRequest, ask: Question, back: str, node: Node | None = None) -> HttpResponse:
    return render(request, "console/fleet/question.html", {"ask": ask, "node": node, "back": back})


@require_POST
def begin_maintenance(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, form, at = actor_in_console(request), MaintenanceForm(request.POST), timezone.now()
    if form.is_valid():
        until, reason = at + form.cleaned_data["lasts"], form.cleaned_data["reason"]
        maintenance.begin(actor=actor, pk=pk, until=until, reason=reason, at=at)
        messages.success(request, "Maintenance has begun.")
    else:
        messages.error(request, "Say for how long, and the reason in at most 256 characters.")
    return HttpResponseRedirect(node_place(pk), status=303)


@require_POST
def end_maintenance(request: HttpRequest, pk: UUID) -> HttpResponse:
    maintenance.end(actor=actor_in_console(request), pk=pk, at=timezone.now())
    messages.success(request, "Maintenance is over.")
    return HttpResponseRedirect(node_place(pk), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def new_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    node = node_for(actor, pk, "nodes.credentials")
    if request.method != "POST":
        return asked(request, NEW_TOKEN, node_place(pk), node)
    token = tokens.issue(actor=actor, pk=pk, at=timezone.now())
    node.refresh_from_db()
    return show_token(request, node, token)


@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    node = node_for(actor, pk, "nodes.credentials")
    if request.method != "POST":
        return asked(request, ROTATION, node_place(pk), node)
    try:
        telling.tell(actor=actor, node=node, action={"type": ROTATE}, at=timezone.now(), wait=None)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        there = node.is_connected
        messages.success(request, f"The new secret {'is on its way' if there else 'waits for the node'}.")
    return HttpResponseRedirect(node_place(pk), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    node = node_for(actor, pk, "nodes.delete")
    if request.method != "POST":
        return asked(request, DELETION, node_place(pk), node)
    nodes.delete(actor=actor, pk=pk, at=timezone.now())
    messages.success(request, f"{node.name} is deleted.")
    return HttpResponseRedirect(reverse("admin:devices_node_changelist"), status=303)


@require_POST
def remove_simulated(request: HttpRequest) -> HttpResponse:
    """Without a question: nothing real goes, and a new virtual fleet is one command away."""
    removed = simulated.remove_simulated(actor=actor_in_console(request), at=timezone.now())
    messages.success(request, f"{removed} simulated node{'' if removed == 1 else 's'} removed.")
    return HttpResponseRedirect(reverse("admin:devices_node_changelist"), status=303)
