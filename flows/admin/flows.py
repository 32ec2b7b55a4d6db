"""Flows: the list, and the page with what one does, its runs and its versions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.access import allows
from accounts.authentication import actor_in_console
from flows.access import flows_for
from flows.admin import comparing, deploying, flow_facts, rollout_form, running, versions, writing
from flows.admin.places import list_of
from flows.admin.tones import flow_badge
from flows.choices import OPEN_EXECUTIONS, FlowStatus
from flows.models import Execution, Flow
from flows.services import flows, switching
from rdos.kernel import panels
from rdos.kernel.console import Question, journal_of, moment, pair, two
from rdos.kernel.live_page import Button, Nothing, RowPage, Verb

STARTABLE = (FlowStatus.STOPPED, FlowStatus.ERROR)
STOPPABLE = (FlowStatus.RUNNING, FlowStatus.STARTING, FlowStatus.ERROR)
GRAPH = '{"nodes": {"start": {"node_id": "start", "node_type": "StartNode"}}, "connections": []}'
FIRST_FLOW = """curl -X POST %sapi/v1/workflows \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '{"workflow_name": "Hello", "workflow_json": %s}'"""
STOP = Question("Stop the flow", "What runs or waits of it is cancelled for good. It can be started again.", "Stop")
DELETE = Question(
    "Delete the flow",
    "Its versions and its runs go with it; what is under way is cancelled. The journal keeps what happened.",
    "Delete",
)


ROLL_BACK = Question(
    "Go back to the former version",
    "Every node that has this flow goes back to the version that it had before.",
    "Go back",
)

Shown = Callable[..., HttpResponse]
# By name and address: what else there is of one flow.
PAGES: tuple[tuple[str, str, Shown], ...] = (
    ("edit", "edit/", writing.edit),
    ("run", "run/", running.page),
    ("difference", "difference/", comparing.page),
    ("version", "versions/<int:number>/", versions.page),
    ("restore", "versions/<int:number>/restore/", versions.restore),
    ("deploy", "deploy/", deploying.deploy),
    ("undeploy", "undeploy/", deploying.undeploy),
    ("deployment_again", "deployments/<uuid:deployment>/again/", deploying.again),
    ("deployment_away", "deployments/<uuid:deployment>/away/", deploying.away),
    ("rollout", "rollout/", rollout_form.begin),
)


class FlowList(ChangeList):
    """Counts what is under way of a whole page in one question."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type] # the theme has no types
        under_way = Execution.objects.filter(flow__in=[row.pk for row in rows], status__in=OPEN_EXECUTIONS)
        counts = dict(under_way.order_by().values_list("flow_id").annotate(Count("pk")))
        for row in rows:
            row.under_way = counts.get(row.pk, 0)
        self.result_list = rows


