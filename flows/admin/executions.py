"""Runs of all flows, newest first, and the page on which one is followed."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from flows.access import executions_for, flows_for
from flows.admin import filters, following, lines
from flows.admin.places import execution_place, flow_place, is_uuid, list_of
from flows.admin.timeline import milliseconds
from flows.admin.tones import execution_badge
from flows.choices import HUB_KEY, OPEN_EXECUTIONS, ExecutionStatus
from flows.models import Execution
from flows.services import executions
from rdos.kernel.console import Question, confirmed, moment, pair, two
from rdos.kernel.live_page import Button, Nothing, RowPage, Verb
from rdos.kernel.secrecy import mask_text

# Large, and nothing of them is listed.
UNSHOWN = ("input", "result", "parked")
FIRST = 0


@admin.register(Execution)
class ExecutionPage(RowPage):
    list_display = ("what", "state", "who_has_it", "where", "started", "when", "came_of_it")
    noun = "executions"
    list_filter = (
        filters.StatusFilter,
        filters.FlowFilter,
        filters.RobotFilter,
        filters.EnvironmentFilter,
        filters.PriorityFilter,
        filters.LongFilter,
    )
    search_fields = ("flow_name",)
    search_help_text = "Flow, robot or id"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    actions = ("cancel_executions", "retry_executions")  # type: ignore[assignment] # what a person does here
    row_template = "console/executions/execution.html"
    live_template = "console/executions/live.html"

    class Media:
        css = {"all": ("console/flows.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Execution]:
        found = executions_for(actor_in_console(request)).select_related("flow").order_by(*self.ordering)
        is_list = getattr(request.resolver_match, "url_name", "") == "flows_execution_changelist"
        return found.defer(*UNSHOWN, "flow__canvas", "flow__metadata") if is_list else found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Execution], search_term: str
    ) -> tuple[QuerySet[Execution], bool]:
        words = search_term.replace("\x00", "").strip()
        if not words:
            return queryset, False
        if is_uuid(words):
            return queryset.filter(pk=words), False
        named = flows_for(actor_in_console(request)).filter(name__icontains=words).values("pk")
        return queryset.filter(Q(flow__in=named) | Q(robot_key=words)), False

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        text = "Each run of a flow appears here, and is followed on its page. Open a flow that runs, and run it."
        return Nothing("No execution yet", text, "Go to the flows", list_of("flow"))

    def get_urls(self) -> list[URLPattern]:
        return [path("<str:pk>/lines/", self.lines, name="flows_execution_lines"), *super().get_urls()]

    def lines(self, request: HttpRequest, pk: str) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponse(status=401)
        return lines.answer(request, self.found(request, pk))

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "executions.cancel")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "executions.create")

    def has_hurry_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "executions.update")

    @display(description="Flow")
    def what(self, execution: Execution) -> SafeString:
        return pair(execution.flow_name, str(execution.pk)[:8])

    @display(description="State")
    def state(self, execution: Execution) -> SafeString:
        return execution_badge(execution.status)

    @display(description="Robot")
    def who_has_it(self, execution: Execution) -> str:
        return worker(execution.robot_key) or "–"

    @display(description="Queue")
    def where(self, execution: Execution) -> SafeString:
        return two(execution.environment, f"priority {execution.priority}")

    @display(description="Started by")
    def started(self, execution: Execution) -> SafeString:
        return two(execution.get_trigger_type_display(), execution.created_by_label)

    @display(description="When (UTC)")
    def when(self, execution: Execution) -> SafeString:
        return two(moment(execution.created_at), took(execution))

    @display(description="What came of it")
    def came_of_it(self, execution: Execution) -> SafeString | str:
        if execution.error:
            return format_html('<span class="r-said">{}</span>', mask_text(execution.error)[:200])
        under_way = execution.status in (ExecutionStatus.CLAIMED, ExecutionStatus.RUNNING)
        return f"{execution.progress} %" if under_way else "–"

    @confirmed(
        permission="cancel",
        done="cancelled.",
        ask=Question("Cancel executions", "This is final. Whoever runs them is told, and not listened to.", "Cancel"),
    )
    def cancel_executions(self, request: HttpRequest, execution: Execution) -> None:
        executions.cancel(actor=actor_in_console(request), pk=execution.pk, at=timezone.now())

    @confirmed(
        permission="retry",
        done="runs again.",
        ask=Question("Run again", "Each starts once more with its input, on the present version of its flow.", "Run"),
    )
    def retry_executions(self, request: HttpRequest, execution: Execution) -> None:
        executions.retry(actor=actor_in_console(request), pk=execution.pk, at=timezone.now())

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        row = answer.context_data["original"]  # type: ignore[attr-defined]
        answer.context_data |= lines.newest(row) | {"log": self.place("lines", row.pk)}  # type: ignore[attr-defined]
        return answer

    def live_facts(self, request: HttpRequest, execution: Execution) -> dict[str, Any]:
        actor, at = actor_in_console(request), timezone.now()
        again = executions_for(actor).filter(retry_of=execution).order_by("created_at", "id")
        first = executions_for(actor).filter(pk=execution.retry_of_id).first() if execution.retry_of_id else None
        return {
            **following.facts(actor, execution, at),
            "badge": execution_badge(execution.status),
            "worker": worker(execution.robot_key),
            "flow": flow_place(execution.flow_id),
            "took": took(execution, at),
            "again": [execution_place(pk) for pk in again.values_list("pk", flat=True)],
            "first": execution_place(first.pk) if first else "",
            "buttons": self._buttons(request, execution),
            "may_press": self.may(request, "cancel"),
        }

    def _buttons(self, request: HttpRequest, execution: Execution) -> list[Button]:
        found = []
        if execution.status in executions.RETRYABLE and self.may(request, "retry"):
            found.append(self.button("retry", "Run it again", execution))
        if execution.status == ExecutionStatus.QUEUED and execution.priority > FIRST and self.may(request, "hurry"):
            found.append(self.button("hurry", "Move to the front", execution))
        if execution.status in OPEN_EXECUTIONS and self.may(request, "cancel"):
            found.append(self.button("cancel", "Cancel it", execution, dangerous=True))
        return found

    def cancel(self, request: HttpRequest, execution: Execution) -> tuple[str, str]:
        was, ended = executions.cancel(actor=actor_in_console(request), pk=execution.pk, at=timezone.now())
        return ("Cancelled." if ended else f"It was over already: {ExecutionStatus(was).label.lower()}."), ""

    def retry(self, request: HttpRequest, execution: Execution) -> tuple[str, str]:
        again = executions.retry(actor=actor_in_console(request), pk=execution.pk, at=timezone.now())
        return "It runs again: this is the new run.", execution_place(again.pk)

    def hurry(self, request: HttpRequest, execution: Execution) -> tuple[str, str]:
        executions.change_priority(actor=actor_in_console(request), pk=execution.pk, priority=FIRST)
        return "It has the first priority now.", ""

    verbs = {"cancel": Verb(cancel, "cancel"), "retry": Verb(retry, "retry"), "hurry": Verb(hurry, "hurry")}


def took(execution: Execution, at: datetime | None = None) -> str:
    """How long it ran, or has run until now."""
    begun, end = execution.started_at, execution.completed_at or at
    return milliseconds(max(0, round((end - begun).total_seconds() * 1000))) if begun and end else ""


def worker(robot_key: str) -> str:
    return "the hub" if robot_key == HUB_KEY else robot_key
