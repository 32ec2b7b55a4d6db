"""A device's own credential on the bus, given and withdrawn from its page."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.authentication import actor_in_console
from devices.access import node_for
from devices.admin.places import node_place
from devices.admin.verbs import asked
from devices.services import bus_credentials
from rdos.kernel.console import Question
from rdos.kernel.errors import DomainError

GIVING = Question(
    "Give it a credential of its own",
    "Anonymous devices can then no longer speak in its name, nor hear what it is told. If it has one already, that one "
    "is worthless at once. It hears motion on hal.v1.motor.cmd.{key} only. Firmware that listens on hal.v1.motor.cmd "
    "still reports and still stops, but does not drive any more.",
    "Give it a credential",
)
WITHDRAWAL = Question(
    "Withdraw its credential",
    "Its connections end, and it is one of the anonymous again: any device may speak in its name.",
    "Withdraw it",
)


@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, back = actor_in_console(request), node_place(pk)
    node = node_for(actor, pk, "nodes.credentials")
    if request.method != "POST":
        return asked(request, Question(GIVING.title, GIVING.text.format(key=node.key), GIVING.button), back, node)
    try:
        issued = bus_credentials.issue(actor=actor, pk=pk, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.detail)
        return HttpResponseRedirect(back, status=303)
    return render(request, "console/fleet/bus_credential.html", {"node": node, "issued": issued, "back": back})


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, back = actor_in_console(request), node_place(pk)
    node = node_for(actor, pk, "nodes.credentials")
    if request.method != "POST":
        return asked(request, WITHDRAWAL, back, node)
    try:
        bus_credentials.withdraw(actor=actor, pk=pk, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "Its credential is withdrawn.")
    return HttpResponseRedirect(back, status=303)
