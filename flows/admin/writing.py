"""Flows are written here: a new one, and the next version of one that is there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.authentication import actor_in_console
from flows.access import flow_for
from flows.admin import crossing
from flows.admin.definition_fields import beginnings, written_out
from flows.admin.flow_forms import FIELDS, EditFlowForm, FlowForm, NewFlowForm
from flows.choices import FlowKind
from flows.errors import EditedMeanwhile
from flows.models import Flow
from flows.services import flows
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError

TEMPLATE = "console/flows/write.html"


def add(page: Any, request: HttpRequest) -> HttpResponse:
    if not page.has_add_permission(request):
        raise PermissionDenied
    begun = beginnings()
    form = NewFlowForm(*_sent(request), initial={**_born(), "definition": begun[FlowKind.GRAPH]})
    if request.method == "POST" and form.is_valid():
        try:
            flow = _create(request, form)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{flow.name} is there now. It does nothing until you start it.")
            return HttpResponseRedirect(page.place("change", flow.pk))
    facts = {"title": "Add a flow", "form": form, "beginnings": begun, "back": page.place("changelist")}
    return page.page(request, TEMPLATE, **facts)  # type: ignore[no-any-return] # the theme's


def _sent(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _born() -> dict[str, Any]:
    return {name: getattr(Flow(), name) for name in FIELDS if name != "runs_on"}


def _create(request: HttpRequest, form: FlowForm) -> Flow:
    given = form.cleaned_data
    fields = {name: given[name] for name in FIELDS if name != "runs_on" or given[name]}
    return flows.create(
        actor=actor_in_console(request),
        kind=given["kind"],
        content=given["content"],
        message=given["message"],
        **fields,
    )


def edit(page: Any, request: HttpRequest, flow: Flow) -> HttpResponse:
    if not page.has_update_permission(request):
        raise PermissionDenied
    met = None
    form = EditFlowForm(flow.kind, *_sent(request), initial=crossing.facts(flow))
    if request.method == "POST" and form.is_valid():
        try:
            return _save(page, request, flow, form)
        except EditedMeanwhile:
            flow = flow_for(actor_in_console(request), flow.pk, "flows.update")
            form, met = crossing.met(flow, form)
        except DomainError as error:
            refuse(form, error)
    facts = {"title": f"Edit {flow.name}", "original": flow, "form": form, "met": met}
    places = {"back": page.place("change", flow.pk), "again": page.place("edit", flow.pk)}
    return page.page(request, TEMPLATE, **facts, **places)  # type: ignore[no-any-return] # the theme's


def _save(page: Any, request: HttpRequest, flow: Flow, form: EditFlowForm) -> HttpResponse:
    given, number, revision = form.cleaned_data, flow.version, flow.revision
    is_same = given["text"] == written_out(flow, crossing.version_seen(flow, form))
    saved = flows.update(
        actor=actor_in_console(request),
        pk=flow.pk,
        at=timezone.now(),
        fields=form.changed_fields(),
        content=None if is_same else given["content"],
        message=given["message"],
        seen=given["seen"],
    )
    messages.success(request, _said(saved, number, revision))
    return HttpResponseRedirect(page.place("change", flow.pk))


def _said(flow: Flow, number: int, revision: int) -> str:
    if flow.version != number:
        return f"Version {flow.version} is there."
    return "Nothing was different, so nothing was changed." if flow.revision == revision else "It was changed."
