"""The journal as a person reads it: a list with filters, and one entry with what changed."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import display

from rdos.console.filters import TimeFilter, WordFilter
from rdos.kernel.console import ReadOnlyPage, journal_of, pair
from rdos.kernel.models import JournalEntry, JournalSeal


class ActionFilter(WordFilter):
    title, parameter_name, field = "action", "action", "action"


class ObjectKindFilter(WordFilter):
    title, parameter_name, field = "kind of object", "object_kind__exact", "object_kind"


ACTOR_KINDS = ("user", "token", "robot", "node", "lan", "system", "anonymous")


class ActorKindFilter(WordFilter):
    title, parameter_name, field = "kind of actor", "actor_kind", "actor_kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind) for kind in ACTOR_KINDS]


@dataclass(frozen=True)
class Change:
    name: str
    before: str
    after: str

    @property
    def kind(self) -> str:
        if not self.before:
            return "added"
        return "changed" if self.after else "removed"


class JournalPage(ReadOnlyPage):
    list_display = ("what", "about", "who", "shown_at", "address")
    list_filter = (ActionFilter, ObjectKindFilter, ActorKindFilter, ("at", TimeFilter))
    search_fields = ("object_id", "object_label", "actor_label", "request_id")
    search_help_text = "Object, label, actor or request id"
    ordering = ("-id",)
    sortable_by = ()
    noun = "journal"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[JournalEntry], search_term: str
    ) -> tuple[QuerySet[JournalEntry], bool]:
        words = search_term.replace("\x00", "").split()
        for word in words:
            exact = Q(object_id=word) | Q(actor_id=word) | Q(request_id=word)
            queryset = queryset.filter(exact | Q(object_label__icontains=word) | Q(actor_label__icontains=word))
        return queryset, False

    @display(description="What")
    def what(self, entry: JournalEntry) -> SafeString:
        return pair(entry.action, entry.summary)

    @display(description="About")
    def about(self, entry: JournalEntry) -> SafeString:
        return pair(entry.object_label or entry.object_id or "–", entry.object_kind)

    @display(description="Who")
    def who(self, entry: JournalEntry) -> SafeString:
        return pair(entry.actor_label or entry.actor_id or "–", entry.actor_kind)

    @display(description="When (UTC)")
    def shown_at(self, entry: JournalEntry) -> str:
        return f"{entry.at:%Y-%m-%d %H:%M:%S}"

    @display(description="From")
    def address(self, entry: JournalEntry) -> str:
        return entry.actor_address or "–"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        if object_id is None or request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        entry = self.found(request, object_id)
        facts = {
            "title": str(entry),
            "entry": entry,
            "changes": differences(entry),
            "details": told(entry.details),
            "seal": _seal_over(entry),
            "same_object": journal_of(entry.object_kind, entry.object_id) if entry.object_id else "",
            "list": self.place("changelist"),
        }
        return self.page(request, "console/theme/journal_entry.html", **facts)


def differences(entry: JournalEntry) -> list[Change]:
    before, after = _facts(entry.before), _facts(entry.after)
    return [Change(name, shown(before.get(name)), shown(after.get(name))) for name in {**before, **after}]


def told(facts: object) -> list[tuple[str, str]]:
    return [(name, shown(value)) for name, value in _facts(facts).items()]


def shown(value: object) -> str:
    """As a person writes it; what is nested stays readable JSON."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _facts(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    return value if isinstance(value, dict) else {"value": value}


def _seal_over(entry: JournalEntry) -> JournalSeal | None:
    if entry.position is None:
        return None
    return JournalSeal.objects.filter(first_position__lte=entry.position, last_position__gte=entry.position).first()
