"""What needs attention now, as it happens."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, LoginLock, User
from rdos.kernel import panels
from rdos.kernel.actors import Actor
from tests.console.browsing import session_of
from tests.console.conftest import Visit
from tests.people import PASSWORD, Person, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def lock_out(name: str) -> None:
    at = timezone.now()
    LoginLock.objects.create(
        address="192.0.2.66", account=name, window_began_at=at, locked_until=at + timedelta(minutes=9, seconds=30)
    )


def test_a_new_trouble_appears_by_itself(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    browser.go("/")
    lock_out("vera")
    browser.sees("vera is locked out")
    browser.sees("It opens again in 9 minutes.")
    browser.is_content()


def test_the_row_under_the_pointer_stays_where_it_is(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    page = browser.go("/")
    row = page.get_by_role("link", name="Administrators without a second factor")
    row.hover()
    place = row.bounding_box()
    lock_out("vera")
    page.get_by_text("2 things need attention").wait_for()
    assert page.get_by_text("vera is locked out").count() == 0
    assert row.bounding_box() == place
    page.mouse.move(5, 5)
    browser.sees("vera is locked out")
    browser.is_content()


def test_the_focus_stays_on_its_row(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    page = browser.go("/")
    page.mouse.move(5, 5)
    page.get_by_role("link", name="Administrators without a second factor").focus()
    lock_out("vera")
    page.get_by_text("2 things need attention").wait_for()
    assert "Administrators" in page.evaluate("document.activeElement.textContent")
    browser.is_content()


def test_it_says_when_the_hub_does_not_answer_and_recovers(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    browser.expected = ("ERR_INTERNET_DISCONNECTED",)
    page = browser.go("/")
    browser.context.set_offline(True)
    browser.sees("The hub does not answer. Trying again.")
    browser.context.set_offline(False)
    page.get_by_text("Live", exact=True).wait_for()
    browser.is_content()


def test_an_ended_login_leads_to_the_login_page(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    browser.expected = ("status of 401",)
    page = browser.go("/")
    User.objects.filter(pk=admin.id).update(is_active=False)
    page.wait_for_url("**/login")
    browser.is_content()


def test_a_quiet_hub_says_what_to_do_next(client: Client, super_admin: Person) -> None:
    client.cookies["session"] = session_of(super_admin)
    page = client.get("/").content.decode()
    for step in ("Turn on your second factor", "Make accounts for your team", "Make a token for a program"):
        assert step in page


def test_a_viewer_sees_only_what_the_rulebook_allows(client: Client, viewer: Person) -> None:
    sign_in("vera", "Wrong-Kettle-42")
    lock_out("charlie")
    client.cookies["session"] = session_of(viewer)
    page = client.get("/").content.decode()
    assert "Database" in page
    for secret in ("locked out", "failed sign-in", "without a second factor", "What happened last", "192.0.2.66"):
        assert secret not in page


def test_failed_sign_ins_lead_to_the_filtered_journal(client: Client, admin: Person) -> None:
    sign_in("alice", "Wrong-Kettle-42")
    client.cookies["session"] = session_of(admin)
    page = client.get("/").content.decode()
    assert "1 failed sign-in in the last hour" in page
    assert "/console/kernel/journalentry/?action=auth.login_failed" in page


def test_what_ends_soon_is_announced(client: Client, admin: Person, viewer: Person) -> None:
    at = timezone.now()
    User.objects.filter(pk=viewer.id).update(expires_at=at + timedelta(days=3))
    viewer.token(expires_at=at + timedelta(days=2))
    admin.token()
    ApiToken.objects.filter(owner=admin.user).update(created_at=at - timedelta(days=91))
    client.cookies["session"] = session_of(admin)
    page = client.get("/").content.decode()
    for sentence in ("The account vera expires soon", "expires soon", "lies idle"):
        assert sentence in page


def test_a_dependency_that_is_away_comes_first(client: Client, admin: Person, settings: object) -> None:
    settings.NATS_URL = "nats://127.0.0.1:1"  # type: ignore[attr-defined]
    client.cookies["session"] = session_of(admin)
    page = client.get("/").content.decode()
    assert "NATS bus: not reachable" in page
    assert page.index("NATS bus: not reachable") < page.index("without a second factor")


def test_the_live_part_needs_a_login(db: None, client: Client) -> None:
    assert client.get("/front/live").status_code == 401


def test_the_front_page_asks_few_questions(
    client: Client, super_admin: Person, django_assert_max_num_queries: object
) -> None:
    client.cookies["session"] = session_of(super_admin)
    client.get("/")
    # Each part of the page asks one question, or none.
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        client.get("/front/live")


def test_an_app_fills_a_slot_without_the_page_knowing(viewer: Person) -> None:
    def filler(actor: Actor, at: object) -> list[str]:
        return [f"for {actor.label}"]

    panels.add("a slot of this test", filler)
    panels.add("a slot of this test", filler)
    assert panels.filled("a slot of this test", viewer.actor, timezone.now()) == ["for vera"]


def test_a_password_never_reaches_the_page(client: Client, viewer: Person) -> None:
    client.cookies["session"] = session_of(viewer)
    assert PASSWORD not in client.get("/").content.decode()
