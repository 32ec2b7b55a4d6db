"""The filters of the lists of runs; each is a word in the address, so that a page can open its rows."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.authentication import actor_in_console
from flows.access import flows_for, robots_for
from flows.admin.places import is_uuid
from flows.choices import HELD, OPEN_EXECUTIONS, ExecutionStatus
from flows.models import Execution
from flows.queries import LONG
from rdos.kernel.word_filter import WordFilter

MOST_CHOICES = 200
FAILED = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)


class StatusFilter(WordFilter):
    title = "state"
    parameter_name = "status"
    groups = {"open": OPEN_EXECUTIONS, "held": HELD, "trouble": FAILED}

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        own = [("open", "Not over yet"), ("held", "Being worked on"), ("trouble", "Failed or timed out")]
        return [*own, *ExecutionStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.chosen in self.groups:
            return queryset.filter(status__in=self.groups[self.chosen])
        return queryset.filter(status=self.chosen) if self.chosen else queryset


class FlowFilter(WordFilter):
    title = "flow"
    parameter_name = "flow"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        found = flows_for(actor_in_console(request)).order_by("name", "id").values_list("pk", "name")
        return [(str(pk), name) for pk, name in found[:MOST_CHOICES]]

    def said(self, word: str) -> str:
        return "The chosen one"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.chosen:
            return queryset
        return queryset.filter(flow_id=self.chosen) if is_uuid(self.chosen) else queryset.none()


class RobotFilter(WordFilter):
    title = "robot"
    parameter_name = "robot"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        found = robots_for(actor_in_console(request)).order_by("node__name", "node__key")
        return list(found.values_list("node__key", "node__name")[:MOST_CHOICES])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        return queryset.filter(robot_key=self.chosen).exclude(robot_key="") if self.chosen else queryset


class FieldFilter(WordFilter):
    """One column, as a link of a page names it."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        return queryset.filter(**{str(self.parameter_name): self.chosen}) if self.chosen else queryset


class EnvironmentFilter(FieldFilter):
    title = "environment"
    parameter_name = "environment"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        found = flows_for(actor_in_console(request)).order_by("environment").values_list("environment", flat=True)
        return [(word, word) for word in found.distinct()[:MOST_CHOICES]]


class PriorityFilter(FieldFilter):
    title = "priority"
    parameter_name = "priority"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        if not self.chosen:
            return queryset
        is_number = self.chosen.isascii() and self.chosen.isdecimal() and len(self.chosen) < 4
        return queryset.filter(priority=int(self.chosen)) if is_number else queryset.none()


class LongFilter(WordFilter):
    title = "waiting"
    parameter_name = "waiting"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [("long", "Ready for more than five minutes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        if self.chosen != "long":
            return queryset
        before = timezone.now() - LONG
        return queryset.filter(status=ExecutionStatus.QUEUED, ready_at__lt=before)
