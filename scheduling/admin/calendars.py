"""Calendars: days and hours in which nothing goes off, and which schedules heed them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from rdos.kernel.clock import database_now
from rdos.kernel.console import Question, journal_of, pair, refuse, two
from rdos.kernel.errors import DomainError
from rdos.kernel.live_page import Nothing, RowPage, Verb
from scheduling import cron
from scheduling.access import schedules_for
from scheduling.admin import calendar_forms, windows
from scheduling.admin.moments import relative, zone_of
from scheduling.admin.places import page_of
from scheduling.admin.schedules import words_of
from scheduling.admin.tones import schedule_badge
from scheduling.models import Calendar
from scheduling.services import calendar_changes

MOST_SHOWN = 50
DELETE = Question("Delete the calendar", "The schedules that heed it go off again in what it left out.", "Delete")


@admin.register(Calendar)
class CalendarPage(RowPage):
    list_display = ("what", "zone", "leaves_out", "heeded_by")
    noun = "calendars"
    search_fields = ("name", "description")
    search_help_text = "Name or description"
    ordering = ("name", "pk")
    sortable_by = ()
    row_template = "console/calendars/calendar.html"
    live_template = "console/calendars/live.html"

    class Media:
        css = {"all": ("console/flows.css", "console/schedules.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Calendar]:
        return Calendar.objects.annotate(schedule_count=Count("schedules")).order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        text = "A calendar holds days and hours in which nothing goes off: holidays, maintenance. Schedules name it."
        if not self.has_add_permission(request):
            return Nothing("No calendar yet", f"{text} A developer makes one.")
        return Nothing("No calendar yet", text, "Add a calendar", self.place("add"))

    def get_urls(self) -> list[URLPattern]:
        edit = path("<str:pk>/edit/", self.admin_site.admin_view(self.edit), name="scheduling_calendar_edit")
        return [edit, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "calendars.create")

    def has_update_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "calendars.update")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "calendars.delete")

    @display(description="Calendar")
    def what(self, row: Calendar) -> SafeString:
        return pair(row.name, row.description[:120])

    @display(description="Leaves out")
    def leaves_out(self, row: Calendar) -> SafeString:
        days, hours = len(row.days), len(row.windows)
        return two(f"{days} {'entry' if days == 1 else 'entries'} of days", f"{hours} of hours")

    @display(description="Heeded by")
    def heeded_by(self, row: Any) -> str:
        count = row.schedule_count
        return f"{count} {'schedule' if count == 1 else 'schedules'}" if count else "nobody yet"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return self._written(request, None)
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        may_read = allows(actor_in_console(request), "journal.read")
        answer.context_data["journal"] = journal_of("calendar", object_id) if may_read else ""  # type: ignore[attr-defined]
        return answer

    def edit(self, request: HttpRequest, pk: str) -> HttpResponse:
        if not self.has_update_permission(request):
            raise PermissionDenied
        return self._written(request, self.found(request, pk))

    def _written(self, request: HttpRequest, row: Calendar | None) -> HttpResponse:
        form = calendar_forms.CalendarForm(
            request.POST if request.method == "POST" else None, initial=calendar_forms.initial(row)
        )
        if request.method == "POST" and form.is_valid():
            try:
                return HttpResponseRedirect(self.place("change", self._save(request, form, row).pk))
            except DomainError as error:
                refuse(form, error)
        facts = {
            "title": f"Edit {row}" if row else "Add a calendar",
            "original": row,
            "form": form,
            "zones": sorted(cron.zone_names()),
            "back": self.place("change", row.pk) if row else self.place("changelist"),
        }
        return self.page(request, "console/calendars/write.html", **facts)

    def _save(self, request: HttpRequest, form: calendar_forms.CalendarForm, row: Calendar | None) -> Calendar:
        actor, fields = actor_in_console(request), form.cleaned_data
        if row is None:
            made = calendar_changes.create(actor=actor, fields=fields)
            messages.success(request, f"{made.name} is there now. A schedule heeds it once it names it.")
            return made
        changed = calendar_changes.update(actor=actor, pk=row.pk, fields=fields, at=database_now())
        messages.success(request, "It was changed. The schedules that heed it know their next due time anew.")
        return changed

    def live_facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        actor, at, zone = actor_in_console(request), database_now(), zone_of(row.zone)
        may_delete = self.may(request, "delete")
        heeding = schedules_for(actor).filter(calendars=row) if allows(actor, "triggers.read") else None
        found = list(heeding.order_by("next_run_at", "pk")[:MOST_SHOWN]) if heeding is not None else []
        return {
            "days": row.days,
            "windows": [windows.line_of(window, zone) for window in row.windows],
            "schedules": [
                {
                    "schedule": one,
                    "place": page_of("schedule", one.pk),
                    "badge": schedule_badge(one, at),
                    "words": words_of(one),
                    "next": relative(one.next_run_at, at) if one.next_run_at else "",
                }
                for one in found
            ],
            "beyond": row.schedule_count - len(found),
            "edit": self.place("edit", row.pk) if self.has_update_permission(request) else "",
            "last_buttons": [self.button("delete", "Delete…", row, dangerous=True)] if may_delete else [],
            "may_press": may_delete,
        }

    def delete(self, request: HttpRequest, row: Calendar) -> tuple[str, str]:
        calendar_changes.delete(actor=actor_in_console(request), pk=row.pk, at=database_now())
        return f"{row} is deleted.", self.place("changelist")

    verbs = {"delete": Verb(delete, "remove", DELETE)}
