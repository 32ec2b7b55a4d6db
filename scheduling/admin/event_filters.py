"""Event triggers: what happens in the hub starts a flow."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.authentication import actor_in_console
from rdos.kernel.console import two
from rdos.kernel.live_page import Nothing
from scheduling.access import event_filters_for
from scheduling.admin import event_filter_forms, filters
from scheduling.admin.moments import span
from scheduling.admin.trigger_pages import TriggerPage
from scheduling.choices import TriggerKind
from scheduling.models import EventFilter


@admin.register(EventFilter)
class EventFilterPage(TriggerPage):
    list_display = ("what", "state", "heeds", "limits", "results")
    noun, one = "event triggers", "an event trigger"
    kind = TriggerKind.EVENT
    form_class = event_filter_forms.EventFilterForm
    list_filter = (filters.StateFilter, filters.FlowFilter)
    row_template = "console/event_filters/event_filter.html"
    live_template = "console/event_filters/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventFilter]:
        unshown = ("trigger__flow__canvas", "trigger__flow__metadata", "trigger__config", "trigger__metadata")
        return event_filters_for(actor_in_console(request)).defer(*unshown).order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        text = "An event trigger starts a flow when something happens: a node goes offline, a run fails."
        if not self.has_add_permission(request):
            return Nothing("No event trigger yet", f"{text} A developer makes one.")
        return Nothing("No event trigger yet", text, "Add an event trigger", self.place("add"))

    @display(description="Heeds")
    def heeds(self, row: EventFilter) -> SafeString:
        return two(heeded(row), ", ".join(f"{name}: {value}" for name, value in row.labels.items()))

    @display(description="At most")
    def limits(self, row: EventFilter) -> SafeString | str:
        often = f"{row.per_minute} a minute" if row.per_minute else "as it happens"
        return two(often, f"quiet for {span(row.debounce_seconds)}" if row.debounce_seconds else "")

    def initial(self, row: EventFilter | None) -> Mapping[str, Any]:
        return event_filter_forms.initial(row)

    def more_facts(self, request: HttpRequest, row: EventFilter) -> dict[str, Any]:
        return {
            "heeds": heeded(row),
            "labels": [f"{name}: {value}" for name, value in row.labels.items()],
            "debounce": span(row.debounce_seconds) if row.debounce_seconds else "",
            "last_buttons": self.last_buttons(request, row),
        }


def heeded(row: EventFilter) -> str:
    said = ", ".join(str(action) for action in row.actions[:5]) or "Anything"
    more = f" and {len(row.actions) - 5} more" if len(row.actions) > 5 else ""
    severities = f", if {' or '.join(map(str, row.severities))}" if row.severities else ""
    return f"{said}{more}{severities}"
