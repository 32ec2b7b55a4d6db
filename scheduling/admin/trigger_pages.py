"""What the pages of schedules, webhooks and event triggers share: rows beside their trigger, under its key."""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from accounts.access import allows
from accounts.authentication import actor_in_console
from flows.access import executions_for
from rdos.kernel.clock import database_now
from rdos.kernel.console import Question, confirmed, journal_of, pair
from rdos.kernel.live_page import Button, RowPage, Verb
from scheduling.access import firings_for
from scheduling.admin import logged, writing
from scheduling.admin.places import execution_place, flow_place, list_of
from scheduling.admin.results import ResultsList, line
from scheduling.admin.tones import trigger_badge
from scheduling.admin.trigger_forms import TriggerForm
from scheduling.choices import TriggerKind
from scheduling.services import by_hand, triggers

DELETE = Question(
    "Delete it", "It starts nothing any more, and its log goes with it. The runs that it started stay.", "Delete"
)
SWITCH_ON = Question("Switch them on", "Each looks ahead only: nothing is made up for.", "Switch on")
SWITCH_OFF = Question("Switch them off", "They start nothing until somebody switches them on again.", "Switch off")


class TriggerPage(RowPage):
    kind: ClassVar[TriggerKind]
    one: ClassVar[str]
    form_class: ClassVar[type[TriggerForm]]
    write_template = "console/scheduling/write.html"
    row_template = "console/scheduling/trigger.html"
    search_fields = ("trigger__name", "trigger__flow__name")
    search_help_text = "Name or flow"
    ordering = ("trigger__name", "pk")
    sortable_by: tuple[str, ...] = ()
    actions = ("switch_on", "switch_off")  # type: ignore[assignment] # what a person does here

    class Media:
        css = {"all": ("console/flows.css", "console/schedules.css")}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ResultsList

    def get_urls(self) -> list[URLPattern]:
        name = f"scheduling_{self.opts.model_name}_edit"
        edit = path("<str:pk>/edit/", self.admin_site.admin_view(partial(self._of_one, writing.edit)), name=name)
        return [edit, *super().get_urls()]

    def _of_one(self, shown: Any, request: HttpRequest, pk: str) -> HttpResponse:
        answer: HttpResponse = shown(self, request, self.found(request, pk))
        return answer

    def has_add_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "triggers.create")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "triggers.operate")

    def has_update_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "triggers.update")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "triggers.delete")

    # --- The list

    @display(description="Name")
    def what(self, row: Any) -> SafeString:
        return pair(row.trigger.name, row.trigger.flow.name)

    @display(description="State")
    def state(self, row: Any) -> SafeString:
        return trigger_badge(row.trigger)

    @display(description="Last results")
    def results(self, row: Any) -> SafeString:
        return line(row.results)

    @confirmed(permission="operate", done="it is on.", ask=SWITCH_ON)
    def switch_on(self, request: HttpRequest, row: Any) -> None:
        triggers.switch(actor=actor_in_console(request), pk=row.pk, on=True, at=database_now())

    @confirmed(permission="operate", done="it is off.", ask=SWITCH_OFF)
    def switch_off(self, request: HttpRequest, row: Any) -> None:
        triggers.switch(actor=actor_in_console(request), pk=row.pk, on=False, at=database_now())

    # --- Its form

    def initial(self, row: Any) -> Mapping[str, Any]:
        raise NotImplementedError

    def form_for(self, request: HttpRequest, row: Any) -> TriggerForm:
        sent, chosen = request.POST if request.method == "POST" else None, request.GET.get("flow", "")
        actor = actor_in_console(request)
        return self.form_class(actor, row, sent, initial=dict(self.initial(row)), chosen=chosen)

    def only_shows(self, request: HttpRequest) -> bool:
        """Whether what was sent is to be looked at and not to be saved."""
        return False

    def written(self, request: HttpRequest, form: TriggerForm, row: Any) -> HttpResponse:
        title = f"Edit {row}" if row else f"Add {self.one}"
        back = self.place("change", row.pk) if row else self.place("changelist")
        return self.page(request, self.write_template, title=title, form=form, original=row, back=back)

    # --- Its page

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        if object_id is None:
            return writing.add(self, request)
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        may_read = allows(actor_in_console(request), "journal.read")
        answer.context_data["journal"] = journal_of("trigger", object_id) if may_read else ""  # type: ignore[attr-defined]
        return answer

    def live_facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        actor, at = actor_in_console(request), database_now()
        return {
            "trigger": row.trigger,
            "badge": self.state(row),
            "flow": flow_place(row.trigger.flow_id),
            "log": logged.newest(actor, firings_for(actor).filter(trigger_id=row.pk), at),
            "all_firings": list_of("firing", trigger=str(row.pk)),
            "edit": self.place("edit", row.pk) if self.has_update_permission(request) else "",
            "buttons": self.buttons(request, row),
            "may_press": self.may(request, "on"),
            **self.more_facts(request, row),
        }

    def more_facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {}

    def buttons(self, request: HttpRequest, row: Any) -> list[Button]:
        found = []
        if self.may(request, "on"):
            found.append(self.button("fire", "Fire now", row))
            on = row.trigger.is_enabled
            found.append(self.button("off" if on else "on", "Switch off" if on else "Switch on", row))
        return found

    def last_buttons(self, request: HttpRequest, row: Any) -> list[Button]:
        return [self.button("delete", "Delete…", row, dangerous=True)] if self.may(request, "delete") else []

    def on(self, request: HttpRequest, row: Any) -> tuple[str, str]:
        triggers.switch(actor=actor_in_console(request), pk=row.pk, on=True, at=database_now())
        return "It is on, and looks ahead from now.", ""

    def off(self, request: HttpRequest, row: Any) -> tuple[str, str]:
        triggers.switch(actor=actor_in_console(request), pk=row.pk, on=False, at=database_now())
        return "It is off.", ""

    def fire(self, request: HttpRequest, row: Any) -> tuple[str, str]:
        actor = actor_in_console(request)
        shot = by_hand.set_off(actor=actor, pk=row.pk, at=database_now())
        return "It went off. This is its run.", run_place(actor, shot.execution_id)

    def delete(self, request: HttpRequest, row: Any) -> tuple[str, str]:
        triggers.delete(actor=actor_in_console(request), pk=row.pk)
        return f"{row} is deleted.", self.place("changelist")

    verbs = {
        "on": Verb(on, "operate"),
        "off": Verb(off, "operate"),
        "fire": Verb(fire, "operate"),
        "delete": Verb(delete, "remove", DELETE),
    }


def run_place(actor: Any, pk: Any) -> str:
    """Nowhere for whoever sees no runs."""
    may = pk and allows(actor, "executions.read") and executions_for(actor).filter(pk=pk).exists()
    return execution_place(pk) if may else ""
