"""The configuration of a node: what is wanted, what it reports, where they differ, and what a person does about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices import redaction
from devices.access import node_for
from devices.admin.cells import as_json
from devices.admin.forms import DesiredForm, PolicyForm
from devices.admin.node_page import frame, head
from devices.admin.places import node_place
from devices.choices import Side, TwinPolicy
from devices.drift import DIFFERENT, EXTRA, MISSING, Difference
from devices.models import ConfigVersion, Node, Twin
from devices.services import config_versions, configuring, healing, twins
from rdos.kernel.actors import Actor
from rdos.kernel.console import badge, refuse
from rdos.kernel.errors import DomainError

KINDS = {EXTRA: ("warn", "Extra"), MISSING: ("bad", "Missing"), DIFFERENT: ("info", "Different")}


@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    return _show(request, actor, node_for(actor, pk))


@require_safe
def fresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What changes while somebody looks; what they are writing does not."""
    actor = actor_in_console(request)
    node = node_for(actor, pk)
    facts = {**head(actor, node, timezone.now()), **_state(actor, node)}
    return render(request, "console/fleet/configuration_fresh.html", facts)


def _show(request: HttpRequest, actor: Actor, node: Node, **forms: Form) -> HttpResponse:
    state = _state(actor, node)
    policy = PolicyForm(initial={"policy": state["twin"].policy})
    facts = {**frame(actor, node, timezone.now(), "configuration"), **state, "policy_form": policy}
    return render(request, "console/fleet/configuration.html", facts | forms)


def _state(actor: Actor, node: Node) -> dict[str, Any]:
    twin = Twin.objects.filter(node=node).first() or Twin(node=node, policy=TwinPolicy.REPORT)
    desired, reported = (config_versions.latest(node.pk, side) for side in (Side.DESIRED, Side.REPORTED))
    secrets = allows(actor, "nodes.configure")
    wanted, present = _shown(desired, secrets), _shown(reported, secrets)
    begun_with = wanted or present
    return {
        "twin": twin,
        "desired": wanted,
        "reported": present,
        "desired_form": DesiredForm(initial={"desired": begun_with["content"] if begun_with else {}}),
        "both": desired is not None and reported is not None,
        "drift": [_told(one) for one in healing.differences_of(twin)],
        "may_configure": secrets,
    }


def _shown(version: ConfigVersion | None, secrets: bool) -> dict[str, Any] | None:
    return {"row": version, "content": as_json(_content(version, secrets))} if version else None


def _told(one: Difference) -> dict[str, Any]:
    sides = {side: as_json(one[side]) for side in ("desired", "reported") if side in one}
    return one | sides | {"badge": badge(*KINDS[one["kind"]])}


def _content(version: ConfigVersion, secrets: bool) -> Any:
    return redaction.shown(config_versions.content_of(version), secrets=secrets)


@require_POST
def desire(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, form = actor_in_console(request), DesiredForm(request.POST)
    node = node_for(actor, pk, "nodes.configure")
    if form.is_valid():
        wanted = form.cleaned_data["desired"]
        try:
            twins.set_desired(actor=actor, node=node, config=wanted, at=timezone.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, "That is what is desired of it from now on.")
            return _back(pk)
    return _show(request, actor, node, desired_form=form)


@require_POST
def choose_policy(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, form = actor_in_console(request), PolicyForm(request.POST)
    node = node_for(actor, pk, "nodes.configure")
    if form.is_valid():
        twins.update(actor=actor, node=node, policy=form.cleaned_data["policy"], at=timezone.now())
        messages.success(request, "The choice is kept.")
        return _back(pk)
    return _show(request, actor, node, policy_form=form)


@require_POST
def adopt(request: HttpRequest, pk: UUID) -> HttpResponse:
    done = "What the node reports is desired from now on."
    return _do(request, pk, done, lambda actor, node: twins.adopt(actor=actor, node=node, at=timezone.now()))


@require_POST
def send_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    done = "The desired configuration is on its way."
    return _do(request, pk, done, lambda actor, node: twins.heal(actor=actor, node=node, at=timezone.now()))


@require_POST
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    done = "The node is asked. What it reports appears below by itself."
    return _do(request, pk, done, lambda actor, node: configuring.ask(actor=actor, node=node, at=timezone.now()))


def _do(request: HttpRequest, pk: UUID, done: str, verb: Callable[[Actor, Node], object]) -> HttpResponse:
    actor = actor_in_console(request)
    node = node_for(actor, pk, "nodes.configure")
    try:
        verb(actor, node)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, done)
    return _back(pk)


def _back(pk: UUID) -> HttpResponse:
    return HttpResponseRedirect(f"{node_place(pk)}/config", status=303)
