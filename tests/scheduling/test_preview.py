"""What a schedule would do, before it is saved and afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scheduling.models import Calendar, Schedule
from scheduling.services import crowds, preview
from tests.flows.story import flow_that_runs
from tests.people import Caller, MakePerson, Person
from tests.scheduling.story import MONDAY, schedule_by

pytestmark = pytest.mark.django_db
PREVIEW = "/api/v1/schedules/preview"
KEYS = {"words", "timezone", "fires", "load", "considered", "is_partial"}
BEFORE_SPRING, BEFORE_AUTUMN = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)


@pytest.fixture
def vera(viewer: Person) -> Caller:
    return viewer.caller


def of(who: Person, at: datetime = MONDAY, most: int = 3, **part: Any) -> preview.Preview:
    return preview.unsaved(actor=who.actor, part=part, at=at, most=most)


def test_an_expression_is_told_in_words_and_moments(vera: Caller) -> None:
    told = vera.post(PREVIEW, {"cron_expression": "0 9 * * 1-5", "timezone": "Europe/Berlin", "n": 3}).json()
    assert set(told) == KEYS
    assert (told["words"], told["timezone"]) == ("weekdays at 09:00 Berlin time", "Europe/Berlin")
    assert len(told["fires"]) == 3
    fire = told["fires"][0]
    assert fire["due_at"].endswith("Z") and "T09:00:00+0" in fire["local"]
    assert datetime.fromisoformat(fire["due_at"]) == datetime.fromisoformat(fire["local"])
    assert (fire["mark"], fire["excluded"], fire["collisions"], fire["colliding"]) == ("", "", 0, [])
    assert len(told["load"]) == 60 and {minute["schedules"] for minute in told["load"]} == {0}
    assert (told["considered"], told["is_partial"], Schedule.objects.count()) == (0, False, 0)


def test_a_gap_and_a_fold_are_marked(viewer: Person) -> None:
    spring = of(viewer, BEFORE_SPRING, cron="30 2 * * *", zone="Europe/Berlin").fires
    assert [(f"{fire.local:%d %H:%M %z}", fire.mark) for fire in spring] == [
        ("29 03:00 +0200", "gap"), ("30 02:30 +0200", ""), ("31 02:30 +0200", ""),
    ]  # fmt: skip
    autumn = of(viewer, BEFORE_AUTUMN, cron="30 2 * * *", zone="Europe/Berlin").fires
    assert [(f"{fire.local:%d %H:%M %z}", fire.mark) for fire in autumn[:2]] == [
        ("25 02:30 +0200", "fold"), ("26 02:30 +0100", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"timing": "interval", "every_seconds": 1}, "every second"),
        ({"timing": "interval", "every_seconds": 60}, "every minute"),
        ({"timing": "interval", "every_seconds": 90}, "every 90 seconds"),
        ({"timing": "interval", "every_seconds": 7200}, "every 2 hours"),
        ({"timing": "interval", "every_seconds": 86400}, "every day"),
        (
            {"timing": "once", "anchor": datetime(2026, 12, 24, 17, tzinfo=UTC), "zone": "Europe/Berlin"},
            "once, on 2026-12-24 at 18:00:00 Berlin time",
        ),
        ({"cron": "*/5 * * * *"}, "every 5 minutes"),
    ],
)
def test_each_timing_has_its_words(viewer: Person, part: Any, words: str) -> None:
    assert of(viewer, **part).words == words


def test_one_that_is_never_due_shows_nothing(viewer: Person) -> None:
    found = of(viewer, timing="once", anchor=datetime(2020, 1, 1, tzinfo=UTC))
    assert (list(found.fires), list(found.load)) == ([], [])


def test_it_ends_where_the_schedule_does(viewer: Person) -> None:
    bounds = {"starts_at": datetime(2026, 12, 1, tzinfo=UTC), "ends_at": datetime(2026, 12, 2, 12, tzinfo=UTC)}
    fires = of(viewer, cron="0 12 * * *", **bounds).fires
    assert [fire.due_at.day for fire in fires] == [1, 2]


def test_what_a_calendar_leaves_out_is_shown_with_the_reason(viewer: Person) -> None:
    calendar = Calendar.objects.create(name="Feasts", days=["2026-11-24"])
    fires = of(viewer, cron="0 12 * * *", calendars=[calendar.pk]).fires
    assert [(fire.due_at.day, bool(fire.excluded)) for fire in fires] == [
        (23, False), (24, True), (25, False), (26, False),
    ]  # fmt: skip
    assert fires[1].excluded == "Feasts: 2026-11-24"


def test_a_calendar_that_leaves_out_everything_ends_the_list(viewer: Person) -> None:
    every_day = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "from": "00:00", "to": "00:00"}
    calendar = Calendar.objects.create(name="Never", windows=[every_day])
    fires = of(viewer, cron="* * * * *", calendars=[calendar.pk]).fires
    assert {bool(fire.excluded) for fire in fires} == {True} and len(fires) == 3


def test_others_that_are_due_in_the_same_minute_are_told(
    developer: Person, viewer: Person, make_person: MakePerson
) -> None:
    seen = schedule_by(developer, cron="0,30 9 * * *")
    bob = make_person("bob", "developer")
    schedule_by(bob, cron="0 9 * * *", flow=flow_that_runs(access="private", owner=bob.user))
    schedule_by(developer, cron="0 9 * * *", is_enabled=False)
    found = of(viewer, cron="0 9 * * *", most=2)
    assert [(fire.others, fire.named) for fire in found.fires] == [(2, [(seen.pk, "Every five minutes")])] * 2
    crowded = {f"{one.minute:%H:%M}": one.others for one in found.load if one.others}
    assert crowded == {"09:00": 2, "09:30": 1}
    assert (found.considered, found.is_partial) == (2, False)


def test_others_calendars_are_heeded(developer: Person, viewer: Person) -> None:
    calendar = Calendar.objects.create(name="Feasts", days=["2026-11-23"])
    schedule_by(developer, cron="0 9 * * *", calendars=[calendar.pk])
    assert [fire.others for fire in of(viewer, cron="0 9 * * *", most=2).fires] == [0, 1]


def test_it_looks_at_no_more_than_it_may_and_says_so(
    developer: Person, viewer: Person, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    flow = flow_that_runs()
    for minute in range(4):
        schedule_by(developer, cron=f"{minute} 9 * * *", flow=flow)
    actor = viewer.actor
    with django_assert_num_queries(3):
        preview.unsaved(actor=actor, part={"cron": "0 9 * * *"}, at=MONDAY, most=5)
    monkeypatch.setattr(crowds, "MOST_TIMETABLES", 3)
    found = of(viewer, cron="0 9 * * *")
    assert (found.considered, found.is_partial, found.fires[0].others) == (3, True, 1)
    monkeypatch.setattr(crowds, "MOST_SCHEDULES", 2)
    assert (of(viewer, cron="0 9 * * *").considered, of(viewer, cron="0 9 * * *").is_partial) == (2, True)


def test_one_that_cannot_be_computed_any_more_is_passed_over(developer: Person, viewer: Person) -> None:
    broken = schedule_by(developer, cron="0 9 * * *")
    Schedule.objects.filter(pk=broken.pk).update(zone="Mars/Olympus")
    assert of(viewer, cron="0 9 * * *").fires[0].others == 0


def test_a_saved_one_is_not_in_its_own_way_and_tells_its_jitter(developer: Person, vera: Caller) -> None:
    schedule = schedule_by(developer, cron="0 9 * * *", jitter_seconds=600)
    told = vera.get(f"/api/v1/schedules/{schedule.pk}/preview?n=2").json()
    assert (len(told["fires"]), told["considered"]) == (2, 0)
    late = [datetime.fromisoformat(fire["runs_at"]) - datetime.fromisoformat(fire["due_at"]) for fire in told["fires"]]
    assert late[0] == late[1] and 0 <= late[0].total_seconds() < 600


BAD = [
    ({}, "cron_expression"),
    ({"cron_expression": "0 0 31 2 *"}, "cron_expression"),
    ({"cron_expression": "* * * * *", "timezone": "Mars"}, "timezone"),
    ({"cron_expression": "* * * * *", "n": 0}, "n"),
    ({"cron_expression": "* * * * *", "n": 101}, "n"),
    ({"timing": "interval"}, "every_seconds"),
    ({"cron_expression": "* * * * *", "calendars": ["7"]}, "calendars.0"),
    ({"cron_expression": "* * * * *", "calendars": ["00000000-0000-4000-8000-00000000dead"]}, "calendars"),
]


@pytest.mark.parametrize(("said", "field"), BAD)
def test_bad_input_is_refused_by_its_field(vera: Caller, said: dict[str, Any], field: str) -> None:
    response = vera.post(PREVIEW, said)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
