"""What a node is called, where it belongs, and what nobody may tell it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.authentication import actor_in_console
from devices.access import node_for
from devices.admin.forms import NodeSettingsForm
from devices.admin.node_page import frame
from devices.admin.places import node_place
from devices.models import Node
from devices.services import nodes
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError


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
    facts = frame(actor, node, timezone.now(), "settings")
    return render(request, "console/fleet/settings.html", facts | {"form": form})


def _changed(form: NodeSettingsForm, node: Node) -> dict[str, object]:
    """Only what differs, so that an unchanged date of the past is no mistake."""
    before, given = NodeSettingsForm.facts(node), dict(form.cleaned_data)
    # The form knows minutes only.
    if before["expires_at"] and given["expires_at"] == before["expires_at"].replace(second=0, microsecond=0):
        del given["expires_at"]
    return {name: value for name, value in given.items() if value != before[name]}
