"""A flow is brought to nodes and taken away from them, by hand."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.authentication import actor_in_console
from flows.access import deployments_for
from flows.admin.target_forms import KEEPING, DeployForm, UndeployForm
from flows.choices import LIVE_DEPLOYMENTS
from flows.models import Deployment, Flow
from flows.services import deployments
from flows.services.deployments import Told
from flows.services.targets import Choice
from rdos.kernel.actors import Actor
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError

TEMPLATE = "console/flows/deploy.html"
# The first of those who were not told; the rest is a number.
MOST_NAMED = 8


def deploy(page: Any, request: HttpRequest, flow: Flow) -> HttpResponse:
    insist_deploys(page, request)
    actor = actor_in_console(request)
    begun = {"version": request.GET.get("version", "")}
    form = DeployForm(actor, flow, request.POST if request.method == "POST" else None, initial=begun)
    if request.method == "POST" and form.is_valid():
        try:
            _tell(request, _deploy(actor, flow, form), "told to have it")
        except DomainError as error:
            refuse(form, error)
        else:
            return HttpResponseRedirect(page.place("change", flow.pk))
    text = "Each node is told at once, or when it is back. What each says of it stands on the page of the flow."
    return _asked(page, request, flow, form, title=f"Deploy {flow.name}", text=text, button="Deploy it")


def _deploy(actor: Actor, flow: Flow, form: DeployForm) -> Told:
    given = form.cleaned_data
    how: dict[str, Any] = {"version": given["version"], "ttl": KEEPING[given["keep"]], "force": given["force"]}
    return deployments.deploy(actor=actor, pk=flow.pk, at=timezone.now(), choice=form.choice(), **how)


def undeploy(page: Any, request: HttpRequest, flow: Flow) -> HttpResponse:
    insist_deploys(page, request)
    actor = actor_in_console(request)
    form = UndeployForm(actor, _where_it_is(actor, flow), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        ttl = KEEPING[form.cleaned_data["keep"]]
        how: dict[str, Any] = {"choice": form.choice(), "ttl": ttl}
        try:
            _tell(request, deployments.undeploy(actor=actor, pk=flow.pk, at=timezone.now(), **how), "told to drop it")
        except DomainError as error:
            refuse(form, error)
        else:
            return HttpResponseRedirect(page.place("change", flow.pk))
    text = "These nodes drop it. Its versions and runs stay, and it can be deployed again."
    shown = {"title": f"Take {flow.name} away", "text": text, "button": "Take it away", "is_dangerous": True}
    return _asked(page, request, flow, form, **shown)


def _where_it_is(actor: Actor, flow: Flow) -> list[tuple[str, str]]:
    live = deployments_for(actor).filter(flow=flow, status__in=LIVE_DEPLOYMENTS).order_by("node__name", "id")
    return [(str(pk), f"{name} ({key})") for pk, name, key in live.values_list("node_id", "node__name", "node__key")]


def _asked(page: Any, request: HttpRequest, flow: Flow, form: object, **facts: Any) -> HttpResponse:
    back = page.place("change", flow.pk)
    return page.page(request, TEMPLATE, original=flow, form=form, back=back, **facts)  # type: ignore[no-any-return]


def insist_deploys(page: Any, request: HttpRequest) -> None:
    if not page.has_deploy_permission(request):
        raise PermissionDenied


def again(page: Any, request: HttpRequest, flow: Flow, deployment: UUID) -> HttpResponse:
    """One node is told once more."""
    row = _row(page, request, flow, deployment)
    actor, at = actor_in_console(request), timezone.now()
    return _pressed(page, request, flow, lambda: deployments.retry(actor=actor, pk=row.pk, at=at), "told again")


def away(page: Any, request: HttpRequest, flow: Flow, deployment: UUID) -> HttpResponse:
    """One node drops it."""
    row = _row(page, request, flow, deployment)
    whole: dict[str, Any] = {"pk": flow.pk, "at": timezone.now(), "choice": Choice(node_ids=[row.node_id])}
    actor = actor_in_console(request)
    return _pressed(page, request, flow, lambda: deployments.undeploy(actor=actor, **whole), "told to drop it")


def _row(page: Any, request: HttpRequest, flow: Flow, pk: UUID) -> Deployment:
    if request.method != "POST":
        raise Http404
    insist_deploys(page, request)
    row = deployments_for(actor_in_console(request)).filter(flow=flow, pk=pk).first()
    if row is None:
        raise Http404
    return row


def _pressed(page: Any, request: HttpRequest, flow: Flow, verb: Any, done: str) -> HttpResponse:
    try:
        _tell(request, verb(), done)
    except DomainError as error:
        messages.error(request, error.detail)
    return HttpResponseRedirect(page.place("change", flow.pk))


def roll_back(request: HttpRequest, flow: Flow) -> str:
    told = deployments.rollback(actor=actor_in_console(request), pk=flow.pk, at=timezone.now())
    _name_skipped(request, told)
    return _count(told, "told to go back")


def _tell(request: HttpRequest, told: Told, done: str) -> None:
    if told.deployments or not (told.skipped or told.awaited):
        messages.success(request, _count(told, done))
    for one in told.awaited[:MOST_NAMED]:
        messages.info(request, f"{one.node_key} is awaited: it gets the flow when it comes.")
    _name_skipped(request, told)


def _count(told: Told, done: str) -> str:
    number = len(told.deployments)
    return f"1 node is {done}." if number == 1 else f"{number} nodes are {done}."


def _name_skipped(request: HttpRequest, told: Told) -> None:
    for one in told.skipped[:MOST_NAMED]:
        messages.warning(request, f"{one['node_name'] or 'A node'}: {one['reason']}")
    if len(told.skipped) > MOST_NAMED:
        messages.warning(request, f"And {len(told.skipped) - MOST_NAMED} more were not told.")
