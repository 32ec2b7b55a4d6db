"""The journal as a person reads it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.services import users
from rdos.kernel import journal
from rdos.kernel.console import COUNTED_AT_MOST
from rdos.kernel.models import JournalEntry
from tests.console.browsing import session_of
from tests.console.conftest import Visit
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
JOURNAL = "/console/kernel/journalentry/"


def change(admin: Person, somebody: Person, name: str) -> JournalEntry:
    users.update(actor=admin.actor, pk=somebody.id, at=timezone.now(), display_name=name)
    return JournalEntry.objects.filter(action="user.update").latest("id")


def test_the_list_is_filtered_in_the_address_and_an_entry_shows_what_changed(
    visit: Visit, admin: Person, viewer: Person
) -> None:
    entry = change(admin, viewer, "Vera the Second")
    journal.seal()
    browser = visit(admin)
    page = browser.go(JOURNAL)
    page.get_by_role("button", name="Filters").click()
    browser.picture("journal-filters")
    page.get_by_title("user.update").click()
    page.wait_for_url("**action=user.update**")
    assert page.locator("#result_list tbody tr.data-row").count() == 1
    page.get_by_role("link", name="user.update").first.click()
    page.wait_for_url(f"**/{entry.pk}/change/**")
    assert page.locator("td.c-before").inner_text() == "Vera"
    assert page.locator("td.c-after").inner_text() == "Vera the Second"
    entry.refresh_from_db()
    browser.sees(str(entry.position))
    page.get_by_role("link", name="Everything about the same user").click()
    page.wait_for_url("**object_kind__exact=user**")
    assert page.locator("#result_list tbody tr.data-row").count() == 2
    browser.is_content()


@pytest.mark.parametrize("word", ["vera", "alice", "req-77"])
def test_the_search_finds_object_actor_and_request(client: Client, admin: Person, viewer: Person, word: str) -> None:
    change(admin, viewer, "Vera the Second")
    JournalEntry.objects.filter(action="user.update").update(request_id="req-77")
    client.cookies["session"] = session_of(admin)
    assert "user.update" in client.get(f"{JOURNAL}?q={word}").content.decode()
    assert "user.update" not in client.get(f"{JOURNAL}?q={word}+elephant").content.decode().partition("result_list")[2]


def test_an_entry_is_for_those_who_may_read_the_journal(client: Client, developer: Person) -> None:
    client.cookies["session"] = session_of(developer)
    entry = JournalEntry.objects.latest("id")
    assert client.get(f"{JOURNAL}{entry.pk}/change/").status_code == 403


def test_nothing_in_the_journal_can_be_changed(client: Client, super_admin: Person) -> None:
    client.cookies["session"] = session_of(super_admin)
    entry = JournalEntry.objects.latest("id")
    for path in (f"{JOURNAL}add/", f"{JOURNAL}{entry.pk}/delete/"):
        assert client.post(path).status_code == 403
    assert client.post(f"{JOURNAL}{entry.pk}/change/", {"action": "nothing"}).status_code == 403
    assert client.get(f"{JOURNAL}x/change/").status_code == 404
    assert JournalEntry.objects.get(pk=entry.pk).action == entry.action


def test_the_list_never_counts_the_whole_table(client: Client, super_admin: Person) -> None:
    client.cookies["session"] = session_of(super_admin)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(JOURNAL).status_code == 200
    counts = [query["sql"] for query in asked if "COUNT(" in str(query["sql"]).upper()]
    # The sidebar counts what waits in the inbox, to a hundred.
    assert all(f"LIMIT {COUNTED_AT_MOST}" in sql or "LIMIT 100)" in sql for sql in counts), counts
    assert len(asked) <= 12


def test_a_seal_that_does_not_hold_is_told_on_the_front_page(client: Client, super_admin: Person) -> None:
    journal.seal()
    JournalEntry.objects.filter(action="user.create").update(object_label="somebody else")
    client.cookies["session"] = session_of(super_admin)
    assert "The journal was changed from outside" in client.get("/").content.decode()
