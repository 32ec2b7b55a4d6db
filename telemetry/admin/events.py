"""Events as a person reads and acknowledges them."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter, action
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.access import nodes_for
from rdos.kernel.console import badge, pair
from rdos.kernel.live_page import Nothing, RowPage, Verb, written
from rdos.kernel.secrecy import mask_text
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
class EventPage(RowPage):
    list_display = ("what", "shown_severity", "about", "shown_category", "often", "when", "state")
    noun = "events"
    list_filter = (StateFilter, "severity", CategoryFilter, NodeFilter)
    list_select_related = ("node",)
    search_fields = ("message",)
    search_help_text = "Message, category or node"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    actions = ("acknowledge",)  # type: ignore[assignment] # the one thing that a person does here
    row_template = "console/events/event.html"
    live_template = "console/events/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        seen = events_for(actor_in_console(request))
        return seen.select_related("node", "acknowledged_by").order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        text = "Whatever nodes report, and what the hub notices about them, appears here and waits to be acknowledged."
        return Nothing("No event yet", text)

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
        return pair(mask_text(event.message[:300]) or "–", _reason(event))

    @display(description="Node")
    def about(self, event: Event) -> SafeString | str:
        if event.node is None:
            return "–"
        return format_html('<a class="c-link" href="{}">{}</a>', _node_place(event), event.node.name)

    @display(description="Category")
    def shown_category(self, event: Event) -> str:
        return event.category

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

    def live_facts(self, request: HttpRequest, event: Event) -> dict[str, Any]:
        may = self.may(request, "acknowledge")
        button = self.button("acknowledge", "Acknowledge", event)
        return {
            "severity": self.shown_severity(event),
            "state": self.state(event),
            "message": mask_text(event.message),
            "details": written(event.details),
            "place": _node_place(event),
            "buttons": [button] if may and not event.acknowledged else [],
            "may_press": may,
        }

    def acknowledge_one(self, request: HttpRequest, event: Event) -> tuple[str, str]:
        events.acknowledge(actor=actor_in_console(request), pk=event.pk, at=timezone.now())
        return "Acknowledged.", ""

    verbs = {"acknowledge": Verb(acknowledge_one, "acknowledge")}

    @action(description="Acknowledge", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[: events.ACKNOWLEDGED_AT_ONCE])
        count = events.acknowledge_many(actor=actor_in_console(request), at=timezone.now(), ids=chosen)
        messages.success(request, f"{count} acknowledged.")


def _reason(event: Event) -> str:
    reason = event.details.get("reason") if isinstance(event.details, dict) else ""
    return mask_text(reason) if isinstance(reason, str) else ""


def _node_place(event: Event) -> str:
    return reverse("admin:devices_node_change", args=(event.node_id,)) if event.node_id else ""
