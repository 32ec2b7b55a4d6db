"""What was found on the bus: who is there, claimed in one click or many at once, and kept true by itself."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devices.models import Node
from devices.services import bus_nodes
from rdos.kernel.models import JournalEntry
from tests.console.browsing import at_desk, until
from tests.console.bus import INBOX, found
from tests.console.conftest import Visit
from tests.console.fleet import LIST, see_only
from tests.devices.told import node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def listed(person: Person, **filters: str) -> list[str]:
    return [row.node.key for row in at_desk(person).get(INBOX, filters).context["cl"].result_list]


def test_a_row_says_what_was_found(visit: Visit, operator: Person) -> None:
    found("esp32-a1b2c3", name="tafy-esp32-a1b2c3.local.", capabilities={f"sensor.kind-{n}": "v1.0" for n in range(6)})
    found("node-7f3a91c2", heard=False, kind="unknown", capabilities={}, address="")
    browser = visit(operator)
    page = browser.go("/nodes/inbox")
    browser.picture("inbox")
    rows = page.locator("#result_list tbody tr")
    assert "node-7f3a91c2" in rows.nth(0).inner_text(), "the newest comes first"
    assert "Never heard" in rows.nth(0).inner_text()
    for text in ("tafy-esp32-a1b2c3.local.", "Heard now", "esp32", "sensor.kind-0", "2 more", "10.0.0.21", "s ago"):
        assert text in rows.nth(1).inner_text(), text
    browser.is_content()


def test_one_click_claims_a_device_where_it_stands(visit: Visit, operator: Person) -> None:
    arm, _ = found("esp32-a1b2c3"), found("esp32-d4e5f6")
    browser = visit(operator)
    page = browser.go(INBOX)
    page.get_by_role("button", name="Claim esp32-a1b2c3").click()
    row = page.locator("#result_list tr").filter(has_text="esp32-a1b2c3")
    row.get_by_text("Claimed", exact=True).wait_for()
    browser.picture("inbox-claimed")
    arm.refresh_from_db()
    assert arm.claimed and JournalEntry.objects.filter(action="node.claim", object_id=str(arm.pk)).exists()
    assert page.url.endswith(INBOX)
    page.mouse.move(5, 5)
    row.wait_for(state="detached")
    page.get_by_role("button", name="Claim esp32-d4e5f6").click()
    browser.sees("Claimed")
    browser.is_content()


def test_the_keyboard_claims_one_after_the_other(visit: Visit, operator: Person) -> None:
    for number in range(3):
        found(f"esp32-{number}")
    browser = visit(operator)
    page = browser.go(INBOX)
    page.get_by_role("button", name="Claim esp32-2").focus()
    for number in (2, 1, 0):
        until(lambda number=number: page.evaluate("document.activeElement.ariaLabel") == f"Claim esp32-{number}")
        page.keyboard.press("Enter")
        page.get_by_text("Claimed", exact=True).nth(2 - number).wait_for()
    assert Node.objects.filter(claimed=True).count() == 3
    browser.is_content()


def test_whoever_claimed_first_is_no_trouble_and_a_device_that_is_gone_says_so(visit: Visit, operator: Person) -> None:
    arm, lamp = found("esp32-a1b2c3"), found("esp32-d4e5f6")
    browser = visit(operator)
    browser.expected = ("status of 404",)
    page = browser.go(INBOX)
    bus_nodes.claim(actor=operator.actor, pk=arm.pk, at=timezone.now())
    Node.objects.filter(pk=lamp.pk).delete()
    page.get_by_role("button", name="Claim esp32-a1b2c3").click()
    page.get_by_text("Claimed", exact=True).wait_for()
    page.get_by_role("button", name="Claim esp32-d4e5f6").click()
    page.locator("#result_list .c-badge-bad").wait_for()
    browser.is_content()


def test_many_are_claimed_at_once_with_a_result_for_each(visit: Visit, operator: Person) -> None:
    for number in range(3):
        found(f"esp32-{number}")
    browser = visit(operator)
    page = browser.go(INBOX)
    for number in range(2):
        page.get_by_role("row").filter(has_text=f"esp32-{number}").get_by_role("checkbox").press("Space")
    browser.picture("inbox-chosen")
    page.locator("select[name=action]").select_option(label="Claim")
    page.get_by_role("button", name="Run").click()
    browser.sees("What became of each")
    browser.picture("inbox-results")
    assert page.locator("main tbody tr, #content tbody tr").filter(has_text="Claimed").count() == 2
    assert Node.objects.filter(claimed=True).count() == 2
    page.get_by_role("link", name="To the devices found on the bus").click()
    browser.sees("esp32-2")
    browser.is_content()


def test_new_devices_appear_and_silent_ones_say_so_by_themselves(visit: Visit, viewer: Person) -> None:
    browser = visit(viewer)
    page = browser.go(INBOX)
    browser.sees("Nothing waits to be claimed")
    browser.picture("inbox-empty")
    for text in ("nats://localhost:", "MQTT, on port 1883", "--lan"):
        assert text in page.locator("#nothing").inner_text()
    arm = found("esp32-a1b2c3")
    browser.looks_again()
    page.get_by_role("link", name="esp32-a1b2c3").wait_for()
    arm.bus.heard_until = timezone.now()
    arm.bus.save(update_fields=["heard_until"])
    found("esp32-d4e5f6")
    page.locator("#result_list").get_by_text("Silent", exact=True).wait_for()
    page.get_by_role("link", name="esp32-d4e5f6").wait_for()
    assert page.get_by_role("button", name="Claim").count() == 0, "a viewer claims nothing"
    browser.is_content()


def test_what_is_not_ours_is_forgotten_after_a_question(visit: Visit, admin: Person) -> None:
    found("esp32-a1b2c3"), found("esp32-d4e5f6")
    browser = visit(admin)
    page = browser.go(INBOX)
    page.get_by_role("link", name="Forget esp32-a1b2c3").click()
    browser.sees("When it speaks on the bus again, it is found again.")
    browser.picture("inbox-forget")
    page.get_by_role("button", name="Forget it").click()
    browser.sees("esp32-a1b2c3 is forgotten.")
    assert [one.key for one in Node.objects.all()] == ["esp32-d4e5f6"]
    browser.is_content()


def test_what_was_claimed_meanwhile_is_not_forgotten(admin: Person, operator: Person) -> None:
    arm, lamp = found("esp32-a1b2c3", claimed=True), node("lamp")
    assert at_desk(admin).post(f"/nodes/{arm.pk}/forget").status_code == 409
    assert at_desk(admin).post(f"/nodes/{lamp.pk}/forget").status_code == 409
    assert at_desk(operator).post(f"/nodes/{found('esp32-1').pk}/forget").status_code == 403
    form = {"action": "forget_nodes", "index": "0", "_selected_action": [str(arm.pk)], "confirmed": "yes"}
    at_desk(admin).post(INBOX, form)
    assert Node.objects.count() == 3


def test_a_viewer_claims_nothing_and_somebody_limited_sees_their_own(viewer: Person, operator: Person) -> None:
    arm, lamp = found("esp32-a1b2c3"), found("esp32-d4e5f6")
    assert at_desk(viewer).post(f"/nodes/{arm.pk}/claim").status_code == 403
    form = {"action": "claim_nodes", "index": "0", "_selected_action": [str(arm.pk)]}
    at_desk(viewer).post(INBOX, form)
    see_only(operator, lamp)
    assert listed(operator) == ["esp32-d4e5f6"]
    assert at_desk(operator).post(f"/nodes/{arm.pk}/claim").status_code == 403
    assert not Node.objects.filter(claimed=True).exists()


def test_the_inbox_is_filtered_and_searched(viewer: Person) -> None:
    found("esp32-a1b2c3"), found("node-7f3a91c2", heard=False, kind="pi", address="10.0.0.5")
    found("esp32-ours", claimed=True), node("lamp")
    assert sorted(listed(viewer)) == ["esp32-a1b2c3", "node-7f3a91c2"]
    assert listed(viewer, kind="pi") == listed(viewer, heard="no") == listed(viewer, q="10.0.0.5") == ["node-7f3a91c2"]
    assert listed(viewer, heard="yes") == ["esp32-a1b2c3"]


def test_every_page_counts_what_waits(viewer: Person) -> None:
    page = at_desk(viewer).get("/").content.decode()
    assert "Found on the bus" in page and "c-count" not in page and "found on the bus and" not in page
    for number in range(2):
        found(f"esp32-{number}")
    page = at_desk(viewer).get("/").content.decode()
    assert '<span class="c-count" aria-label="2 waiting">2</span>' in page
    assert "2 devices were found on the bus and are claimed by nobody" in page and f'href="{INBOX}"' in page
    assert '<span class="c-count" aria-label="2 waiting">2</span>' in at_desk(viewer).get(LIST).content.decode()


@pytest.mark.parametrize("place", ["/", LIST])
def test_what_waits_is_counted_again_while_a_page_stays_open(visit: Visit, viewer: Person, place: str) -> None:
    browser = visit(viewer)
    page = browser.go(place)
    found("esp32-a1b2c3")
    browser.looks_again()
    page.get_by_label("1 waiting").wait_for()
    Node.objects.update(claimed=True)
    browser.looks_again()
    page.get_by_label("1 waiting").wait_for(state="detached")
    browser.is_content()


def test_the_menu_counts_what_one_sees(viewer: Person, client: Client) -> None:
    one, _ = found("esp32-a1b2c3"), found("esp32-d4e5f6")
    assert at_desk(viewer).get("/menu/waiting").json() == {INBOX: "2"}
    see_only(viewer, one)
    assert at_desk(viewer).get("/menu/waiting").json() == {INBOX: "1"}
    assert client.get("/menu/waiting").status_code == 401


def test_the_inbox_asks_few_questions_however_long_it_is(viewer: Person, django_assert_max_num_queries: Any) -> None:
    for number in range(60):
        found(f"esp32-{number}")
    client = at_desk(viewer)
    client.get(INBOX)
    with django_assert_max_num_queries(12):
        page = client.get(INBOX)
    assert len(page.context["cl"].result_list) == 50


def test_nodes_are_told_apart_by_the_bus_and_by_their_claim(viewer: Person) -> None:
    found("esp32-a1b2c3"), found("esp32-ours", claimed=True), node("lamp")

    def keys(**filters: str) -> set[str]:
        return {one.key for one in at_desk(viewer).get(LIST, filters).context["cl"].result_list}

    assert keys(bus="yes") == {"esp32-a1b2c3", "esp32-ours"} and keys(bus="no") == {"lamp"}
    assert keys(claimed="no") == {"esp32-a1b2c3"} and keys(claimed="yes") == {"esp32-ours", "lamp"}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_narrow_screen_shows_a_card_for_each_device(visit: Visit, admin: Person, colours: str) -> None:
    found("esp32-a1b2c3"), found("node-7f3a91c2", heard=False, capabilities={}, address="")
    browser = visit(admin, narrow=True, color_scheme=colours)
    page = browser.go(INBOX)
    browser.picture(f"inbox-narrow-{colours}")
    browser.fits()
    page.get_by_role("button", name="Claim esp32-a1b2c3").click()
    page.get_by_text("Claimed", exact=True).wait_for()
    browser.is_content()
