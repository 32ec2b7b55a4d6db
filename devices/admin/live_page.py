"""A page about one row that stays true while somebody looks at it, with buttons that each call one verb."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path

from rdos.kernel.console import ModelPage, ReadOnlyPage
from rdos.kernel.errors import DomainError
from rdos.kernel.secrecy import mask

# Says what was done, and where to go then; nowhere means back to the row.
Verb = Callable[[Any, HttpRequest, Any], tuple[str, str]]


@dataclass(frozen=True)
class Button:
    name: str
    word: str
    address: str
    dangerous: bool = False


class LivePage(ModelPage):
    live_template = ""
    verbs: ClassVar[dict[str, Verb]] = {}

    def live_facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What may change while somebody looks."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path("<uuid:pk>/live/", self.live, name=f"{name}_live"),
            path("<uuid:pk>/do/<slug:verb>/", self.admin_site.admin_view(self.press), name=f"{name}_do"),
        ]
        return [*own, *super().get_urls()]

    def live(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Without the admin's way to the login page, which a script would take for the answer."""
        if not request.user.is_authenticated:
            return HttpResponse(status=401)
        row = self.found(request, str(pk))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return render(request, self.live_template, {"original": row, **self.live_facts(request, row)})

    def press(self, request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
        row = self.found(request, str(pk))
        if request.method != "POST" or verb not in self.verbs:
            raise Http404
        place = self.place("change", pk)
        try:
            said, onwards = self.verbs[verb](self, request, row)
        except DomainError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(place)
        messages.success(request, said)
        return HttpResponseRedirect(onwards or place)

    def button(self, name: str, word: str, row: Any, *, dangerous: bool = False) -> Button:
        return Button(name, word, self.place("do", row.pk, name), dangerous)


class RowPage(LivePage, ReadOnlyPage):
    """Nothing of the row is written by hand."""

    row_template = ""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        row = self.found(request, object_id) if object_id else None
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        facts = {"title": str(row), "original": row, "live": self.place("live", row.pk)}
        return self.page(request, self.row_template, **facts, **self.live_facts(request, row))


def written(value: Any) -> str:
    """What a node was told or said, to be read by anybody who sees it: without secrets. Empty for nothing."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    return "" if value is None else orjson.dumps(mask(value), option=options).decode()
