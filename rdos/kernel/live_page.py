"""Lists and pages that stay true while somebody looks at them; a page's buttons each call one verb."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from rdos.kernel.console import ModelPage, Question, ReadOnlyPage
from rdos.kernel.errors import DomainError
from rdos.kernel.secrecy import mask, mask_text

# By this a list's script asks for the rows alone.
PART = "X-Part"


@dataclass(frozen=True)
class Verb:
    """Says what was done, and where to go then; nowhere means back to the row. A question is asked first."""

    run: Callable[[Any, HttpRequest, Any], tuple[str, str]]
    permission: str
    ask: Question | None = None


@dataclass(frozen=True)
class Button:
    word: str
    address: str
    dangerous: bool = False


@dataclass(frozen=True)
class Nothing:
    """What an empty list says: why, and what to do next."""

    title: str
    text: str
    word: str = ""
    place: str = ""
    # What to run, to be copied.
    line: str = ""


class LiveList(ModelPage):
    change_list_template = "console/theme/live_list.html"

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        return Nothing(f"No {self.noun} yet", "")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        facts = {"nothing": self.nothing_yet(request), **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, facts)
        if request.headers.get(PART) == "rows" and isinstance(answer, TemplateResponse):
            answer.template_name = "console/theme/list_rows.html"
        return answer


class LivePage(LiveList):
    live_template = ""
    verbs: ClassVar[dict[str, Verb]] = {}

    def live_facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What may change while somebody looks."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path("<str:pk>/live/", self.live, name=f"{name}_live"),
            path("<str:pk>/do/<slug:name>/", self.admin_site.admin_view(self.press), name=f"{name}_do"),
        ]
        return [*own, *super().get_urls()]

    def live(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Without the admin's way to the login page, which a script would take for the answer."""
        if not request.user.is_authenticated:
            return HttpResponse(status=401)
        row = self.found(request, pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return render(request, self.live_template, {"original": row, **self.live_facts(request, row)})

    def press(self, request: HttpRequest, pk: str, name: str) -> HttpResponse:
        row, verb = self.found(request, pk), self.verbs.get(name)
        if request.method != "POST" or verb is None:
            raise Http404
        if not self.may(request, name):
            raise PermissionDenied
        back = self.place("change", pk)
        if verb.ask and "confirmed" not in request.POST:
            facts = {"title": verb.ask.title, "ask": verb.ask, "row": row, "press": self.place("do", pk, name)}
            return self.page(request, "console/theme/sure.html", back=back, **facts)
        try:
            said, onwards = verb.run(self, request, row)
        except DomainError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(back)
        messages.success(request, said)
        return HttpResponseRedirect(onwards or back)

    def may(self, request: HttpRequest, name: str) -> bool:
        allowed: bool = getattr(self, f"has_{self.verbs[name].permission}_permission")(request)
        return allowed

    def button(self, name: str, word: str, row: Any, *, dangerous: bool = False) -> Button:
        return Button(word, self.place("do", row.pk, name), dangerous)


class RowPage(LivePage, ReadOnlyPage):
    """Nothing of the row is written by hand."""

    row_template = ""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        row = self.found(request, object_id) if object_id else None
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        facts = {"title": mask_text(str(row)), "original": row, "live": self.place("live", row.pk)}
        return self.page(request, self.row_template, **facts, **self.live_facts(request, row))


def written(value: Any) -> str:
    """What a node was told or said, to be read by anybody who sees it: without secrets. Empty for nothing."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    return "" if value is None else orjson.dumps(mask(value), option=options).decode()
