"""The log of what went off, and what came of each; deliveries of webhooks are delivered again from here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.access import allows
from accounts.authentication import actor_in_console
from rdos.kernel.clock import database_now
from rdos.kernel.console import Question, confirmed, pair, two
from rdos.kernel.live_page import Nothing, RowPage, Verb, written
from rdos.kernel.secrecy import mask_text
from scheduling.access import firings_for
from scheduling.admin import filters, logged
from scheduling.admin.moments import relative, utc
from scheduling.admin.places import flow_place, list_of, trigger_place
from scheduling.admin.results import statuses_of
from scheduling.admin.trigger_pages import run_place
from scheduling.choices import OF_A_DUE_TIME, TriggerKind
from scheduling.models import Firing
from scheduling.services import redelivering

AGAIN = Question(
    "Deliver again",
    "Each delivery of a webhook that was taken starts a new run with its input.",
    "Deliver again",
)


class FiringList(ChangeList):
    """Asks how the runs of a whole page went at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type] # the theme has no types
        ids = [row.execution_id for row in rows if row.execution_id]
        statuses = statuses_of(actor_in_console(request), ids)
        for row in rows:
            row.run_status = statuses.get(row.execution_id)
        self.result_list = rows


@admin.register(Firing)
class FiringPage(RowPage):
    list_display = ("what", "source_word", "came_of_it", "due", "fired")
    noun = "firings"
    list_filter = (
        filters.TriggerFilter,
        filters.FlowFilter,
        filters.SourceFilter,
        filters.OutcomeFilter,
        filters.PeriodFilter,
    )
    ordering = ("-fired_at", "-id")
    sortable_by = ()
    actions = ("deliver_again",)  # type: ignore[assignment] # what a person does here
    row_template = "console/scheduling/firing.html"
    live_template = "console/scheduling/firing_live.html"

    class Media:
        css = {"all": ("console/flows.css", "console/schedules.css")}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FiringList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Firing]:
        rows = firings_for(actor_in_console(request)).select_related("trigger__flow")
        is_list = getattr(request.resolver_match, "url_name", "") == "scheduling_firing_changelist"
        unshown = ("trigger__flow__canvas", "trigger__flow__metadata", "trigger__config", "trigger__metadata")
        return (rows.defer(*unshown, "input", "details") if is_list else rows).order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        text = "Whatever goes off stands here with its run: schedules, webhooks, events. Begin with a schedule."
        return Nothing("No firing yet", text, "Go to the schedules", list_of("schedule"))

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "triggers.operate")

    @display(description="Trigger")
    def what(self, firing: Firing) -> SafeString:
        return pair(firing.trigger.name, firing.trigger.flow.name)

    @display(description="Source")
    def source_word(self, firing: Firing) -> str:
        return firing.get_source_display()

    @display(description="What came of it")
    def came_of_it(self, firing: Any) -> SafeString:
        return logged.came_of(firing, firing.run_status)

    @display(description="Due (UTC)")
    def due(self, firing: Firing) -> str:
        return utc(firing.due_at) if firing.source in OF_A_DUE_TIME else "–"

    @display(description="Went off (UTC)")
    def fired(self, firing: Firing) -> SafeString:
        return two(utc(firing.fired_at), relative(firing.fired_at, timezone.now()))

    @confirmed(permission="redeliver", done="delivered again.", ask=AGAIN)
    def deliver_again(self, request: HttpRequest, firing: Firing) -> None:
        redelivering.redeliver(actor=actor_in_console(request), pk=firing.pk, at=database_now())

    def live_facts(self, request: HttpRequest, firing: Firing) -> dict[str, Any]:
        actor = actor_in_console(request)
        ids = [firing.execution_id] if firing.execution_id else []
        status = next(iter(statuses_of(actor, ids).values()), None)
        may = self.may(request, "again") and logged.is_repeatable(firing, status)
        return {
            "trigger": firing.trigger,
            "trigger_place": trigger_place(firing.trigger),
            "flow": flow_place(firing.trigger.flow_id),
            "badge": logged.badge_of(firing, status),
            "run": run_place(actor, firing.execution_id),
            "was_due": firing.source in OF_A_DUE_TIME,
            "reason": mask_text(firing.reason),
            "details": written(firing.details),
            "is_delivery": firing.trigger.kind == TriggerKind.WEBHOOK,
            "all_firings": list_of("firing", trigger=str(firing.trigger_id)),
            "buttons": [self.button("again", "Deliver again", firing)] if may else [],
            "may_press": may,
        }

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        firing: Firing = answer.context_data["original"]  # type: ignore[attr-defined]
        answer.context_data["title"] = f"{firing.trigger.name}, {utc(firing.fired_at)} UTC"  # type: ignore[attr-defined]
        return answer

    def again(self, request: HttpRequest, firing: Firing) -> tuple[str, str]:
        actor = actor_in_console(request)
        shot = redelivering.redeliver(actor=actor, pk=firing.pk, at=database_now())
        return "It is delivered again. This is its run.", run_place(actor, shot.execution_id)

    verbs = {"again": Verb(again, "redeliver")}
