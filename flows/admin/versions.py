"""The versions of a flow on its page: what each changed, and how an older one comes back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.authentication import actor_in_console
from flows.admin import picture
from flows.admin.flow_facts import text_of
from flows.choices import RunsOn
from flows.models import Flow, FlowVersion
from flows.services import flows
from flows.services.versions import content_of
from rdos.kernel.console import ModelPage
from rdos.kernel.errors import DomainError

MOST = 50
LISTED = ("id", "number", "message", "restored_from", "created_at", "created_by_label")


def rows(page: ModelPage, flow: Flow) -> list[dict[str, Any]]:
    newest = FlowVersion.objects.filter(flow=flow).only(*LISTED).order_by("-number")[:MOST]
    return [_row(page, flow, version) for version in newest]


def _row(page: ModelPage, flow: Flow, version: FlowVersion) -> dict[str, Any]:
    number = version.number
    difference = f"{page.place('difference', flow.pk)}?before={number - 1}&after={number}" if number > 1 else ""
    return {
        "version": version,
        "place": page.place("version", flow.pk, number),
        "difference": difference,
        "restore": page.place("restore", flow.pk, number) if number != flow.version else "",
    }


def found(flow: Flow, number: int) -> FlowVersion:
    version = FlowVersion.objects.filter(flow=flow, number=number).first() if number < 2**31 else None
    if version is None:
        raise Http404
    return version


def page(page: Any, request: HttpRequest, flow: Flow, number: int) -> HttpResponse:
    version = found(flow, number)
    content = content_of(flow, version)
    facts = {
        "title": f"{flow.name} v{number}",
        "original": flow,
        "version": version,
        # A drawing belongs to the version that was drawn.
        "picture": picture.of(flow.kind, content, flow.canvas if number == flow.version else None),
        "text": text_of(content),
        "back": page.place("change", flow.pk),
        "restore": page.place("restore", flow.pk, number) if number != flow.version else "",
        "deploy": _deploy_place(page, request, flow, number),
        "may_restore": page.has_update_permission(request),
    }
    return page.page(request, "console/flows/version.html", **facts)  # type: ignore[no-any-return] # the theme's


def _deploy_place(page: Any, request: HttpRequest, flow: Flow, number: int) -> str:
    if flow.runs_on != RunsOn.NODE or not page.has_deploy_permission(request):
        return ""
    return f"{page.place('deploy', flow.pk)}?version={number}"


def restore(page: Any, request: HttpRequest, flow: Flow, number: int) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    if not page.has_update_permission(request):
        raise PermissionDenied
    try:
        flow = flows.restore(actor=actor_in_console(request), pk=flow.pk, number=number, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"Version {number} is back, as version {flow.version}.")
    return HttpResponseRedirect(page.place("change", flow.pk))
