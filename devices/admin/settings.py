"""What a node is called, where it belongs, what nobody may tell it, and where its Node-RED lies."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.authentication import actor_in_console
from devices.access import node_for
from devices.admin.forms import NodeRedForm, NodeSettingsForm
from devices.admin.node_page import frame
from devices.admin.places import node_place
from devices.models import Node
from devices.services import nodes
from devices.services.node_red import address
from rdos.kernel.actors import Actor
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError
from rdos.kernel.forms import PageForm


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    node = node_for(actor, pk, "nodes.update")
    form = NodeSettingsForm(request.POST if request.method == "POST" else None, initial=NodeSettingsForm.facts(node))
    if form.is_valid():
        try:
            nodes.update(actor=actor, pk=pk, at=timezone.now(), **_changed(form, node))
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{form.cleaned_data['name']} was changed.")
            return HttpResponseRedirect(f"{node_place(pk)}/settings", status=303)
    return _shown(request, actor, node, form=form)


@require_POST
def node_red(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    node = node_for(actor, pk, "nodes.update")
    form = NodeRedForm(address.bus_of(actor, pk), request.POST)
    if form.is_valid():
        try:
            address.place(actor=actor, pk=pk, at=timezone.now(), **form.said())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, f"Where the Node-RED of {node.name} lies was saved.")
            return HttpResponseRedirect(f"{node_place(pk)}/settings", status=303)
    return _shown(request, actor, node, node_red_form=form)


def _shown(request: HttpRequest, actor: Actor, node: Node, **forms: PageForm) -> HttpResponse:
    """With its forms as they are, or as somebody filled one of them in."""
    facts = frame(actor, node, timezone.now(), "settings")
    bus = facts["bus"]
    fresh: dict[str, PageForm] = {"form": NodeSettingsForm(initial=NodeSettingsForm.facts(node))}
    fresh |= {"node_red_form": NodeRedForm(bus)} if bus else {}
    return render(request, "console/fleet/settings.html", facts | fresh | forms)


def _changed(form: NodeSettingsForm, node: Node) -> dict[str, object]:
    """Only what differs, so that an unchanged date of the past is no mistake."""
    before, given = NodeSettingsForm.facts(node), dict(form.cleaned_data)
    # The form knows minutes only.
    if before["expires_at"] and given["expires_at"] == before["expires_at"].replace(second=0, microsecond=0):
        del given["expires_at"]
    return {name: value for name, value in given.items() if value != before[name]}
