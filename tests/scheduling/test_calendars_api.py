"""Calendars through their door: made, read by name, changed with all that heeds them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from rdos.kernel.models import JournalEntry
from scheduling.models import Calendar, Schedule
from scheduling.services import calendar_changes
from tests.people import Caller, Person
from tests.scheduling.story import HOUR, MONDAY, again, schedule_by, tick

pytestmark = pytest.mark.django_db
CALENDARS = "/api/v1/calendars"
KEYS = {"id", "name", "description", "timezone", "days", "windows", "created_at", "updated_at"}
WINDOW = {"weekdays": [1, 2], "from": "22:00", "to": "02:00"}


@pytest.fixture
def dana(developer: Person) -> Caller:
    return developer.caller


def made(caller: Caller, **said: Any) -> dict[str, Any]:
    response = caller.post(CALENDARS, {"name": "Holidays", **said})
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def test_a_calendar_is_made_shown_changed_and_removed(dana: Caller, viewer: Person) -> None:
    days = ["2026-12-24", "12-25", "2026-12-27/2027-01-06"]
    told = made(dana, description="Closed", timezone="Europe/Berlin", days=days, windows=[WINDOW])
    assert set(told) == KEYS
    assert (told["days"], told["windows"], told["timezone"]) == (days, [WINDOW], "Europe/Berlin")
    address = f"{CALENDARS}/{told['id']}"
    assert viewer.caller.get(address).json() == told
    changed = dana.patch(address, {"name": "Feasts", "days": []}).json()
    assert (changed["name"], changed["days"], changed["windows"]) == ("Feasts", [], [WINDOW])
    assert viewer.caller.patch(address, {"name": "x"}).status_code == 403
    assert viewer.caller.delete(address).status_code == 403
    assert dana.delete(address).status_code == 204
    assert [dana.get(address).status_code, dana.delete(address).status_code] == [404, 404]
    actions = list(JournalEntry.objects.filter(object_kind="calendar").order_by("id").values_list("action", flat=True))
    assert actions == ["calendar.create", "calendar.update", "calendar.delete"]


def test_a_name_is_taken_once(dana: Caller) -> None:
    made(dana)
    other = made(dana, name="Maintenance")["id"]
    for response in (
        dana.post(CALENDARS, {"name": "HOLIDAYS"}),
        dana.patch(f"{CALENDARS}/{other}", {"name": "holidays"}),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "name_taken")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"timezone": "Mars"}, "timezone"),
    ({"days": ["2026-02-30"]}, "days"),
    ({"days": ["02-30"]}, "days"),
    ({"days": ["2027-01-06/2026-12-24"]}, "days"),
    ({"days": ["tomorrow"]}, "days"),
    ({"days": ["12-25"] * 501}, "days"),
    ({"windows": [{"from": "22:00"}]}, "windows"),
    ({"windows": [{**WINDOW, "weekdays": [8]}]}, "windows"),
    ({"windows": [{**WINDOW, "weekdays": 1}]}, "windows"),
    ({"windows": [{**WINDOW, "from": "25:00"}]}, "windows"),
    ({"windows": [{"from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00"}]}, "windows"),
    ({"windows": [{"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]}, "windows"),
    ({"windows": ["x"]}, "windows.0"),
]


@pytest.mark.parametrize(("said", "field"), BAD)
def test_bad_input_is_refused_by_its_field(dana: Caller, said: dict[str, Any], field: str) -> None:
    told = made(dana)
    fresh = dana.post(CALENDARS, {"name": "Other", **said})
    changed = dana.patch(f"{CALENDARS}/{told['id']}", said)
    for response in (fresh, changed):
        assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert Calendar.objects.count() == 1
    assert dana.get(f"{CALENDARS}/{told['id']}").json() == told


def test_the_list_is_by_name(dana: Caller, django_assert_num_queries: Any) -> None:
    for name in ("Maintenance", "Holidays", "Feasts"):
        made(dana, name=name)
    with django_assert_num_queries(2):
        assert [row["name"] for row in dana.get(CALENDARS).json()] == ["Feasts", "Holidays", "Maintenance"]
    assert [row["name"] for row in dana.get(f"{CALENDARS}?search=main").json()] == ["Maintenance"]
    first = dana.get(f"{CALENDARS}?limit=2")
    rest = dana.get(first["Link"].split(">")[0].removeprefix("<http://testserver")).json()
    assert [row["name"] for row in rest] == ["Maintenance"]
    assert dana.get(f"{CALENDARS}/{uuid4()}").json()["detail"] == "Calendar not found"


# --- What heeds them. Noon comes every day, and it is Monday at eight.


@pytest.fixture
def calendar(db: None) -> Calendar:
    return Calendar.objects.create(name="Holidays")


def noon(day: int) -> datetime:
    return datetime(2026, 11, day, 12, tzinfo=UTC)


def change(who: Person, calendar: Calendar, at: datetime = MONDAY, **said: Any) -> None:
    calendar_changes.update(actor=who.actor, pk=calendar.pk, fields=said, at=at)


def test_changed_it_moves_what_heeds_it_and_nothing_else(developer: Person, calendar: Calendar) -> None:
    heeding = schedule_by(developer, cron="0 12 * * *", calendars=[calendar.pk])
    resting = schedule_by(developer, cron="0 12 * * *", calendars=[calendar.pk], is_enabled=False)
    other = schedule_by(developer, cron="0 12 * * *")

    change(developer, calendar, days=["2026-11-23/2026-11-24"])
    assert (again(heeding).next_run_at, again(heeding).next_due_at) == (noon(25), noon(25))
    assert (again(resting).next_run_at, again(other).next_run_at) == (None, noon(23))

    change(developer, calendar, days=[])
    assert again(heeding).next_run_at == noon(23)


def test_removed_it_leaves_nothing_out(developer: Person, calendar: Calendar) -> None:
    change(developer, calendar, days=["11-23"])
    schedule = schedule_by(developer, cron="0 12 * * *", calendars=[calendar.pk])
    assert schedule.next_run_at == noon(24)
    calendar_changes.delete(actor=developer.actor, pk=calendar.pk, at=MONDAY)
    assert again(schedule).next_run_at == noon(23)


def test_what_is_due_already_is_not_lost(developer: Person, calendar: Calendar) -> None:
    """The clock is a moment late, and just then somebody edits the calendar."""
    schedule = schedule_by(developer, cron="0 12 * * *", calendars=[calendar.pk])
    change(developer, calendar, at=noon(23), days=["2026-11-24"])
    assert again(schedule).next_due_at == noon(23)
    assert tick(noon(23)) == 1
    assert again(schedule).next_run_at == noon(25)


def test_one_that_is_never_due_any_more_comes_back(developer: Person, calendar: Calendar) -> None:
    every_day = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "from": "00:00", "to": "00:00"}
    schedule = schedule_by(developer, cron="0 12 * * *", calendars=[calendar.pk])
    change(developer, calendar, windows=[every_day])
    assert again(schedule).next_run_at is None and again(schedule).trigger.is_enabled
    change(developer, calendar, at=MONDAY + 24 * HOUR, windows=[])
    assert again(schedule).next_run_at == noon(24)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite moves the rows one by one")
def test_all_that_heed_it_are_moved_by_a_few_statements(
    developer: Person, calendar: Calendar, django_assert_max_num_queries: Any
) -> None:
    first = schedule_by(developer, cron="0 12 * * *", calendars=[calendar.pk])
    for _ in range(5):
        schedule_by(developer, cron="0 12 * * *", calendars=[calendar.pk], flow=first.trigger.flow)
    with django_assert_max_num_queries(12):
        change(developer, calendar, days=["11-23"])
    assert set(Schedule.objects.values_list("next_run_at", flat=True)) == {noon(24)}
