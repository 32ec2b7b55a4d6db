"""The clock: every due time goes off once, and the next one is always known."""

from datetime import datetime

import pytest

from flows.models import Execution
from rdos.kernel.models import JournalEntry
from scheduling.models import Firing, Trigger
from scheduling.services import lateness, triggers
from tests.people import Person
from tests.scheduling.story import HOUR, MINUTE, MONDAY, again, fired, schedule_by, tick, trigger_of

pytestmark = pytest.mark.django_db


def test_a_due_schedule_starts_its_flow_and_knows_when_it_is_due_next(developer: Person) -> None:
    schedule = schedule_by(developer, input={"n": 1}, priority=3)
    assert schedule.next_run_at == MONDAY + 5 * MINUTE

    assert tick(MONDAY + 4 * MINUTE) == 0
    assert tick(MONDAY + 5 * MINUTE) == 1

    (run,) = Execution.objects.all()
    assert (run.status, run.trigger_type, run.trigger_id) == ("queued", "schedule", schedule.pk)
    assert (run.input, run.priority, run.created_by_label) == ({"n": 1}, 3, "Every five minutes")
    assert fired(schedule) == [("08:05", "clock", "started")]
    assert again(schedule).next_run_at == MONDAY + 10 * MINUTE
    trigger = trigger_of(schedule)
    assert (trigger.fired_count, trigger.failure_count, trigger.last_fired_at) == (1, 0, MONDAY + 5 * MINUTE)


def test_the_same_moment_asked_twice_starts_one_run(developer: Person) -> None:
    schedule = schedule_by(developer)
    tick(MONDAY + 5 * MINUTE)
    # As if a clock had died between what it wrote and what it would write: the row says it is due again.
    schedule.save(update_fields=("next_due_at", "next_run_at"))

    assert tick(MONDAY + 5 * MINUTE) == 1
    assert Execution.objects.count() == 1
    assert trigger_of(schedule).fired_count == 1


@pytest.mark.parametrize(
    ("misfire", "expected"),
    [
        ("skip", [("08:05", "clock", "missed"), ("11:00", "clock", "started")]),
        ("run_once", [("08:05", "clock", "missed"), ("11:00", "clock", "started")]),
        (
            "run_all",
            [("08:05", "clock", "missed")]
            + [(f"10:{m:02}", "catch_up", "started") for m in range(0, 60, 5)]
            + [("11:00", "clock", "started")],
        ),
    ],
)
def test_three_hours_without_a_clock(developer: Person, misfire: str, expected: list[tuple[str, str, str]]) -> None:
    schedule = schedule_by(developer, misfire=misfire, catch_up_seconds=3600)
    tick(MONDAY + 3 * HOUR)
    assert fired(schedule) == expected
    assert again(schedule).next_run_at == MONDAY + 3 * HOUR + 5 * MINUTE


def test_a_stopped_flow_is_left_out_and_counted_as_a_failure(developer: Person) -> None:
    schedule = schedule_by(developer)
    flow = schedule.trigger.flow
    flow.status = "stopped"
    flow.save()

    tick(MONDAY + 5 * MINUTE)

    assert fired(schedule) == [("08:05", "clock", "skipped")]
    assert not Execution.objects.exists()
    assert (trigger_of(schedule).failure_count, again(schedule).next_run_at) == (1, MONDAY + 10 * MINUTE)


def test_whoever_may_no_longer_start_flows_pauses_their_schedules(developer: Person) -> None:
    schedule = schedule_by(developer)
    developer.user.role = "viewer"
    developer.user.save()

    tick(MONDAY + 5 * MINUTE)

    trigger = trigger_of(schedule)
    assert not trigger.is_enabled
    assert "may not start flows any more" in trigger.paused_reason
    assert again(schedule).next_run_at is None
    assert JournalEntry.objects.filter(action="trigger.paused", object_id=str(schedule.pk)).exists()
    assert not Execution.objects.exists()


def test_runs_that_fail_in_a_row_pause_their_schedule(developer: Person) -> None:
    schedule = schedule_by(developer, pause_after_failures=2)
    for minutes in (5, 10):
        tick(MONDAY + minutes * MINUTE)
        Execution.objects.filter(status="queued").update(status="failed", completed_at=MONDAY + minutes * MINUTE)

    tick(MONDAY + 15 * MINUTE)

    assert trigger_of(schedule).paused_reason == "2 runs in a row failed."
    assert Execution.objects.count() == 2


def test_one_that_cannot_be_computed_any_more_stops_alone(developer: Person) -> None:
    broken, sound = schedule_by(developer), schedule_by(developer)
    type(broken).objects.filter(pk=broken.pk).update(zone="Mars/Olympus")

    tick(MONDAY + 5 * MINUTE)

    assert "Mars/Olympus" in trigger_of(broken).paused_reason
    assert fired(sound) == [("08:05", "clock", "started")]
    assert Trigger.objects.filter(is_enabled=True).count() == 1


def test_what_came_due_before_an_edit_still_goes_off(developer: Person) -> None:
    schedule = schedule_by(developer)
    edited = MONDAY + 5 * MINUTE

    triggers.update(
        actor=developer.actor, pk=schedule.pk, at=edited, fields={"name": "Hourly"}, part={"cron": "0 * * * *"}
    )

    assert fired(schedule) == [("08:05", "clock", "started")]
    assert again(schedule).next_run_at == MONDAY + HOUR
    trigger = trigger_of(schedule)
    assert (trigger.name, trigger.fired_count) == ("Hourly", 1)


def test_a_clock_that_jumps_forth_and_back_loses_nothing_and_doubles_nothing(developer: Person) -> None:
    schedule = schedule_by(developer)
    ticking(MONDAY + 5 * MINUTE)
    ticking(MONDAY + 2 * MINUTE)
    assert again(schedule).next_run_at == MONDAY + 5 * MINUTE
    ticking(MONDAY + 5 * MINUTE)
    assert fired(schedule) == [("08:05", "clock", "started")]

    ticking(MONDAY + 24 * HOUR)
    assert again(schedule).next_run_at == MONDAY + 24 * HOUR + 5 * MINUTE
    ticking(MONDAY + 12 * MINUTE)
    assert again(schedule).next_run_at == MONDAY + 15 * MINUTE
    ticking(MONDAY + 15 * MINUTE)
    ticking(MONDAY + 24 * HOUR)

    started = [row.due_at for row in Firing.objects.filter(trigger_id=schedule.pk, outcome="started")]
    assert sorted(started) == [MONDAY + 5 * MINUTE, MONDAY + 15 * MINUTE, MONDAY + 24 * HOUR]
    assert Execution.objects.count() == 3
    told = JournalEntry.objects.filter(action="clock.put_back").order_by("id")
    assert [entry.details["schedules"] for entry in told] == [1, 1]


def ticking(at: datetime) -> None:
    """As the tick does it."""
    lateness.give_sign(at)
    tick(at)
