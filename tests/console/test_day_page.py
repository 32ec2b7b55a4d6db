"""A day of what will go off, in lanes of flows; one far ahead, since on a day that has passed nothing will."""

from typing import Any

import pytest

from scheduling.services import days
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.flows import flow_of
from tests.console.starting import calendar_of, page_of, schedule_of
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = "/schedules/day"


def lanes(person: Person, **asked: str) -> list[dict[str, Any]]:
    answer = at_desk(person).get(DAY, asked)
    assert answer.status_code == 200
    return list(answer.context["lanes"])


def times(lane: dict[str, Any]) -> list[str]:
    return [mark["said"] for mark in lane["marks"]]


def test_each_time_stands_in_the_lane_of_its_flow_by_the_clock_of_the_zone(developer: Person) -> None:
    books, letters = flow_of(developer, "Books"), flow_of(developer, "Letters")
    schedule_of(developer, books, "Morning", cron="0 6 * * *", zone="UTC")
    schedule_of(developer, books, "Evening", cron="30 18 * * *", zone="UTC")
    schedule_of(developer, letters, "Noon", cron="0 12 * * *", zone="UTC")
    schedule_of(developer, letters, "Off", cron="0 13 * * *", zone="UTC", is_enabled=False)
    found = {lane["name"]: lane for lane in lanes(developer, day="2083-07-01", zone="Europe/Berlin")}
    assert times(found["Books"]) == ["Thu 1 Jul 2083, 08:00: Morning", "Thu 1 Jul 2083, 20:30: Evening"]
    assert [mark["x"] for mark in found["Books"]["marks"]] == [480, 1230]
    assert times(found["Letters"]) == ["Thu 1 Jul 2083, 14:00: Noon"]


def test_the_day_on_which_the_clocks_change_has_its_own_hours(developer: Person) -> None:
    schedule_of(developer, cron="0 12 * * *", zone="Europe/Berlin")
    answer = at_desk(developer).get(DAY, {"day": "2083-03-28", "zone": "Europe/Berlin"})
    assert answer.context["hours"][:2] == ["00:00", "04:00"]
    assert [mark["x"] for mark in answer.context["lanes"][0]["marks"]] == [660]


def test_what_calendars_leave_out_does_not_stand_there(developer: Person) -> None:
    holidays = calendar_of(developer, days=["2083-07-01"])
    schedule_of(developer, cron="0 12 * * *", calendars=[holidays.pk])
    assert lanes(developer, day="2083-07-01", zone="Europe/Berlin") == []
    assert len(lanes(developer, day="2083-07-02", zone="Europe/Berlin")) == 1


def test_too_many_to_draw_are_told_by_how_many_and_with_bounded_work(developer: Person) -> None:
    flow = flow_of(developer)
    schedule_of(developer, flow, "Heartbeat", cron="* * * * * *", zone="UTC")
    schedule_of(developer, flow, "Noon", cron="0 12 * * *", zone="UTC")
    (lane,) = lanes(developer, day="2083-07-01")
    assert lane["is_dense"] and lane["is_more"] and lane["marks"] == []
    assert (len(lane["bars"]), lane["total"]) == (96, 96 * days.MOST_OF_A_PART + 1)
    # The part with one more is the fullest.
    assert [bar["x"] for bar in lane["bars"] if bar["y"] == 0] == [720]


def test_a_minute_by_minute_schedule_is_counted_out(developer: Person) -> None:
    schedule_of(developer, cron="* * * * *", zone="UTC")
    (lane,) = lanes(developer, day="2083-07-01")
    assert (lane["total"], lane["is_more"]) == (1440, False)


def test_a_zone_that_is_not_known_is_said_and_others_see_their_own_flows(developer: Person, make_person: Any) -> None:
    schedule_of(developer, flow_of(developer, "Own", access="private"))
    page = at_desk(developer).get(DAY, {"zone": "Nowhere"}).content.decode()
    assert "is not known" in page and "Own" in page
    other = at_desk(make_person("dora", "developer")).get(DAY).content.decode()
    assert "Own" not in other and "Nothing goes off" in other


def test_a_mark_opens_its_schedule_and_a_lane_tells_its_schedules(visit: Visit, developer: Person) -> None:
    trigger = schedule_of(developer, cron="0 */4 * * *", zone="UTC")
    browser = visit(developer)
    page = browser.go(DAY)
    page.get_by_text("Its schedules").press("Enter")
    assert page.get_by_role("link", name="Nightly books", exact=True).is_visible()
    page.locator(".s-mark").first.click()
    page.wait_for_url(f"**{page_of(trigger)}")
    browser.is_content()
