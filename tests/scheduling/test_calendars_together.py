"""A calendar is changed while the clock ticks and while others edit the schedules that heed it."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import pytest

from rdos.kernel.errors import DomainError
from scheduling.models import Calendar, Firing, Schedule
from scheduling.services import calendar_changes, triggers
from tests.flows.story import flow_that_runs
from tests.flows.test_races import at_once
from tests.people import Person
from tests.scheduling.story import MINUTE, MONDAY, schedule_by, tick

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 40


def test_nobody_waits_for_each_other_in_a_circle_and_nothing_is_lost(developer: Person) -> None:
    flow, actor = flow_that_runs(), developer.actor
    calendars = [Calendar.objects.create(name=f"Calendar {number}") for number in range(2)]
    ids = [calendar.pk for calendar in calendars]
    rows = [schedule_by(developer, flow=flow, cron="* * * * *", calendars=ids) for _ in range(6)]

    def clock() -> None:
        for number in range(1, ROUNDS + 1):
            tick(MONDAY + number * MINUTE)

    def calendars_changed() -> None:
        for number in range(ROUNDS):
            days = [f"{2100 + number}-01-01"]
            for pk in ids:
                calendar_changes.update(actor=actor, pk=pk, fields={"days": days}, at=MONDAY)

    def edited(order: int) -> Callable[[], None]:
        def act() -> None:
            for number in range(ROUNDS):
                row, named = rows[::order][number % len(rows)], ids[: 1 + number % 2]
                triggers.update(actor=actor, pk=row.pk, at=MONDAY, fields={}, part={"calendars": named[::order]})

        return act

    at_once([clock, calendars_changed, calendars_changed, edited(1), edited(-1)])
    tick(MONDAY + (ROUNDS + 1) * MINUTE)

    assert set(Schedule.objects.values_list("next_due_at", flat=True)) == {MONDAY + (ROUNDS + 2) * MINUTE}
    assert Firing.objects.filter(due_at=MONDAY + (ROUNDS + 1) * MINUTE).count() == len(rows)


def test_a_calendar_is_removed_while_schedules_come_to_name_it(developer: Person) -> None:
    flow, actor, numbers = flow_that_runs(), developer.actor, count()
    for _ in range(10):
        calendar = Calendar.objects.create(name=str(uuid4()), days=[f"{datetime.now(UTC).year + 1}-01-01"])

        def named(pk: object = calendar.pk) -> str:
            try:
                schedule_by(developer, flow=flow, cron=f"{next(numbers) % 60} * * * *", calendars=[pk])
            except DomainError as refusal:
                return refusal.code
            return "made"

        def removed(pk: object = calendar.pk) -> str:
            calendar_changes.delete(actor=actor, pk=pk, at=MONDAY)  # type: ignore[arg-type]
            return "removed"

        answers = at_once([named, named, removed])
        assert answers[-1] == "removed" and set(answers[:-1]) <= {"made", "invalid"}
    assert not Schedule.calendars.through.objects.exists()
