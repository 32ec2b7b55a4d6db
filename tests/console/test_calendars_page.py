"""Calendars and event triggers: written a line at a time, and read back the same."""

from typing import Any

import pytest

from scheduling.models import Calendar, EventFilter, Schedule
from tests.console.browsing import at_desk
from tests.console.flows import flow_of
from tests.console.starting import CALENDARS, EVENTS, calendar_of, do, page_of, schedule_of, trigger_of
from tests.console.without_scripts import fields_of
from tests.people import Person

pytestmark = [pytest.mark.django_db(transaction=True)]


def written(person: Person, place: str, **said: Any) -> Any:
    desk = at_desk(person)
    return desk.post(place, fields_of(desk.get(place)) | said)


def errors(answer: Any, field: str) -> str:
    return " ".join(answer.context["form"].errors.get(field, []))


def test_days_and_hours_are_written_one_a_line(developer: Person) -> None:
    days = "2026-12-24\n12-25\n2026-12-28/2027-01-06"
    hours = "Mon-Fri 22:00–2:00\nSat, Sun 8:30 to 9:00\ndaily 12:00-13:00\n2026-12-31 18:00 to 2027-01-01 06:00"
    answer = written(developer, f"{CALENDARS}add/", name="Holidays", zone="Europe/Berlin", days=days, windows=hours)
    row = Calendar.objects.get()
    assert answer.headers["Location"] == f"{CALENDARS}{row.pk}/change/"
    assert row.days == days.splitlines()
    assert row.windows == [
        {"weekdays": [1, 2, 3, 4, 5], "from": "22:00", "to": "02:00"},
        {"weekdays": [0, 6], "from": "08:30", "to": "09:00"},
        {"weekdays": [0, 1, 2, 3, 4, 5, 6], "from": "12:00", "to": "13:00"},
        {"from": "2026-12-31T18:00:00+01:00", "to": "2027-01-01T06:00:00+01:00"},
    ]
    assert written(developer, f"{CALENDARS}{row.pk}/edit/").status_code == 302
    assert Calendar.objects.get().windows == row.windows


def test_what_a_program_made_is_read_back_the_same(developer: Person) -> None:
    made = [
        {"weekdays": [7, 3], "from": "22:00:30", "to": "02"},
        {"from": "2027-10-31T01:30:15Z", "to": "2027-10-31T05:00:00Z"},
    ]
    row = calendar_of(developer, windows=made)
    assert written(developer, f"{CALENDARS}{row.pk}/edit/", name="Nights").status_code == 302
    row.refresh_from_db()
    assert row.name == "Nights"
    assert row.windows[0] == {"weekdays": [0, 3], "from": "22:00:30", "to": "02:00"}
    assert row.windows[1] == {"from": "2027-10-31T02:30:15+01:00", "to": "2027-10-31T06:00:00+01:00"}


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("days", "2026-02-30", "is no day"),
        ("days", "02-30", "No year has a day"),
        ("days", "2026-12-24/2026-12-20", "end"),
        ("windows", "Mon", "write Mon-Fri 22:00"),
        ("windows", "Mun 22:00-23:00", "mun is no weekday"),
        ("windows", "Mon 25:00-26:00", "25:00 is no time of the day"),
        ("windows", "2026-12-24 18:00 to 2026-12-20 18:00", "ends before it begins"),
        ("windows", "2026-13-24 18:00 to 2026-12-20 18:00", "cannot be read"),
        ("zone", "Berlin", "is not known"),
        ("name", "", "required"),
    ],
)
def test_a_wrong_line_is_told_beside_its_field(developer: Person, field: str, text: str, sentence: str) -> None:
    answer = written(developer, f"{CALENDARS}add/", **({"name": "Odd"} | {field: text}))
    assert sentence in errors(answer, field), answer.context["form"].errors
    assert not Calendar.objects.exists()