@admin.register(Flow)
class FlowPage(RowPage):
    list_display = ("what", "state", "runs", "where", "newest", "whose")
    noun = "flows"
    list_filter = ("status", "kind", "runs_on", "access")
    search_fields = ("name", "description")
    search_help_text = "Name or description"
    ordering = ("name", "id")
    sortable_by = ("what", "newest")
    row_template = "console/flows/flow.html"
    live_template = "console/flows/live.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FlowList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flow]:
        found = flows_for(actor_in_console(request)).select_related("owner", "current", "target_node")
        is_list = getattr(request.resolver_match, "url_name", "") == "flows_flow_changelist"
        unshown = ("canvas", "metadata", "current__content", "current__executable")
        return (found.defer(*unshown) if is_list else found).order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        title = "No flow yet"
        if not allows(actor_in_console(request), "flows.create"):
            return Nothing(title, "Flows that you may see appear here. A developer makes them.")
        text = "Write one here, or take it from a file. A program makes one by a call like this, with a token of yours."
        line = FIRST_FLOW % (request.build_absolute_uri("/"), GRAPH)
        return Nothing(title, text, "Add a flow", self.place("add"), line)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        of_one = [
            path(f"<str:pk>/{place}", view(partial(self._of_one, shown)), name=f"flows_flow_{name}")
            for name, place, shown in PAGES
        ]
        return [*of_one, *super().get_urls()]

    def _of_one(self, shown: Shown, request: HttpRequest, pk: str, **more: Any) -> HttpResponse:
        return shown(self, request, self.found(request, pk), **more)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "flows.create")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "flows.operate")

    def has_update_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "flows.update")

    def has_deploy_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "flows.deploy")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "flows.delete")

    def has_run_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "executions.create")

    @display(description="Flow", ordering="name")
    def what(self, flow: Flow) -> SafeString:
        return pair(flow.name, flow.description[:120] or flow.get_kind_display())

    @display(description="State")
    def state(self, flow: Flow) -> SafeString:
        return flow_badge(flow.status)

    @display(description="Under way")
    def runs(self, flow: Any) -> str:
        return str(flow.under_way or "–")

    @display(description="Runs on")
    def where(self, flow: Flow) -> SafeString:
        return two(flow.get_runs_on_display(), flow.environment)

    @display(description="Version (UTC)", ordering="-updated_at")
    def newest(self, flow: Flow) -> SafeString:
        return two(f"v{flow.version}" if flow.version else "none yet", moment(flow.updated_at))

    @display(description="Owner")
    def whose(self, flow: Flow) -> SafeString:
        return two(flow.owner.username if flow.owner else "–", flow.access)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        if object_id is None:
            return writing.add(self, request)
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        flow: Flow = answer.context_data["original"]  # type: ignore[attr-defined]
        actor = actor_in_console(request)
        answer.context_data |= flow_facts.still(flow) | {  # type: ignore[attr-defined]
            "compare": self.place("difference", flow.pk),
            "journal": journal_of("flow", flow.pk) if allows(actor, "journal.read") else "",
        }
        return answer

    def live_facts(self, request: HttpRequest, flow: Flow) -> dict[str, Any]:
        actor, at = actor_in_console(request), timezone.now()
        return {
            **flow_facts.moving(actor, flow, at),
            "badge": flow_badge(flow.status),
            "versions": versions.rows(self, flow),
            "may_restore": self.may(request, "start") and self.has_update_permission(request),
            "buttons": self._buttons(request, flow),
            "may_press": self.may(request, "start"),
            "edit": self.place("edit", flow.pk) if self.has_update_permission(request) else "",
            "run": self.place("run", flow.pk) if running.may(self, request, flow) else "",
            "panels": panels.filled(panels.FLOW_PANELS, actor, at, flow.pk),
        }

    def _buttons(self, request: HttpRequest, flow: Flow) -> list[Button]:
        found = []
        if flow.status in STARTABLE and self.may(request, "start"):
            found.append(self.button("start", "Start", flow))
        if flow.status in STOPPABLE and self.may(request, "stop"):
            found.append(self.button("stop", "Stop…", flow, dangerous=True))
        if self.may(request, "delete"):
            found.append(self.button("delete", "Delete…", flow, dangerous=True))
        return found

    def start(self, request: HttpRequest, flow: Flow) -> tuple[str, str]:
        switching.start(actor=actor_in_console(request), pk=flow.pk, at=timezone.now())
        return "It is starting.", ""

    def stop(self, request: HttpRequest, flow: Flow) -> tuple[str, str]:
        switching.stop(actor=actor_in_console(request), pk=flow.pk, at=timezone.now())
        return "It is stopping.", ""

    def roll_back(self, request: HttpRequest, flow: Flow) -> tuple[str, str]:
        return deploying.roll_back(request, flow), ""

    def delete(self, request: HttpRequest, flow: Flow) -> tuple[str, str]:
        flows.delete(actor=actor_in_console(request), pk=flow.pk, at=timezone.now())
        return f"{flow.name} is deleted.", list_of("flow")

    verbs = {
        "start": Verb(start, "operate"),
        "stop": Verb(stop, "operate", STOP),
        "rollback": Verb(roll_back, "deploy", ROLL_BACK),
        "delete": Verb(delete, "remove", DELETE),
    }
