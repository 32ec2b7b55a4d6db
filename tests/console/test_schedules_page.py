"""Schedules in front of a person: found, written with their preview, switched, set off, made up for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from flows.models import Execution
from scheduling.models import Firing, Schedule, Trigger
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.flows import flow_of
from tests.console.flows import page_of as flow_page
from tests.console.starting import SCHEDULES, calendar_of, do, page_of, paused, schedule_of, went_off
from tests.console.without_scripts import fields_of
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = f"{SCHEDULES}add/"


def names(desk: Any, **filters: str) -> set[str]:
    rows = desk.get(SCHEDULES, filters).context["cl"].result_list
    return {row.trigger.name for row in rows}


def written(person: Person, place: str, **said: Any) -> Any:
    desk = at_desk(person)
    return desk.post(place, fields_of(desk.get(place)) | said)


def again(trigger: Trigger) -> Schedule:
    return Schedule.objects.select_related("trigger").get(pk=trigger.pk)


def faults(answer: Any) -> dict[str, list[str]]:
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


def test_the_preview_follows_what_is_typed_and_the_schedule_is_made(visit: Visit, developer: Person) -> None:
    flow = flow_of(developer, "Books")
    browser = visit(developer, timezone_id="Europe/Berlin")
    page = browser.go(flow_page(flow))
    page.get_by_role("link", name="A schedule").press("Enter")
    page.get_by_label("Name").fill("Every night")
    preview = page.get_by_role("region", name="What it will do")
    preview.get_by_text("Weekdays at 09:00 Berlin time").wait_for()
    page.get_by_label("Cron expression").fill("30 2 * * *")
    preview.get_by_text("Every day at 02:30 Berlin time").wait_for()
    assert preview.get_by_role("listitem").count() == 10
    page.get_by_label("Cron expression").fill("30 2 31 2 *")
    preview.get_by_role("alert").get_by_text("Cron expression:").wait_for()
    page.get_by_label("Timing").select_option("interval")
    page.get_by_label("Every", exact=True).fill("90 min")
    preview.get_by_text("Every 90 minutes").wait_for()
    assert not page.get_by_label("Cron expression").is_visible()
    page.get_by_role("button", name="Add it").press("Enter")
    browser.sees("Every night is there now, and switched on.")
    made = Schedule.objects.get()
    assert (made.timing, made.every_seconds, made.zone) == ("interval", 5400, "Europe/Berlin")
    assert (made.trigger.flow_id, made.trigger.owner_id) == (flow.pk, developer.id)
    browser.is_content()


def test_a_preview_needs_no_scripts_and_saves_nothing(developer: Person) -> None:
    flow_of(developer)
    answer = written(developer, ADD, preview="yes", cron="0 12 * * *", zone="Asia/Tokyo")
    page = answer.content.decode()
    assert "Every day at 12:00 Tokyo time" in page and 'value="Asia/Tokyo"' in page
    assert not Schedule.objects.exists()


def test_the_preview_marks_what_the_clocks_do_and_what_is_left_out(developer: Person) -> None:
    flow, holidays = flow_of(developer), calendar_of(developer, days=["2084-03-27"])
    schedule_of(developer, flow, "Another", cron="30 2 * * *")
    answer = written(
        developer, ADD, preview="yes", cron="30 2 * * *", zone="Europe/Berlin",
        calendars=[str(holidays.pk)], starts_at="2084-03-25T12:00",
    )  # fmt: skip
    fires = answer.context["preview"]["fires"]
    assert [(fire["local"], fire["utc"]) for fire in fires[:3]] == [
        ("Sun 26 Mar 2084, 03:00", "2084-03-26 01:00"),
        ("Mon 27 Mar 2084, 02:30", "2084-03-27 00:30"),
        ("Tue 28 Mar 2084, 02:30", "2084-03-28 00:30"),
    ]
    assert (fires[0]["mark"], fires[1]["excluded"], fires[2]["others"]) == ("gap", "Holidays: 2084-03-27", 1)
    page = answer.content.decode()
    assert "The clocks go forward" in page and "Left out: Holidays" in page and ">Another</a>" in page


def test_one_that_is_edited_does_not_collide_with_itself(developer: Person) -> None:
    trigger = schedule_of(developer)
    answer = at_desk(developer).get(page_of(trigger, "edit"))
    assert {fire["others"] for fire in answer.context["preview"]["fires"]} == {0}
    answer = written(developer, page_of(trigger, "edit"), preview="yes")
    assert {fire["others"] for fire in answer.context["preview"]["fires"]} == {0}


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"cron": "0 0 31 2 *"}, "cron", "Invalid cron expression"),
        ({"cron": ""}, "cron", "Invalid cron expression"),
        ({"zone": "Europe/Berlln"}, "zone", "is not known"),
        ({"timing": "interval", "every_seconds": ""}, "every_seconds", "at least one second"),
        ({"timing": "interval", "every_seconds": "soon"}, "every_seconds", "Write how long"),
        ({"timing": "once", "moment": ""}, "moment", "Say at which moment"),
        ({"timing": "once", "moment": "tomorrow"}, "moment", "Write a day and a time"),
        ({"jitter_seconds": "2 days"}, "jitter_seconds", "From 0 s to 1 d"),
        ({"starts_at": "2027-02-01T00:00", "ends_at": "2027-01-01T00:00"}, "ends_at", "end before it begins"),
        ({"ends_at": "2300-01-01T00:00"}, "ends_at", "between 1970 and 2200"),
        ({"timing": "once", "moment": "2020-01-01T00:00"}, "__all__", "never be due"),
        ({"input": "{"}, "input", "Line 1"),
        ({"input": '{"a": "\\u0000"}'}, "input", "no database keeps"),
        ({"input": "[NaN]"}, "input", "no database keeps"),
        ({"priority": "21"}, "priority", "less than or equal to 20"),
        ({"name": ""}, "name", "required"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    developer: Person, said: dict[str, str], field: str, sentence: str
) -> None:
    flow_of(developer)
    answer = written(developer, ADD, **({"name": "Odd"} | said))
    assert sentence in " ".join(faults(answer).get(field, [])), faults(answer)
    assert not Schedule.objects.exists()


def test_moments_are_those_of_the_zone_and_all_options_are_kept(developer: Person) -> None:
    flow_of(developer)
    holidays = calendar_of(developer)
    answer = written(
        developer, ADD, name="Once", timing="once", moment="2086-07-01T09:00", zone="Europe/Berlin",
        jitter_seconds="5 min", misfire="skip", overlap="cancel_previous", catch_up_seconds="2 h",
        calendars=[str(holidays.pk)], input='"text"', priority="3", environment="lan", pause_after_failures="4",
    )  # fmt: skip
    assert answer.status_code == 302
    made = Schedule.objects.get()
    assert made.anchor == datetime(2086, 7, 1, 7, tzinfo=UTC)
    assert (made.jitter_seconds, made.misfire, made.overlap, made.catch_up_seconds) == (
        300,
        "skip",
        "cancel_previous",
        7200,
    )
    assert list(made.calendars.all()) == [holidays]
    common = (made.trigger.input, made.trigger.priority, made.trigger.environment, made.trigger.pause_after_failures)
    assert common == ("text", 3, "lan", 4)


def test_only_what_was_changed_is_changed(developer: Person) -> None:
    trigger = schedule_of(developer, input={"a": [1]}, jitter_seconds=60)
    desk = at_desk(developer)
    form = fields_of(desk.get(page_of(trigger, "edit")))
    Schedule.objects.filter(pk=trigger.pk).update(overlap="skip")
    assert desk.post(page_of(trigger, "edit"), form | {"name": "Late books"}).status_code == 302
    row = again(trigger)
    assert (row.trigger.name, row.overlap, row.jitter_seconds, row.trigger.input) == (
        "Late books",
        "skip",
        60,
        {"a": [1]},
    )
    before = row.next_due_at
    desk.post(page_of(trigger, "edit"), form | {"name": "Late books", "cron": "45 2 * * *"})
    assert again(trigger).next_due_at != before


def test_in_another_zone_a_moment_that_is_written_the_same_is_another_one(developer: Person) -> None:
    trigger = schedule_of(developer, timing="once", cron="", anchor=datetime(2086, 7, 1, 7, tzinfo=UTC))
    answer = written(developer, page_of(trigger, "edit"), zone="America/New_York")
    assert answer.status_code == 302
    assert again(trigger).anchor == datetime(2086, 7, 1, 13, tzinfo=UTC)


def test_filters_are_words_in_the_address(developer: Person) -> None:
    books, letters = flow_of(developer, "Books"), flow_of(developer, "Letters")
    schedule_of(developer, books, "On")
    schedule_of(developer, letters, "Off", is_enabled=False)
    paused(schedule_of(developer, letters, "Paused"))
    late = schedule_of(developer, letters, "Late")
    past = timezone.now() - timedelta(minutes=3)
    Schedule.objects.filter(pk=late.pk).update(next_run_at=past, next_due_at=past)
    desk = at_desk(developer)
    assert names(desk, state="on") == {"On", "Late"}
    assert names(desk, state="off") == {"Off", "Paused"}
    assert names(desk, state="paused") == {"Paused"}
    assert names(desk, state="late") == {"Late"}
    assert names(desk, flow=str(books.pk)) == {"On"}
    assert names(desk, q="lett") == {"Off", "Paused", "Late"}
    assert names(desk, state="strange") == names(desk, flow="no-id") == set()
    front = desk.get("/").content.decode()
    assert "The hub paused the schedule Paused" in front and f"{SCHEDULES}?state=late" in front


def test_many_are_switched_at_once_with_a_result_each(visit: Visit, operator: Person, developer: Person) -> None:
    flow = flow_of(developer)
    first, second = schedule_of(developer, flow, "First"), schedule_of(developer, flow, "Second")
    browser = visit(operator)
    page = browser.go(SCHEDULES)
    page.locator("#action-toggle").check()
    page.get_by_role("combobox").first.select_option("switch_off")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Switch off").click()
    browser.sees("First: it is off.")
    browser.sees("Second: it is off.")
    assert [again(one).next_run_at for one in (first, second)] == [None, None]
    browser.is_content()


def test_results_of_the_list_open_their_runs_and_appear_by_themselves(visit: Visit, developer: Person) -> None:
    trigger = schedule_of(developer)
    went_off(trigger, 9, "failed")
    browser = visit(developer)
    page = browser.go(SCHEDULES)
    page.mouse.move(5, 5)
    assert page.locator(".s-tick").count() == 1
    run = went_off(trigger, 1)
    browser.looks_again()
    page.locator(".s-tick").nth(1).wait_for()
    assert page.get_by_role("img", name="Last 2: 1 failed, 1 succeeded").is_visible()
    page.locator(".s-tick").nth(1).click()
    page.wait_for_url(f"**{run.execution_id}/change/")
    browser.is_content()


def test_it_is_set_off_by_hand_switched_and_deleted(visit: Visit, developer: Person) -> None:
    trigger = schedule_of(developer, input={"books": 1})
    browser = visit(developer)
    page = browser.go(page_of(trigger))
    page.get_by_role("button", name="Fire now").press("Enter")
    browser.sees("It went off. This is its run.")
    assert Execution.objects.get(trigger_id=trigger.pk).trigger_type
    browser.go(page_of(trigger))
    log = page.get_by_role("region", name="What went off")
    assert "By hand" in log.inner_text() and "Queued" in log.inner_text()
    page.get_by_role("button", name="Switch off").press("Enter")
    browser.sees("None while it is switched off.")
    page.get_by_role("button", name="Switch on").press("Enter")
    browser.sees("It is on, and looks ahead from now.")
    page.get_by_role("button", name="Delete…").press("Enter")
    page.get_by_role("button", name="Delete").press("Enter")
    browser.sees("Nightly books is deleted.")
    assert not Trigger.objects.exists()
    browser.is_content()


def test_a_period_is_made_up_for_once(developer: Person) -> None:
    trigger = schedule_of(developer, cron="0 * * * *", zone="UTC")
    place = page_of(trigger, "backfill")
    until = timezone.now().replace(minute=30, second=0, microsecond=0) - timedelta(hours=1)
    said = {"since": f"{until - timedelta(hours=3):%Y-%m-%dT%H:%M}", "until": f"{until:%Y-%m-%dT%H:%M}"}
    desk = at_desk(developer)
    page = desk.post(place, said, follow=True).content.decode()
    assert "3 runs of that period started." in page
    assert "Nothing of that period was left" in desk.post(place, said, follow=True).content.decode()
    assert Firing.objects.filter(trigger=trigger, source="backfill").count() == 3
    ahead = desk.post(place, said | {"until": "2100-01-01T00:00"})
    assert faults(ahead) == {"until": ["Only what has passed can be made up for."]}


def test_the_page_says_why_the_hub_paused_it(developer: Person) -> None:
    trigger = paused(schedule_of(developer), "Its owner may not start flows any more.")
    page = at_desk(developer).get(page_of(trigger)).content.decode()
    assert "The hub paused it: Its owner may not start flows any more." in page
    assert "If it were switched on now:" in page


def test_who_may_do_what(operator: Person, viewer: Person, developer: Person, make_person: Any) -> None:
    trigger = schedule_of(developer)
    for person, may in ((viewer, 403), (operator, 302)):
        desk = at_desk(person)
        assert desk.get(page_of(trigger)).status_code == desk.get(SCHEDULES).status_code == 200
        for place in (ADD, page_of(trigger, "edit"), page_of(trigger, "backfill")):
            assert (desk.get(place).status_code, desk.post(place, {}).status_code) == (403, 403), place
        assert desk.post(do(trigger, "off")).status_code == may
        assert desk.post(do(trigger, "delete"), {"confirmed": "yes"}).status_code == 403
    hidden = schedule_of(developer, flow_of(developer, "Own", access="private"), "Hidden")
    other = at_desk(make_person("dora", "developer"))
    assert other.get(page_of(hidden)).status_code == other.post(do(hidden, "on")).status_code == 404
    assert "Hidden" not in other.get(SCHEDULES).content.decode()


def test_the_list_asks_few_questions(developer: Person, django_assert_max_num_queries: Any) -> None:
    flow = flow_of(developer)
    for number in range(12):
        went_off(schedule_of(developer, flow, f"Number {number}"), number)
    desk = at_desk(developer)
    with django_assert_max_num_queries(16):
        desk.get(SCHEDULES)
    assert len(Firing.objects.all()) == 12


def test_the_flow_page_says_what_starts_it(developer: Person, viewer: Person) -> None:
    flow = flow_of(developer)
    assert "Nothing starts it by itself yet" in at_desk(developer).get(flow_page(flow)).content.decode()
    trigger = schedule_of(developer, flow, cron="0 9 * * MON-FRI")
    page = at_desk(developer).get(flow_page(flow)).content.decode()
    assert page_of(trigger) in page and "Weekdays at 09:00 Berlin time" in page
    assert f"{ADD}?flow={flow.pk}" in page
    assert f"{ADD}?flow={flow.pk}" not in at_desk(viewer).get(flow_page(flow)).content.decode()
