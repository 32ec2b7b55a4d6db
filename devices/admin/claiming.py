"""A device that was found on the bus becomes ours, or is forgotten."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.authentication import actor_in_console
from devices.access import node_for
from devices.admin.verbs import asked
from devices.services import bus_forgetting, bus_nodes
from rdos.kernel.console import Question, badge
from rdos.kernel.errors import DomainError
from rdos.kernel.live_page import PART

FORGETTING = Question(
    "Forget this device",
    "For a device of somebody else. When it speaks on the bus again, it is found again.",
    "Forget it",
)


@require_POST
def claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A row of the list is answered for itself: who claims many stays where they are."""
    if request.headers.get(PART) == "row":
        return _in_its_row(request, pk)
    node = bus_nodes.claim(actor=actor_in_console(request), pk=pk, at=timezone.now())
    messages.success(request, f"{node.name} is claimed.")
    return HttpResponseRedirect(_inbox(), status=303)


def _in_its_row(request: HttpRequest, pk: UUID) -> HttpResponse:
    try:
        bus_nodes.claim(actor=actor_in_console(request), pk=pk, at=timezone.now())
    except DomainError as error:
        return HttpResponse(badge("bad", error.detail), status=error.status)
    return HttpResponse(badge("good", "Claimed"))


@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    node = node_for(actor, pk, "nodes.delete")
    if request.method != "POST":
        return asked(request, FORGETTING, _inbox(), node)
    bus_forgetting.forget(actor=actor, pk=pk, at=timezone.now())
    messages.success(request, f"{node.name} is forgotten.")
    return HttpResponseRedirect(_inbox(), status=303)


def _inbox() -> str:
    return reverse("admin:devices_busnode_changelist")
