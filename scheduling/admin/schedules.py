"""Schedules: the list, the form with its preview, and the page with what goes off next and what did."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from rdos.kernel.clock import database_now
from rdos.kernel.console import two
from rdos.kernel.errors import DomainError
from rdos.kernel.live_page import PART, Nothing
from scheduling import cron
from scheduling.access import schedules_for
from scheduling.admin import backfilling, filters, previewing, schedule_forms
from scheduling.admin.moments import relative, soon, span, utc, wall, zone_of
from scheduling.admin.places import DAY, list_of, page_of
from scheduling.admin.tones import schedule_badge
from scheduling.admin.trigger_forms import TriggerForm
from scheduling.admin.trigger_pages import TriggerPage
from scheduling.choices import TriggerKind
from scheduling.models import Schedule
from scheduling.services.preview import in_words


@admin.register(Schedule)
class SchedulePage(TriggerPage):
    list_display = ("what", "state", "words", "next_run", "results")
    noun, one = "schedules", "a schedule"
    kind = TriggerKind.SCHEDULE
    form_class = schedule_forms.ScheduleForm
    list_filter = (filters.ScheduleStateFilter, filters.FlowFilter)
    sortable_by = ("next_run",)
    write_template = "console/schedules/write.html"
    row_template = "console/schedules/schedule.html"
    live_template = "console/schedules/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        unshown = ("trigger__flow__canvas", "trigger__flow__metadata", "trigger__config", "trigger__metadata")
        return schedules_for(actor_in_console(request)).defer(*unshown).order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        text = "A schedule starts a flow by the clock: by a cron expression, every so often, or once."
        if not self.has_add_permission(request):
            return Nothing("No schedule yet", f"{text} A developer makes one.")
        return Nothing("No schedule yet", text, "Add a schedule", self.place("add"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(self._of_one, backfilling.page))
        return [path("<str:pk>/backfill/", view, name="scheduling_schedule_backfill"), *super().get_urls()]

    @display(description="State")
    def state(self, schedule: Schedule) -> SafeString:
        return schedule_badge(schedule, timezone.now())

    @display(description="When")
    def words(self, schedule: Schedule) -> SafeString:
        return two(words_of(schedule), schedule.cron if schedule.timing == "cron" else "")

    @display(description="Next run", ordering="next_run_at")
    def next_run(self, schedule: Schedule) -> SafeString | str:
        due, at = schedule.next_run_at, timezone.now()
        return two(soon(due, zone_of(schedule.zone), at), relative(due, at)) if due else "–"

    # --- Its form

    def initial(self, row: Schedule | None) -> Mapping[str, Any]:
        return schedule_forms.initial(row)

    def only_shows(self, request: HttpRequest) -> bool:
        return "preview" in request.POST or request.headers.get(PART) == "preview"

    def written(self, request: HttpRequest, form: TriggerForm, row: Schedule | None) -> HttpResponse:
        shown = self._previewed(request, form, row)
        if request.headers.get(PART) == "preview":
            return render(request, "console/schedules/preview.html", {"preview": shown})
        answer = super().written(request, form, row)
        answer.context_data |= {"preview": shown, "zones": sorted(cron.zone_names())}  # type: ignore[attr-defined]
        return answer

    def _previewed(self, request: HttpRequest, form: Any, row: Schedule | None) -> dict[str, Any]:
        actor, at = actor_in_console(request), database_now()
        if form.is_bound:
            return previewing.of_form(actor, form, at)
        if row:
            return previewing.of_saved(actor, row, at)
        return previewing.of_part(actor, schedule_forms.USUAL, at)

    # --- Its page

    def more_facts(self, request: HttpRequest, schedule: Schedule) -> dict[str, Any]:
        actor, at, zone = actor_in_console(request), database_now(), zone_of(schedule.zone)
        nexts = schedule.next_run_at
        heeded, sees = schedule.calendars.order_by("name"), allows(actor, "calendars.read")
        return {
            "preview": previewing.of_saved(actor, schedule, at),
            "next_local": wall(nexts, zone) if nexts else "",
            "next_utc": utc(nexts) if nexts else "",
            "next_relative": relative(nexts, at) if nexts else "",
            "catch_up": span(schedule.catch_up_seconds),
            "jitter": span(schedule.jitter_seconds) if schedule.jitter_seconds else "",
            "starts": wall(schedule.starts_at, zone) if schedule.starts_at else "",
            "ends": wall(schedule.ends_at, zone) if schedule.ends_at else "",
            "calendars": [(row.name, page_of("calendar", row.pk) if sees else "") for row in heeded],
            "last_buttons": self.last_buttons(request, schedule),
            "backfill": self.place("backfill", schedule.pk) if self.has_update_permission(request) else "",
            "day": f"{DAY}?zone={schedule.zone}",
            "same_flow": list_of("schedule", flow=str(schedule.trigger.flow_id)),
        }


def words_of(schedule: Schedule) -> str:
    """Of one that cannot be read any more, what is written."""
    try:
        said = in_words(schedule)
    except DomainError:
        return schedule.cron
    return said[:1].upper() + said[1:]
