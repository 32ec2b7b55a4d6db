"""What every page of the console's admin shares. The theme has no types, so it is met here and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets, action
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from rdos.kernel.errors import DomainError

COUNTED_AT_MOST = 10_000
SELECTED = "_selected_action"

Verb = Callable[[Any, HttpRequest, Any], None]


def badge(tone: str, word: str) -> SafeString:
    """Shape, colour and word: no meaning hangs on colour alone. Tones: good, warn, bad, info, idle."""
    return format_html(
        '<span class="c-badge c-badge-{}"><span class="c-shape" aria-hidden="true"></span>{}</span>', tone, word
    )


def pair(main: object, more: object) -> SafeString:
    """Two lines of one cell: what it is, and what tells it from others."""
    lines = '<span class="c-pair"><span class="c-name">{}</span><span class="c-more">{}</span></span>'
    return format_html(lines, main, more or "")


def two(main: object, more: object) -> SafeString:
    """As `pair`, for what is no name."""
    return format_html('<span class="c-pair"><span>{}</span><span class="c-more">{}</span></span>', main, more or "")


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "–"


class BoundedPaginator(Paginator):  # type: ignore[type-arg] # not generic at run time
    """Never counts a whole table: what lies beyond is found by filters."""

    template_name = "console/theme/pagination.html"

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment] # the admin pages query sets only
        return rows.values("pk").order_by()[:COUNTED_AT_MOST].count()

    @property
    def is_cut(self) -> bool:
        return self.count >= COUNTED_AT_MOST


class ModelPage(ModelAdmin):
    paginator = BoundedPaginator
    show_full_result_count = False
    # A count beside each choice of a filter is a full count each.
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    change_list_template = "console/theme/list.html"
    # How a person calls these rows; the model's own name will do where it reads well.
    noun = ""

    # The journal is the record; Django's own log would be a second one, without its seals.
    def log_addition(self, request: HttpRequest, obj: Model, message: object) -> None:
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: object) -> None:
        return None

    def log_deletions(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        return None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: object = None) -> HttpResponse:
        return HttpResponseRedirect(journal_of(str(self.opts.model_name), object_id))

    def place(self, name: str, *arguments: object) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=arguments)

    def page(self, request: HttpRequest, template: str, **facts: Any) -> TemplateResponse:
        shared = self.admin_site.each_context(request)
        context = {**shared, "opts": self.opts, "noun": self.noun, "media": self.media, **facts}
        return TemplateResponse(request, template, context)

    def found(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row


class ReadOnlyPage(ModelPage):
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FormPage(ModelPage):
    """Rows that change through services: a form says what, `carry_out` calls the verb, refusals return to the form."""

    form_template = "console/theme/form.html"

    def form_for(self, request: HttpRequest, row: Any) -> Form:
        raise NotImplementedError

    def carry_out(self, request: HttpRequest, form: Form, row: Any) -> HttpResponse:
        raise NotImplementedError

    def facts_for(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {}

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        row = self.found(request, object_id) if object_id else None
        may_write = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        may_look = row is not None and self.has_view_permission(request, row)
        if not (may_write or (may_look and request.method != "POST")):
            raise PermissionDenied
        form = self.form_for(request, row)
        if request.method == "POST" and form.is_valid():
            try:
                return self.carry_out(request, form, row)
            except DomainError as error:
                refuse(form, error)
        title = str(row) if row else f"Add {self.opts.verbose_name}"
        facts = {"title": title, "form": form, "original": row, "may_write": may_write, **self.facts_for(request, row)}
        return self.page(request, self.form_template, **facts)


def refuse(form: Form, error: DomainError) -> None:
    """Says a refusal where the person can mend it."""
    if not error.errors:
        form.add_error(None, error.detail)
        return
    for name, sentences in error.errors.items():
        form.add_error(name if name in form.fields else None, list(sentences))


@dataclass(frozen=True)
class Question:
    title: str
    text: str
    button: str


def confirmed(*, ask: Question, done: str, permission: str) -> Callable[[Verb], Callable[..., HttpResponse | None]]:
    """Makes a verb on one row an action on many: asks first, then tells what became of each row."""

    def wrap(verb: Verb) -> Callable[..., HttpResponse | None]:
        @action(description=ask.button, permissions=[permission])
        @wraps(verb)
        def asked(page: ModelPage, request: HttpRequest, queryset: "QuerySet[Any]") -> HttpResponse | None:
            if "confirmed" not in request.POST:
                facts = {"title": ask.title, "ask": ask, "rows": queryset[:COUNTED_AT_MOST], "action": verb.__name__}
                return page.page(request, "console/theme/confirm.html", back=page.place("changelist"), **facts)
            for row in queryset:
                _tell(page, request, verb, row, done)
            return HttpResponseRedirect(page.place("changelist"))

        return asked

    return wrap


def _tell(page: ModelPage, request: HttpRequest, verb: Verb, row: Model, done: str) -> None:
    name = str(row)
    try:
        verb(page, request, row)
    except DomainError as error:
        messages.error(request, f"{name}: {error.detail}")
    else:
        messages.success(request, f"{name}: {done}")


def journal_of(kind: str, object_id: object) -> str:
    place = reverse("admin:kernel_journalentry_changelist")
    return f"{place}?object_kind__exact={kind}&q={object_id}"
