"""Robots: who takes work, what each can, and what it has in its hands."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.choices import CONNECTED
from flows import backlog, queries
from flows.access import executions_for, robots_for
from flows.admin.cells import chips
from flows.admin.executions import UNSHOWN
from flows.admin.flow_facts import row as run_row
from flows.admin.places import list_of, node_place
from flows.admin.tones import robot_badge
from flows.choices import RESTING
from flows.models import Robot
from flows.services import robot_orders
from rdos.kernel.console import Question, moment, pair
from rdos.kernel.figures import lasting, said, words
from rdos.kernel.live_page import Button, Nothing, RowPage, Verb
from rdos.kernel.secrecy import mask

MOST_RUNS, MOST_METRICS = 10, 30
CLAIM = """curl -X POST {hub}api/v1/jobs/claim \\
  -H "X-Api-Key: $ROBOT_KEY" -H "Content-Type: application/json" -d '{{"wait": 30}}'"""


def silent(rows: QuerySet[Robot]) -> QuerySet[Robot]:
    """Gone without a word, and nobody said that they would be."""
    now = timezone.now()
    excused = Q(node__maintenance_until__gt=now) | Q(node__expires_at__lte=now) | Q(node__last_seen_at=None)
    return rows.exclude(status__in=RESTING).exclude(node__status__in=CONNECTED).exclude(excused)


class ThereFilter(SimpleListFilter):
    title = "presence"
    parameter_name = "there"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "There"), ("silent", "Silent")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Robot]) -> QuerySet[Robot]:
        if self.value() == "silent":
            return silent(queryset)
        return queryset.filter(node__status__in=CONNECTED) if self.value() == "yes" else queryset


class RobotList(ChangeList):
    """Asks for the pace of a whole page in one question."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type] # the theme has no types
        paces = backlog.paces([row.node.key for row in rows], timezone.now())
        for row in rows:
            row.pace = paces[row.node.key]
        self.result_list = rows


@admin.register(Robot)
class RobotPage(RowPage):
    list_display = ("what", "state", "has_now", "where", "able", "pace", "heard")
    noun = "robots"
    list_filter = (ThereFilter, "status", "environment")
    search_fields = ("node__name", "node__key", "hostname")
    search_help_text = "Name, key or host"
    ordering = ("node__name", "node__key")
    sortable_by = ("what",)
    row_template = "console/robots/robot.html"
    live_template = "console/robots/live.html"

    class Media:
        css = {"all": ("console/flows.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RobotList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Robot]:
        return queries.with_word(robots_for(actor_in_console(request))).select_related("node").order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        title = "No robot yet"
        if not allows(actor_in_console(request), "robot_tokens.create"):
            return Nothing(title, "Robots appear here as soon as they ask for work. An administrator gives them a key.")
        text = "A robot appears here as soon as it asks for work. Give it a key; with it this one line takes a job."
        line = CLAIM.format(hub=request.build_absolute_uri("/"))
        return Nothing(title, text, "Give a robot a key", reverse("admin:accounts_apitoken_add"), line)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "robots.operate")

    @display(description="Robot", ordering="node__name")
    def what(self, robot: Robot) -> SafeString:
        return pair(robot.node.name, robot.node.key)

    @display(description="State")
    def state(self, robot: Robot) -> SafeString:
        return robot_badge(robot, timezone.now())

    @display(description="Works on")
    def has_now(self, robot: Any) -> str:
        return f"{robot.pace.held} of {robot.max_concurrent}"

    @display(description="Environment")
    def where(self, robot: Robot) -> str:
        return robot.environment

    @display(description="Capabilities")
    def able(self, robot: Robot) -> SafeString | str:
        return chips(robot.capabilities) if robot.capabilities else "–"

    @display(description="Claims a minute")
    def pace(self, robot: Any) -> str:
        return rate(robot.pace.per_minute)

    @display(description="Heard of (UTC)")
    def heard(self, robot: Robot) -> str:
        return moment(max(filter(None, (robot.heartbeat_at, robot.node.last_seen_at)), default=None))

    def live_facts(self, request: HttpRequest, robot: Robot) -> dict[str, Any]:
        actor, at = actor_in_console(request), timezone.now()
        runs = executions_for(actor).filter(robot_key=robot.node.key).exclude(robot_key="").defer(*UNSHOWN)
        pace = backlog.paces([robot.node.key], at)[robot.node.key]
        shown: Any = mask(robot.metrics)
        return {
            "badge": robot_badge(robot, at),
            "place": node_place(robot.pk),
            "held": pace.held,
            "rate": rate(pace.per_minute),
            "capabilities": chips(robot.capabilities) if robot.capabilities else "",
            "tags": chips(robot.tags) if robot.tags else "",
            "silence": lasting((at - robot.heartbeat_at).total_seconds()) if robot.heartbeat_at else "",
            "metrics": [(words(name), said(name, value)) for name, value in list(shown.items())[:MOST_METRICS]],
            "runs": [run_row(one, at) for one in runs.order_by("-created_at", "-id")[:MOST_RUNS]],
            "all_runs": list_of("execution", robot=robot.node.key),
            "buttons": self._buttons(robot) if self.may(request, "pause") else [],
            "may_press": self.may(request, "pause"),
        }

    def _buttons(self, robot: Robot) -> list[Button]:
        if robot.is_draining or robot.status in robot_orders.SET_ASIDE:
            go_on = self.button("resume", "Let it take work", robot)
            return [go_on, self.button("empty", "Take its work away…", robot, dangerous=True)]
        return [self.button("pause", "Give it nothing new", robot)]

    def pause(self, request: HttpRequest, robot: Robot) -> tuple[str, str]:
        robot_orders.pause(actor=actor_in_console(request), key=robot.node.key, at=timezone.now())
        return "It finishes what it has and takes nothing new.", ""

    def resume(self, request: HttpRequest, robot: Robot) -> tuple[str, str]:
        robot_orders.resume(actor=actor_in_console(request), key=robot.node.key, at=timezone.now())
        return "It takes work again.", ""

    def empty(self, request: HttpRequest, robot: Robot) -> tuple[str, str]:
        robot_orders.stop(actor=actor_in_console(request), key=robot.node.key, at=timezone.now(), force=True)
        return "Its runs are back in the queue.", ""

    verbs = {
        "pause": Verb(pause, "operate"),
        "resume": Verb(resume, "operate"),
        "empty": Verb(
            empty,
            "operate",
            Question(
                "Take its work away",
                "What it has in its hands goes back to the queue at once, and what it still says of it does not count.",
                "Take it away",
            ),
        ),
    }


def rate(per_minute: float) -> str:
    return "–" if not per_minute else f"{per_minute:.1f}".removesuffix(".0")
