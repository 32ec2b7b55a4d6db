"""Runs that failed for good, until somebody runs them again: one by one, or many at once."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from flows.access import dead_letters_for
from flows.admin.filters import FlowFilter
from flows.admin.places import execution_place, flow_place
from flows.models import DeadLetter
from flows.services import executions
from rdos.kernel.console import Question, badge, confirmed, moment, pair
from rdos.kernel.live_page import Button, Nothing, RowPage, Verb, written
from rdos.kernel.secrecy import mask_text

UNSHOWN = ("execution__input", "execution__result", "execution__parked", "flow__canvas", "flow__metadata")


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waiting", "Waiting for somebody"), ("done", "Run again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        if self.value() == "waiting":
            return queryset.filter(reprocessed_at=None)
        return queryset.exclude(reprocessed_at=None) if self.value() == "done" else queryset


@admin.register(DeadLetter)
class DeadLetterPage(RowPage):
    list_display = ("what", "state", "error", "tries", "robot", "when")
    noun = "dead letters"
    list_filter = (StateFilter, FlowFilter)
    search_fields = ("execution__flow_name", "execution__error", "execution__error_type")
    search_help_text = "Flow or error"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    actions = ("run_again",)  # type: ignore[assignment] # the one thing that a person does here
    row_template = "console/dead_letters/dead_letter.html"
    live_template = "console/dead_letters/live.html"

    class Media:
        css = {"all": ("console/flows.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        found = dead_letters_for(actor_in_console(request)).select_related("execution", "flow")
        is_list = getattr(request.resolver_match, "url_name", "") == "flows_deadletter_changelist"
        return (found.defer(*UNSHOWN) if is_list else found).order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        return Nothing("No dead letter", "A run that fails with no try left waits here until somebody runs it again.")

    def has_again_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "executions.create")

    @display(description="Flow")
    def what(self, letter: DeadLetter) -> SafeString:
        return pair(letter.execution.flow_name, str(letter.execution_id)[:8])

    @display(description="State")
    def state(self, letter: DeadLetter) -> SafeString:
        if letter.reprocessed_at is None:
            return badge("warn", "Waiting")
        return badge("good", "Run again")

    @display(description="Error")
    def error(self, letter: DeadLetter) -> SafeString:
        said, kind = mask_text(letter.execution.error)[:200] or "–", letter.execution.error_type
        return format_html(
            '<span class="c-pair"><span class="r-said">{}</span><span class="c-more">{}</span></span>', said, kind
        )

    @display(description="Tries")
    def tries(self, letter: DeadLetter) -> int:
        return letter.execution.retry_count + 1

    @display(description="Robot")
    def robot(self, letter: DeadLetter) -> str:
        return letter.execution.robot_key or "–"

    @display(description="Failed (UTC)")
    def when(self, letter: DeadLetter) -> str:
        return moment(letter.created_at)

    @confirmed(
        permission="again",
        done="runs again.",
        ask=Question(
            "Run them again",
            "Each starts once more with its input, on the present version of its flow.",
            "Run again",
        ),
    )
    def run_again(self, request: HttpRequest, letter: DeadLetter) -> None:
        executions.reprocess(actor=actor_in_console(request), letter=letter, at=timezone.now())

    def live_facts(self, request: HttpRequest, letter: DeadLetter) -> dict[str, Any]:
        may = self.may(request, "again")
        return {
            "badge": self.state(letter),
            "flow": flow_place(letter.flow_id),
            "run": execution_place(letter.execution_id),
            "again": execution_place(letter.reprocessed_as_id) if letter.reprocessed_as_id else "",
            "error": mask_text(letter.execution.error),
            "input": written(letter.execution.input),
            "buttons": self._buttons(letter) if may else [],
            "may_press": may,
        }

    def _buttons(self, letter: DeadLetter) -> list[Button]:
        return [] if letter.reprocessed_at else [self.button("again", "Run it again", letter)]

    def again(self, request: HttpRequest, letter: DeadLetter) -> tuple[str, str]:
        execution = executions.reprocess(actor=actor_in_console(request), letter=letter, at=timezone.now())
        return "It runs again: this is the new run.", execution_place(execution.pk)

    verbs = {"again": Verb(again, "again")}
