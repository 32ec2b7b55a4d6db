"""The page of one node: how it is, what it was told, and what one may tell it."""

import pytest

from devices.models import Command, Node
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.fleet import fails, see_only
from tests.console.fleet import page as place
from tests.devices.told import go, node
from tests.people import Person
from tests.telemetry.telling import says

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
POSTED = (
    *("commands", "maintenance", "maintenance/end"),
    *("config/desired", "config/adopt", "config/ask", "config/policy", "config/send"),
)
PAGES = (
    *("", "/fresh", "/config", "/config/fresh", "/connections", "/connections/fresh"),
    *("/settings", "/token", "/rotate", "/delete", "/awaited"),
)
FORM = {"command": "ping", "policy": "heal", "desired": "{}", "lasts": "1h"}


def test_health_events_and_the_state_change_while_somebody_looks(visit: Visit, viewer: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(viewer)
    page = browser.go(place(arm))
    browser.sees("It has reported nothing yet.")
    browser.sees("No event yet.")
    fails(
        arm,
        "degraded",
        "The third joint is warm",
        cpu_percent=12.5,
        memory={"free_bytes": 123456789, "token": "s3cret"},
    )
    says(arm, "A port is taken")
    for text in ("Degraded", "The third joint is warm", "12.5 %", "123.5 MB", "A port is taken"):
        browser.sees(text)
    page.get_by_text("As the node said it").click()
    browser.sees('"cpu_percent": 12.5')
    assert "s3cret" not in page.content()
    browser.picture("node-viewer")
    go(arm)
    browser.looks_again()
    browser.sees("Offline")
    assert page.get_by_text('"cpu_percent": 12.5').is_visible()
    browser.is_content()


def test_the_event_under_the_pointer_stays_and_the_focus_stays_on_its_link(visit: Visit, viewer: Person) -> None:
    arm = node("arm", "robot", labels={"site": "graz"})
    says(arm, "A port is taken")
    browser = visit(viewer)
    page = browser.go(place(arm))
    row = page.get_by_role("link", name="A port is taken")
    page.get_by_role("link", name="site: graz").focus()
    row.hover()
    at = row.bounding_box()
    fails(arm, "degraded", "The third joint is warm", cpu_percent=12.5, load_1m=2)
    says(arm, "A fuse has blown")
    browser.looks_again()
    page.locator(".c-badge").get_by_text("Degraded").wait_for()
    assert row.bounding_box() == at and page.get_by_text("A fuse has blown").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "site: graz"
    page.mouse.move(2, 2)
    browser.looks_again()
    browser.sees("A fuse has blown")
    browser.sees("12.5 %")
    browser.is_content()


def test_a_viewer_sees_no_button(visit: Visit, viewer: Person, operator: Person) -> None:
    arm = node("arm", "robot")
    at_desk(operator).post(f"{place(arm)}/commands", {"command": "ping"})
    browser = visit(viewer)
    page = browser.go(place(arm))
    browser.sees("ping")
    assert page.locator("main button, main form").count() == 0
    assert page.get_by_role("link", name="Settings").count() == 0
    browser.is_content()


@pytest.mark.parametrize("path", POSTED)
def test_a_viewer_who_posts_all_the_same_is_refused(viewer: Person, path: str) -> None:
    arm = node("arm", "robot")
    answer = at_desk(viewer).post(f"{place(arm)}/{path}", FORM)
    assert answer.status_code == 403
    assert not Command.objects.exists() and Node.objects.get().maintenance_until is None


@pytest.mark.parametrize("path", ["token", "rotate", "delete", "settings"])
def test_an_operator_reaches_nothing_that_is_an_admins(operator: Person, path: str) -> None:
    arm = node("arm", "robot")
    for answer in (at_desk(operator).get(f"{place(arm)}/{path}"), at_desk(operator).post(f"{place(arm)}/{path}")):
        assert answer.status_code == 403
    assert at_desk(operator).post("/nodes/simulated/remove").status_code == 403
    assert Node.objects.exists()


@pytest.mark.parametrize("path", PAGES)
def test_other_peoples_nodes_are_not_there(admin: Person, path: str) -> None:
    arm, lamp = node("arm", "robot"), node("lamp")
    see_only(admin, lamp)
    client = at_desk(admin)
    hidden = client.get(f"{place(arm)}{path}", headers={"accept": "text/html"})
    none = client.get(f"/nodes/{admin.id}{path}", headers={"accept": "text/html"})
    assert (hidden.status_code, none.status_code) == (404, 404)
    assert "Nothing is here" in hidden.content.decode() and "arm" not in hidden.content.decode().lower()
    assert client.get(f"{place(lamp)}{path}").status_code == 200


def test_nobody_does_anything_to_other_peoples_nodes(admin: Person) -> None:
    arm, lamp = node("arm", "robot"), node("lamp")
    see_only(admin, lamp)
    for path in (*POSTED, "delete", "token", "rotate", "settings"):
        answer = at_desk(admin).post(f"{place(arm)}/{path}", FORM, headers={"accept": "text/html"})
        assert answer.status_code == 404, path
    assert Node.objects.filter(pk=arm.pk, maintenance_until=None).exists() and not Command.objects.exists()


def test_maintenance_begins_with_a_reason_and_ends(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(operator)
    page = browser.go(place(arm))
    page.locator("summary", has_text="Begin maintenance").click()
    page.get_by_label("For").select_option("8h")
    page.get_by_label("Reason").fill("New gears")
    page.get_by_role("button", name="Begin maintenance").click()
    browser.sees(": New gears")
    browser.picture("node-maintenance")
    page.get_by_role("button", name="End maintenance").click()
    browser.sees("Maintenance is over.")
    browser.is_content()


def test_whoever_looks_at_a_node_hears_that_it_is_deleted(visit: Visit, admin: Person, viewer: Person) -> None:
    arm = node("arm", "robot")
    onlooker, browser = visit(viewer), visit(admin)
    onlooker.expected = ("status of 404",)
    onlooker.go(place(arm))
    page = browser.go(place(arm))
    page.get_by_role("link", name="Delete").click()
    browser.sees("The journal keeps what happened.")
    browser.picture("node-delete")
    page.get_by_role("button", name="Delete").click()
    browser.sees("Arm is deleted.")
    onlooker.looks_again()
    onlooker.sees("Nothing is here")
    browser.is_content()
    onlooker.is_content()


def test_the_page_asks_few_questions(operator: Person, django_assert_max_num_queries: object) -> None:
    arm = node("arm", "robot")
    client = at_desk(operator)
    for number in range(12):
        client.post(f"{place(arm)}/commands", {"command": "ping"})
        says(arm, f"Event {number}")
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        client.get(place(arm))
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        client.get(f"{place(arm)}/fresh")
