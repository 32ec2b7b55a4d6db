"""The filters of the lists of scheduling; each is a word in the address."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.authentication import actor_in_console
from flows.access import flows_for
from rdos.kernel.word_filter import WordFilter
from scheduling.access import triggers_for
from scheduling.admin.places import is_uuid
from scheduling.choices import Outcome, Source
from scheduling.services.lateness import LATE

MOST_CHOICES = 200
PERIODS = {
    "hour": ("The last hour", timedelta(hours=1)),
    "day": ("The last 24 hours", timedelta(days=1)),
    "week": ("The last 7 days", timedelta(days=7)),
    "month": ("The last 30 days", timedelta(days=30)),
}


class FlowFilter(WordFilter):
    title = "flow"
    parameter_name = "flow"
    column = "trigger__flow_id"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        rows = flows_for(actor_in_console(request)).filter(triggers__isnull=False).order_by("name", "id").distinct()
        return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:MOST_CHOICES]]

    def said(self, word: str) -> str:
        return "The chosen one"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.chosen:
            return queryset
        return queryset.filter(**{self.column: self.chosen}) if is_uuid(self.chosen) else queryset.none()


class TriggerFilter(FlowFilter):
    title = "trigger"
    parameter_name = "trigger"
    column = "trigger_id"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        rows = triggers_for(actor_in_console(request)).order_by("name", "id")
        return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:MOST_CHOICES]]


class StateFilter(WordFilter):
    title = "state"
    parameter_name = "state"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [("on", "On"), ("off", "Off"), ("paused", "Paused by the hub")]

    def fitting(self) -> Q | None:
        states = {
            "on": Q(trigger__is_enabled=True),
            "off": Q(trigger__is_enabled=False),
            "paused": Q(trigger__is_enabled=False) & ~Q(trigger__paused_reason=""),
        }
        return states.get(self.chosen)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.chosen:
            return queryset
        fitting = self.fitting()
        return queryset.none() if fitting is None else queryset.filter(fitting)


class ScheduleStateFilter(StateFilter):
    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [*super().words(request), ("late", "Late"), ("over", "At its end")]

    def fitting(self) -> Q | None:
        if self.chosen == "late":
            return Q(trigger__is_enabled=True, next_run_at__lt=timezone.now() - LATE)
        over = Q(trigger__is_enabled=True, next_run_at__isnull=True)
        return over if self.chosen == "over" else super().fitting()


class OutcomeFilter(WordFilter):
    title = "outcome"
    parameter_name = "outcome"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        return list(Outcome.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(outcome=self.chosen) if self.chosen else queryset


class SourceFilter(WordFilter):
    title = "source"
    parameter_name = "source"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        return list(Source.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(source=self.chosen) if self.chosen else queryset


class PeriodFilter(WordFilter):
    title = "period"
    parameter_name = "period"

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [(word, label) for word, (label, _) in PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.chosen not in PERIODS:
            return queryset.none() if self.chosen else queryset
        return queryset.filter(fired_at__gte=timezone.now() - PERIODS[self.chosen][1])
