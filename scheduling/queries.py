"""Questions about triggers and what came of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from scheduling.choices import TriggerKind
from scheduling.models import Calendar, Firing, Schedule, Trigger


def schedules(
    rows: QuerySet[Trigger], *, flow_id: UUID | None = None, enabled: bool | None = None
) -> QuerySet[Trigger]:
    asked = {"flow_id": flow_id, "is_enabled": enabled}
    return rows.filter(kind=TriggerKind.SCHEDULE, **_said(asked))


def upcoming(rows: QuerySet[Schedule], *, flow_id: UUID | None = None) -> QuerySet[Schedule]:
    """Each with when it goes off next, the soonest first."""
    asked = _said({"trigger__flow_id": flow_id})
    return rows.filter(next_run_at__isnull=False, **asked).order_by("next_run_at", "pk")


def firings(
    rows: QuerySet[Firing],
    *,
    trigger_id: UUID | None = None,
    flow_id: UUID | None = None,
    outcome: str = "",
    source: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Firing]:
    asked = {
        "trigger_id": trigger_id,
        "trigger__flow_id": flow_id,
        "outcome": outcome or None,
        "source": source or None,
        "fired_at__gte": since,
        "fired_at__lt": until,
    }
    return rows.filter(**_said(asked))


def _said(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def calendar_ids(schedule_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Which calendars each schedule heeds."""
    found: dict[UUID, list[UUID]] = {}
    links = Schedule.calendars.through.objects.filter(schedule_id__in=list(schedule_ids)).order_by("id")
    for schedule_id, calendar_id in links.values_list("schedule_id", "calendar_id"):
        found.setdefault(schedule_id, []).append(calendar_id)
    return found


def calendars(rows: QuerySet[Calendar], search: str = "") -> QuerySet[Calendar]:
    return rows.filter(Q(name__icontains=search) | Q(description__icontains=search)) if search else rows


def soonest(most: int, *, but: UUID | None = None) -> list[Schedule]:
    """As many schedules as may be looked at: those that go off soonest."""
    rows = Schedule.objects.filter(next_run_at__isnull=False)
    others = rows if but is None else rows.exclude(pk=but)
    return list(others.order_by("next_run_at").only(*OF_ITS_TIMES)[:most])


OF_ITS_TIMES = ("timing", "cron", "zone", "every_seconds", "anchor", "starts_at", "ends_at")
