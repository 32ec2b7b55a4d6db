"""Events as a person reads and acknowledges them."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter, action
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.access import nodes_for
from rdos.kernel.console import ReadOnlyPage, badge, pair
from telemetry import queries
from telemetry.access import events_for
from telemetry.choices import Severity
from telemetry.models import Event
from telemetry.services import events

TONES = {
    Severity.INFO: "info",
    Severity.MINOR: "warn",
    Severity.WARNING: "warn",
    Severity.MAJOR: "bad",
    Severity.CRITICAL: "bad",
}
# A filter offers what occurred lately, and as many nodes as a person can read.
LATELY = 2000
MOST_NODES = 200


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waiting", "Waiting for acknowledgement"), ("acknowledged", "Acknowledged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        if self.value() == "waiting":
            return queries.alarms(queryset)
        return queryset.filter(acknowledged=True) if self.value() == "acknowledged" else queryset


class CategoryFilter(SimpleListFilter):
    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        newest = events_for(actor_in_console(request)).order_by("-created_at", "-id")
        words = set(newest.values_list("category", flat=True)[:LATELY])
        return [(word, word) for word in sorted(words | {self.value() or ""}) if word]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(category=self.value()) if self.value() else queryset


class NodeFilter(SimpleListFilter):
    title = "node"
    parameter_name = "node"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        found = nodes_for(actor_in_console(request)).order_by("name", "id").values_list("pk", "name")
        return [(str(pk), name) for pk, name in found[:MOST_NODES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        words = str(self.value() or "")
        return queryset.filter(node_id=words) if is_uuid(words) else queryset


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@admin.register(Event)
class EventPage(ReadOnlyPage):
    list_display = ("shown_severity", "what", "about", "category", "often", "when", "state")
    noun = "events"
    list_filter = (StateFilter, "severity", CategoryFilter, NodeFilter)
    list_select_related = ("node",)
    search_fields = ("message",)
    search_help_text = "Message, category or node"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    actions = ("acknowledge",)  # type: ignore[assignment] # the one thing that a person does here

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return events_for(actor_in_console(request)).order_by(*self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        return queries.matching(queryset, {"search": search_term.replace("\x00", "").strip()}), False

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "events.acknowledge")

    @display(description="Severity")
    def shown_severity(self, event: Event) -> SafeString:
        severity = Severity(event.severity)
        return badge(TONES[severity], severity.label)

    @display(description="Message")
    def what(self, event: Event) -> SafeString:
        reason = event.details.get("reason") if isinstance(event.details, dict) else ""
        return pair(event.message[:300] or "–", reason if isinstance(reason, str) else "")

    @display(description="Node")
    def about(self, event: Event) -> str:
        return event.node.name if event.node else "–"

    @display(description="Times")
    def often(self, event: Event) -> int:
        return event.times

    @display(description="When (UTC)")
    def when(self, event: Event) -> str:
        return f"{event.created_at:%Y-%m-%d %H:%M:%S}"

    @display(description="State")
    def state(self, event: Event) -> SafeString:
        if event.acknowledged:
            return badge("good", "Acknowledged")
        return badge("idle", "Nothing to do") if event.severity == Severity.INFO else badge("warn", "Waiting")

    @action(description="Acknowledge", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[: events.ACKNOWLEDGED_AT_ONCE])
        count = events.acknowledge_many(actor=actor_in_console(request), at=timezone.now(), ids=chosen)
        messages.success(request, f"{count} acknowledged.")
