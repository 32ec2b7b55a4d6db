"""The list of nodes: who is there, kept true by itself, and no more than a person may see."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.models import Node
from devices.services import groups, simulated
from tests.console.browsing import at_desk, until
from tests.console.conftest import Visit
from tests.console.fleet import LIST, fails, reports, see_only
from tests.devices.told import come, go, node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIMULATED = {simulated.LABEL: simulated.YES}


def shown(person: Person, **filters: str) -> list[str]:
    answer = at_desk(person).get(LIST, filters)
    assert answer.status_code == 200
    return [row.key for row in answer.context["cl"].result_list]


def test_a_status_is_said_by_shape_colour_and_word(visit: Visit, viewer: Person) -> None:
    arm = node("arm", "robot", labels={"site": "graz"}, address="203.0.113.7")
    node("gate", "relay", maintenance_until=timezone.now() + timedelta(hours=1))
    node("attic", connected=False)
    fails(arm, "degraded", "The third joint is warm")
    browser = visit(viewer)
    page = browser.go(LIST)
    browser.picture("nodes-list")
    for name, tone, word in (("Arm", "warn", "Degraded"), ("Gate", "good", "Online"), ("Attic", "bad", "Offline")):
        badge = page.get_by_role("row").filter(has_text=name).locator(".c-badge")
        assert badge.inner_text() == word and f"c-badge-{tone}" in (badge.get_attribute("class") or "")
        assert badge.locator(".c-shape").is_visible()
    row = page.get_by_role("row").filter(has_text="Arm")
    for text in ("The third joint is warm", "Robot", "site: graz", "203.0.113.7", "1.2.3", "s ago"):
        assert row.get_by_text(text).is_visible(), text
    assert page.get_by_role("row").filter(has_text="Gate").get_by_text("Maintenance").is_visible()
    row.get_by_role("link", name="Arm").click()
    page.wait_for_url(f"**/nodes/{arm.pk}")
    browser.is_content()


def test_the_list_stays_true_and_the_row_under_the_pointer_stays_where_it_is(visit: Visit, viewer: Person) -> None:
    arm, lamp = node("arm"), node("lamp")
    browser = visit(viewer)
    page = browser.go(LIST)
    row = page.get_by_role("row").filter(has_text="Lamp")
    row.hover()
    place = row.bounding_box()
    fails(arm, "error", "The battery is empty, and so is the other one")
    go(lamp)
    page.get_by_role("row").filter(has_text="Arm").get_by_text("The battery is empty").wait_for()
    row.get_by_text("Offline").wait_for()
    assert row.bounding_box() == place
    node("alpha")
    browser.looks_again()
    page.get_by_role("link", name="1 new node: show it").wait_for()
    assert row.bounding_box() == place and page.get_by_text("Alpha").count() == 0
    Node.objects.filter(pk=lamp.pk).delete()
    browser.looks_again()
    page.locator("tr.is-gone").filter(has_text="Lamp").wait_for()
    assert row.bounding_box() == place
    page.get_by_role("link", name="1 new node: show it").click()
    browser.sees("Alpha")
    assert page.get_by_text("Lamp").count() == 0
    browser.is_content()


def test_a_node_that_comes_back_turns_green_where_it_stands(visit: Visit, viewer: Person) -> None:
    arm = node("arm", connected=False, last_seen_at=timezone.now() - timedelta(hours=3))
    browser = visit(viewer)
    page = browser.go(LIST)
    link = page.get_by_role("link", name="Arm")
    link.focus()
    browser.sees("3 h ago")
    come(arm)
    page.locator(".c-badge-good").get_by_text("Online").wait_for()
    assert page.evaluate("document.activeElement.textContent").startswith("Arm")
    browser.is_content()


def test_filters_stand_in_the_address_and_work_together(viewer: Person, admin: Person) -> None:
    arm = node("arm", "robot", labels={"site": "graz"})
    node("lamp", "edge", labels={"site": "graz"}, connected=False, last_seen_at=timezone.now())
    node("gate", "relay", labels={"site": "wels"} | SIMULATED)
    node("attic", "relay", connected=False)
    node("shed", connected=False, last_seen_at=timezone.now(), maintenance_until=timezone.now() + timedelta(hours=1))
    group = groups.create(actor=admin.actor, name="Graz", kind="query", query={"labels": {"site": "graz"}})
    reports(arm, {"speed": 1})
    assert shown(viewer, status="offline") == ["attic", "lamp", "shed"]
    assert shown(viewer, driver="relay") == ["attic", "gate"]
    assert shown(viewer, label="site:graz") == ["arm", "lamp"]
    assert shown(viewer, group=str(group.pk), status="online") == ["arm"]
    assert shown(viewer, attention="yes") == ["lamp"]
    assert shown(viewer, maintenance="yes") == ["shed"]
    assert shown(viewer, simulated="yes") == ["gate"]
    assert shown(viewer, drift="yes") == []
    assert shown(viewer, q="WELS") == ["gate"]
    assert shown(viewer, driver="nonsense", group="nobody") == []


def test_filters_are_chosen_with_the_keyboard(visit: Visit, viewer: Person) -> None:
    node("arm")
    node("attic", connected=False)
    browser = visit(viewer)
    page = browser.go(LIST)
    page.get_by_role("button", name="Filters").focus()
    page.keyboard.press("Enter")
    page.locator("#changelist-filter").get_by_role("link", name="Offline").press("Enter")
    page.wait_for_url("**status=offline")
    browser.sees("Attic")
    assert page.get_by_text("arm", exact=True).count() == 0
    browser.is_content()


def test_a_filter_that_nothing_fits_says_what_to_do(visit: Visit, viewer: Person) -> None:
    node("arm")
    browser = visit(viewer)
    page = browser.go(f"{LIST}?status=error")
    browser.picture("nodes-nothing-fits")
    browser.sees("Nothing fits")
    page.get_by_role("link", name="Show all").click()
    browser.sees("Arm")
    browser.is_content()


def test_an_empty_fleet_says_what_to_do_next_and_hears_of_the_first_node(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    page = browser.go(LIST)
    browser.sees("No node yet")
    browser.picture("nodes-empty")
    assert page.get_by_role("link", name="Add a node").get_attribute("href") == "/nodes/add"
    node("arm")
    browser.looks_again()
    page.get_by_role("link", name="1 new node: show it").click()
    browser.sees("Arm")
    browser.is_content()


def test_a_viewer_finds_no_button_that_changes_anything(visit: Visit, viewer: Person) -> None:
    node("arm", labels=SIMULATED)
    browser = visit(viewer)
    page = browser.go(LIST)
    browser.sees("1 simulated node is part of this fleet.")
    for name in ("Add a node", "Remove it", "Run"):
        assert page.get_by_text(name, exact=True).count() == 0
    assert page.get_by_role("checkbox").count() == 0
    browser.is_content()


def test_somebody_limited_to_nodes_sees_only_those(viewer: Person) -> None:
    arm, lamp = node("arm", labels=SIMULATED), node("lamp", labels={"site": "graz"} | SIMULATED)
    see_only(viewer, arm)
    page = at_desk(viewer).get(LIST).content.decode()
    assert "arm" in page and "1 simulated node" in page
    assert "lamp" not in page.lower() and "graz" not in page
    fresh = at_desk(viewer).get("/nodes/fresh", {"id": [str(arm.pk), str(lamp.pk)], "since": "2020-01-01T00:00:00Z"})
    assert str(lamp.pk) not in fresh.content.decode() and "1 new node:" in fresh.content.decode()


def test_a_limited_viewer_of_nothing_is_told_who_can_help(viewer: Person) -> None:
    see_only(viewer)
    node("arm")
    page = at_desk(viewer).get(LIST).content.decode()
    assert "An administrator adds them, and says who sees which." in page


def test_the_simulated_fleet_goes_with_one_click(visit: Visit, admin: Person) -> None:
    for key in ("sim-1", "sim-2"):
        node(key, labels=SIMULATED)
    node("arm")
    browser = visit(admin)
    page = browser.go(LIST)
    browser.picture("nodes-simulated")
    page.get_by_role("button", name="Remove them").click()
    browser.sees("2 simulated nodes removed.")
    assert [row.key for row in Node.objects.all()] == ["arm"]
    browser.is_content()


@pytest.mark.parametrize("since", ["", "tomorrow", "2020-01-01T00:00:00", "2020-99-01T00:00:00Z"])
def test_a_damaged_question_of_the_page_breaks_nothing(viewer: Person, since: str) -> None:
    assert at_desk(viewer).get("/nodes/fresh", {"since": since, "id": "x"}).status_code == 200


def test_the_list_asks_few_questions_however_long_it_is(viewer: Person, django_assert_max_num_queries: object) -> None:
    for number in range(30):
        node(f"arm-{number}", "robot", labels={"site": "graz"})
    client = at_desk(viewer)
    fresh = client.get(LIST).context["fresh"]
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        client.get(LIST)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        client.get(fresh)


def test_a_narrow_screen_shows_a_card_for_each_node(visit: Visit, viewer: Person) -> None:
    fails(node("arm", "robot", labels={"site": "graz"}), "degraded", "The third joint is warm")
    node("attic", connected=False)
    browser = visit(viewer, narrow=True, color_scheme="dark")
    page = browser.go(LIST)
    browser.picture("nodes-list-narrow")
    browser.fits()
    assert page.get_by_role("row").filter(has_text="Attic").locator("td:visible").count() == 4
    until(lambda: page.locator("[data-pulse]").inner_text() == "Live")
    browser.is_content()
