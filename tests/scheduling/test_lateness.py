"""The clock is watched from outside: its silence is told once, and so is its return."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from rdos import ticks, watching
from rdos.kernel.models import JournalEntry
from scheduling.models import ClockSign, Trigger
from scheduling.services import lateness
from telemetry.models import Event
from tests.console.browsing import at_desk
from tests.flows.story import flow_that_runs
from tests.people import Caller, Person
from tests.scheduling.happening import runs, trigger_by
from tests.scheduling.story import MINUTE, schedule_by, trigger_of

SECOND = timedelta(seconds=1)
NOW = timezone.now()
LONG_AGO = NOW - timedelta(hours=1)


def told() -> list[str]:
    return list(
        JournalEntry.objects.filter(action__startswith="clock.").order_by("id").values_list("action", flat=True)
    )


def silence(since: timedelta) -> None:
    ClockSign.objects.update_or_create(pk=1, defaults={"seen_at": timezone.now() - since})


@pytest.mark.django_db
def test_each_tick_is_a_sign_and_they_are_written_no_more_often_than_once_a_second() -> None:
    lateness.give_sign(NOW)
    lateness.give_sign(NOW + 0.9 * SECOND)
    assert lateness.last_seen() == NOW
    lateness.give_sign(NOW + SECOND)
    assert lateness.last_seen() == NOW + SECOND
    lateness.give_sign(NOW)
    assert lateness.last_seen() == NOW + SECOND


@pytest.mark.django_db
def test_silence_is_told_once_and_so_is_its_end() -> None:
    lateness.give_sign(NOW)
    assert not lateness.watch(NOW + 10 * SECOND, LONG_AGO)
    assert told() == []
    for seconds in (11, 13, 15):
        assert lateness.watch(NOW + seconds * SECOND, LONG_AGO)
    assert told() == ["clock.late"]
    lateness.give_sign(NOW + 20 * SECOND)
    lateness.give_sign(NOW + 22 * SECOND)
    assert not lateness.watch(NOW + 23 * SECOND, LONG_AGO)
    assert told() == ["clock.late", "clock.back"]
    late, back = JournalEntry.objects.filter(action__startswith="clock.").order_by("id")
    assert (late.details["late_seconds"], late.details["severity"], back.details["late_seconds"]) == (
        11.0,
        "major",
        20.0,
    )


@pytest.mark.django_db
def test_a_clock_that_was_put_back_is_an_event() -> None:
    lateness.give_sign(NOW)
    for minutes in (30, 29):
        lateness.give_sign(NOW - minutes * MINUTE)
    assert (told(), lateness.last_seen()) == (["clock.put_back"], NOW - 29 * MINUTE)
    ticks.seal_journal()
    ticks.tell_events()
    (event,) = Event.objects.all()
    assert (event.severity, event.category) == ("major", "clock")
    assert event.message.startswith("The database's clock was put back by 30 min")


@pytest.mark.django_db
def test_a_hub_that_has_just_been_started_is_given_time() -> None:
    lateness.give_sign(NOW - timedelta(hours=8))
    assert not lateness.watch(NOW, NOW)
    assert not lateness.watch(NOW + 30 * SECOND, NOW)
    assert lateness.watch(NOW + 31 * SECOND, NOW)
    assert told() == ["clock.late"]


@pytest.mark.django_db
def test_a_clock_that_never_ticked_is_late_too() -> None:
    assert not lateness.watch(NOW, NOW)
    assert lateness.watch(NOW + 31 * SECOND, NOW)
    assert told() == ["clock.late"]


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    yield
    connections.close_all()


def in_threads(count: int, work: Any) -> None:
    def one(_: int) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))


@pytest.mark.slow
def test_of_many_who_watch_one_tells(committed: None) -> None:
    silence(12 * SECOND)
    in_threads(6, lambda: watching.look(LONG_AGO))
    assert told() == ["clock.late"]
    assert Event.objects.filter(action="clock.late").count() == 1
    in_threads(6, ticks.fire_schedules)
    assert told() == ["clock.late", "clock.back"]


@pytest.mark.django_db
def test_everybody_sees_it_although_the_ticks_are_dead(viewer: Person, developer: Person) -> None:
    trigger = trigger_by(developer, "clock.late", severities=["major"])
    silence(75 * SECOND)
    watching.look(LONG_AGO)
    (event,) = viewer.caller.get("/api/v1/events").json()
    assert (event["severity"], event["category"], event["acknowledged"]) == ("major", "clock", False)
    # On a slow machine a second or two may pass until somebody looks.
    assert event["message"].startswith("The clock has not ticked for 1 min 1")
    assert len(runs(trigger)) == 1
    told_of = Caller().get("/health/detailed").json()["dependencies"]["clock"]
    assert not told_of["healthy"] and told_of["error"].startswith("The clock has not run for 7")

    ticks.fire_schedules()
    ticks.seal_journal()
    ticks.tell_events()
    back, _ = viewer.caller.get("/api/v1/events").json()
    assert back["severity"] == "info"
    assert back["message"].startswith("The clock ticks again, after 1 min ")
    told_of = Caller().get("/health/detailed").json()["dependencies"]["clock"]
    assert told_of["healthy"] and told_of["last_tick_seconds"] < 5


def front_page(person: Person) -> str:
    text: str = at_desk(person).get("/front/live").content.decode()
    return text


@pytest.mark.django_db
def test_the_front_page_counts_schedules_that_are_late(developer: Person, stranger: Person) -> None:
    now = timezone.now()
    flow = flow_that_runs(owner=developer.user, access="private")
    late, soon = schedule_by(developer, now, flow), schedule_by(developer, now, flow)
    type(late).objects.filter(pk=late.pk).update(next_run_at=now - 3 * MINUTE)
    type(soon).objects.filter(pk=soon.pk).update(next_run_at=now - 3 * SECOND)
    Trigger.objects.filter(pk=trigger_of(late).pk).update(name="Nightly backup")
    page = front_page(developer)
    assert "1 schedule is late" in page
    assert "Nightly backup of the flow Invoices, by 3 min" in page
    assert "is late" not in front_page(stranger)
    type(late).objects.filter(pk=late.pk).update(next_run_at=now + MINUTE)
    assert "is late" not in front_page(developer)
