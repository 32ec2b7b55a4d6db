"""Views of the node list that a person keeps: a name, and the filters as they stand in the address."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.authentication import actor_in_console
from devices.admin.filters import PARAMETERS
from devices.models import Preference
from devices.services import preferences
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput

KEY = "node_views"
MOST, LONGEST_NAME, LONGEST_QUERY = 30, 60, 2000


@dataclass(frozen=True)
class SavedView:
    name: str
    query: str


def kept(actor: Actor) -> list[SavedView]:
    """Whatever stands there: an older page, or a program, may have written something else."""
    row = Preference.objects.filter(user=actor.user_id, key=KEY).first()
    found = _read(row.value) if row else []
    rows = found if isinstance(found, list) else []
    return [SavedView(str(one["name"]), known(str(one["query"]))) for one in rows if _is_view(one)]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _is_view(one: object) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("name"), str) and isinstance(one.get("query"), str)


def known(query: str) -> str:
    """Only the filters of the list, in one order, so that the same view is the same text."""
    given = QueryDict(query[:LONGEST_QUERY])
    chosen = QueryDict(mutable=True)
    for name in PARAMETERS:
        if given.get(name):
            chosen[name] = str(given[name])
    return chosen.urlencode()


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    actor, name, query = actor_in_console(request), request.POST.get("name", "").strip(), request.POST.get("query", "")
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(f"A view has a name of 1–{LONGEST_NAME} characters.")
    others = [one for one in kept(actor) if one.name.lower() != name.lower()]
    _write(actor, [*others, SavedView(name, known(query))][-MOST:])
    return _back(known(query))


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    actor, name = actor_in_console(request), request.POST.get("name", "")
    _write(actor, [one for one in kept(actor) if one.name != name])
    return _back(known(request.POST.get("query", "")))


def _write(actor: Actor, views: list[SavedView]) -> None:
    rows = [{"name": one.name, "query": one.query} for one in sorted(views, key=lambda one: one.name.lower())]
    preferences.keep(actor=actor, key=KEY, value=json.dumps(rows, ensure_ascii=False))


def _back(query: str) -> HttpResponse:
    place = reverse("admin:devices_node_changelist")
    return HttpResponseRedirect(f"{place}?{query}" if query else place, status=303)