def test_a_calendar_names_the_schedules_that_heed_it(developer: Person, viewer: Person, make_person: Any) -> None:
    row = calendar_of(developer)
    trigger = schedule_of(developer, calendars=[row.pk])
    schedule_of(developer, flow_of(developer, "Own", access="private"), "Hidden", calendars=[row.pk])
    place = f"{CALENDARS}{row.pk}/change/"
    assert page_of(trigger) in at_desk(viewer).get(place).content.decode()
    page = at_desk(make_person("dora", "developer")).get(place).content.decode()
    assert "Hidden" not in page and "And 1 more." in page
    assert "2 schedules" in at_desk(viewer).get(CALENDARS).content.decode()


def test_a_change_moves_the_schedules_and_a_deleted_one_leaves_them(developer: Person, viewer: Person) -> None:
    row = calendar_of(developer, days=[])
    trigger = schedule_of(developer, calendars=[row.pk], cron="0 12 25 12 *")
    before = Schedule.objects.get(pk=trigger.pk).next_due_at
    place = f"{CALENDARS}{row.pk}"
    assert at_desk(viewer).get(f"{place}/edit/").status_code == 403
    days = f"{before:%Y-%m-%d}"
    assert written(developer, f"{place}/edit/", days=days).status_code == 302
    assert Schedule.objects.get(pk=trigger.pk).next_due_at != before
    assert at_desk(viewer).post(f"{place}/do/delete/", {"confirmed": "yes"}).status_code == 403
    at_desk(developer).post(f"{place}/do/delete/", {"confirmed": "yes"})
    assert Schedule.objects.get(pk=trigger.pk).next_due_at == before


def test_an_event_trigger_is_written_shown_and_changed(developer: Person) -> None:
    flow_of(developer)
    said = {
        "name": "Nodes go", "actions": "node.disconnect\nexecution.*", "severities": ["critical"],
        "labels": "site: graz", "condition": "details.code == 1006", "debounce_seconds": "5 min", "per_minute": "4",
    }  # fmt: skip
    assert written(developer, f"{EVENTS}add/", **said).status_code == 302
    row = EventFilter.objects.get()
    assert (row.actions, row.severities) == (["node.disconnect", "execution.*"], ["critical"])
    assert (row.labels, row.debounce_seconds, row.per_minute) == ({"site": "graz"}, 300, 4)
    page = at_desk(developer).get(page_of(row.trigger)).content.decode()
    assert "node.disconnect, execution.*, if critical" in page and "details.code == 1006" in page
    form = {"severities": ["critical"], "condition": ""}
    assert written(developer, page_of(row.trigger, "edit"), **form).status_code == 302
    again = EventFilter.objects.get()
    assert (again.condition, again.actions, again.debounce_seconds) == ("", row.actions, 300)


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("actions", "Node Gone!", "is no action"),
        ("condition", "details.code ==", "character"),
        ("condition", "weather == 1", "Nothing is named weather"),
        ("labels", ": graz", "Each is a"),
        ("debounce_seconds", "8 days", "From 0 s to 7 d"),
        ("per_minute", "601", "less than or equal to 600"),
    ],
)
def test_a_wrong_part_of_an_event_trigger_is_told_by_name(
    developer: Person, field: str, text: str, sentence: str
) -> None:
    flow_of(developer)
    answer = written(developer, f"{EVENTS}add/", **({"name": "Odd"} | {field: text}))
    assert sentence in errors(answer, field), answer.context["form"].errors
    assert not EventFilter.objects.exists()


def test_operators_switch_event_triggers_and_write_none(operator: Person, developer: Person) -> None:
    trigger = trigger_of(developer, "event", actions=["node.*"])
    desk = at_desk(operator)
    assert desk.get(page_of(trigger, "edit")).status_code == 403
    assert desk.post(do(trigger, "off")).status_code == 302
    trigger.refresh_from_db()
    assert not trigger.is_enabled
