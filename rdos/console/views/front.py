"""The front page: what needs attention now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import queries
from accounts.access import allows
from accounts.authentication import actor_in_console
from accounts.models import User
from accounts.services import second_factors
from devices.models import Node
from devices.services import halting
from devices.services.simulated import simulated
from rdos.console import versions
from rdos.console.pages import signed_in
from rdos.kernel import panels
from rdos.kernel.actors import Actor
from rdos.kernel.models import JournalEntry
from rdos.kernel.panels import Attention, Level, Light

RECENT = 8


@dataclass(frozen=True)
class Step:
    """Something worth doing on a quiet hub."""

    icon: str
    title: str
    text: str
    link: str


@require_safe
@signed_in
def front(request: HttpRequest) -> HttpResponse:
    actor, at = actor_in_console(request), timezone.now()
    beside = {"versions": versions.known(), "steps": list(_steps(actor, at)), "may_stop": halting.has_robots(actor)}
    facts = _state(actor, at) | beside
    return render(request, "console/front.html", facts)


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """What changes on the front page, asked for every few seconds."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return render(request, "console/front_live.html", _state(actor_in_console(request), timezone.now()))


def _state(actor: Actor, at: datetime) -> dict[str, Any]:
    lights: list[Light] = panels.filled(panels.LIGHTS, actor, at)
    attention = [*_dark(lights), *panels.filled(panels.ATTENTION, actor, at)]
    attention.sort(key=lambda item: item.level)
    figures = panels.filled(panels.FIGURES, actor, at)
    return {"lights": lights, "figures": figures, "attention": attention, "entries": _recent(actor)}


def _dark(lights: list[Light]) -> Iterator[Attention]:
    for light in lights:
        if not light.healthy:
            title = f"{light.name}: {light.word.lower()}"
            yield Attention(f"light-{light.name}", Level.CRITICAL, title, light.text)


def _recent(actor: Actor) -> list[JournalEntry] | None:
    if not allows(actor, "journal.read"):
        return None
    return list(JournalEntry.objects.order_by("-id")[:RECENT])


def _steps(actor: Actor, at: datetime) -> Iterator[Step]:
    user = User.objects.get(pk=actor.id)
    if _may_add_the_first_node(actor):
        text = "One line on its machine, and it appears here."
        yield Step("add_circle", "Add your first node", text, "/nodes/add")
    if not second_factors.is_on(user):
        text = "An authenticator app makes a stolen password useless."
        yield Step("verified_user", "Turn on your second factor", text, "/account/second-factor")
    if allows(actor, "users.create") and User.objects.count() == 1:
        text = "Everybody gets their own, with the role they need."
        yield Step("group_add", "Make accounts for your team", text, "/console/accounts/user/add/")
    if allows(actor, "tokens.create") and not queries.tokens_of(actor).filter(owner=user, revoked_at=None).exists():
        text = "Scripts and frontends reach the API with one; you can revoke it any time."
        yield Step("key", "Make a token for a program", text, "/account#tokens")


def _may_add_the_first_node(actor: Actor) -> bool:
    """Whoever sees some nodes only would not see a new one."""
    virtual = simulated(Node.objects.all()).values("pk")
    may_add = allows(actor, "nodes.create") and actor.node_ids is None
    return may_add and not Node.objects.exclude(pk__in=virtual).exists()
