"""Schedules of flows that run, without doors between. Their moments are made, and never waited for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.authentication import actor_of_user
from flows.models import Flow
from scheduling.models import Firing, Schedule, Trigger
from scheduling.services import clock, triggers
from tests.flows.story import flow_that_runs
from tests.people import Person

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def schedule_by(person: Person, at: datetime = MONDAY, flow: Flow | None = None, **said: Any) -> Schedule:
    common = {
        name: said.pop(name) for name in ("is_enabled", "input", "priority", "pause_after_failures") if name in said
    }
    part = {"cron": "*/5 * * * *"} | said
    trigger = triggers.create(
        actor=actor_of_user(person.user),
        flow_id=(flow or flow_that_runs()).pk,
        kind="schedule",
        name="Every five minutes",
        at=at,
        part=part,
        **common,
    )
    return trigger.schedule


def trigger_by(person: Person, kind: str, at: datetime = MONDAY, flow: Flow | None = None, **said: Any) -> Trigger:
    return triggers.create(
        actor=actor_of_user(person.user),
        flow_id=(flow or flow_that_runs()).pk,
        kind=kind,
        name="A trigger",
        at=at,
        part=said,
    )


def tick(at: datetime) -> int:
    return clock.fire_due(at)


def fired(schedule: Schedule) -> list[tuple[str, str, str]]:
    """What went off: when it was due, how, and with what outcome."""
    rows = Firing.objects.filter(trigger_id=schedule.pk).order_by("due_at", "fired_at")
    return [(f"{row.due_at:%H:%M}", row.source, row.outcome) for row in rows]


def again(schedule: Schedule) -> Schedule:
    return Schedule.objects.select_related("trigger").get(pk=schedule.pk)


def trigger_of(schedule: Schedule) -> Trigger:
    return Trigger.objects.get(pk=schedule.pk)
