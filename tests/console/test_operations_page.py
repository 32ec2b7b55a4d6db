"""One command to many nodes, as somebody watches it: how far it is, who was passed by, and once more for the failed."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from devices.choices import CommandStatus
from devices.models import Command, Node, Operation
from devices.services import operations, replies
from tests.console.browsing import session_of
from tests.console.conftest import Visit
from tests.console.fleet import see_only
from tests.devices.told import no, node, receive, settle, yes
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OPERATIONS = "/console/devices/operation/"
PING = {"type": "get_config"}


def begun(who: Person, *nodes: Node, action: dict[str, Any] | None = None) -> Operation:
    target = operations.Target(node_ids=[one.pk for one in nodes])
    return operations.create(actor=who.actor, action=action or PING, target=target, at=timezone.now())


def page_of(operation: Operation) -> str:
    return f"{OPERATIONS}{operation.pk}/change/"


def row(page: Page, name: str) -> Any:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))


def counts(page: Page) -> str:
    return page.get_by_role("list", name="Counts").inner_text().replace("\n", " ")


def test_progress_moves_while_somebody_looks_and_the_failed_are_told_again(visit: Visit, operator: Person) -> None:
    busy = node("busy", maintenance_until=timezone.now() + timedelta(hours=1))
    operation = begun(operator, node("arm"), node("belt"), node("crane"), busy)
    browser = visit(operator)
    page = browser.go(page_of(operation))
    page.mouse.move(5, 5)
    assert "0 of 3 settled" in counts(page)
    assert row(page, "Busy").inner_text().split("\t")[-1] == "The node is in maintenance."
    first, second, third = receive()
    row(page, "Arm").get_by_text("Sent").wait_for()
    settle(yes(first, data={"port": 1, "password": "Hidden-Word-1"}), no(second))
    page.get_by_text("2 of 3 settled").wait_for()
    row(page, "Belt").get_by_text("port in use").wait_for()
    row(page, "Arm").get_by_text("An answer").click()
    row(page, "Arm").get_by_text("(hidden)").wait_for()
    browser.picture("b-operation-light-1280")
    settle(no(third, error="it said token=Hidden-Word-2"))
    browser.sees("Over, with failures")
    assert "Hidden-Word" not in page.content()
    assert page.get_by_role("button", name="Cancel").count() == 0
    page.get_by_role("button", name="Retry 2 that failed").click()
    browser.sees("They are told again.")
    browser.sees("What was tried first")
    again = Operation.objects.get(retry_of=operation)
    assert {command.node.name for command in again.commands.select_related("node")} == {"Belt", "Crane"}
    settle(*(yes(letter) for letter in receive()))
    page.get_by_text("Done", exact=True).first.wait_for()
    page.get_by_role("link", name="What was tried first").click()
    browser.sees("What was tried again")
    assert page.get_by_role("button", name="Retry").count() == 0
    browser.is_content()


def test_nodes_of_the_bus_that_cannot_answer_have_not_failed(visit: Visit, operator: Person) -> None:
    lamps = [node(name, "generic", connected=False, on_bus=True) for name in ("lamp", "horn")]
    operation = begun(operator, node("arm"), *lamps)
    settle(*(yes(letter) for letter in receive()))
    told = operation.commands.filter(node__on_bus=True)
    assert told.update(status=CommandStatus.SENT, sent_at=timezone.now()) == 2
    # Nobody waits a day for silence.
    replies.expire(timezone.now() + timedelta(minutes=1))
    browser = visit(operator)
    page = browser.go(page_of(operation))
    browser.sees("Over, not confirmed")
    assert counts(page) == "3 of 3 settled 1 done 2 not confirmed"
    browser.picture("b-operation-not-confirmed")
    row(page, "Lamp").get_by_text("Not confirmed").wait_for()
    assert page.locator(".p-error").count() == 0
    page.get_by_role("button", name="Retry 2 that did not confirm").click()
    browser.sees("They are told again.")
    shown = operator.caller.get(f"/api/v1/operations/{operation.pk}").json()["counts"]
    assert (shown["expired"], shown["unconfirmed"], shown["acked"]) == (2, 2, 1)
    browser.go(OPERATIONS)
    browser.sees("2 not confirmed")
    browser.is_content()


def test_what_is_open_is_cancelled(visit: Visit, operator: Person) -> None:
    operation = begun(operator, node("arm"), node("belt", connected=False))
    settle(*(yes(letter) for letter in receive()))
    browser = visit(operator, narrow=True, color_scheme="dark")
    page = browser.go(page_of(operation))
    page.get_by_role("button", name="Cancel 1 still open").press("Enter")
    browser.sees("What was still open is cancelled.")
    browser.sees("Cancelled by oskar")
    browser.picture("b-operation-dark-360")
    browser.fits()
    assert sorted(operation.commands.values_list("status", flat=True)) == ["acked", "cancelled"]
    browser.is_content()


def test_the_row_under_the_pointer_stays_under_it(visit: Visit, operator: Person) -> None:
    operation = begun(operator, *(node(f"n{number}") for number in range(6)))
    letters = receive()
    browser = visit(operator)
    page = browser.go(page_of(operation))
    row(page, "N4").hover()
    place = row(page, "N4").bounding_box()
    settle(no(letters[0], error="far too long to be told in one line " * 8), *(yes(one) for one in letters[1:]))
    page.get_by_text("6 of 6 settled").wait_for()
    row(page, "N4").get_by_text("Done").wait_for()
    assert abs(row(page, "N4").bounding_box()["y"] - place["y"]) < 1
    assert page.get_by_role("button", name="Cancel").count() == 0
    page.mouse.move(5, 5)
    page.wait_for_function("document.querySelector('[data-rows] tr').innerText.startsWith('N0')")
    browser.is_content()


def test_the_list_moves_too_and_shows_new_ones(visit: Visit, operator: Person) -> None:
    browser = visit(operator)
    page = browser.go(OPERATIONS)
    browser.sees("One command to many nodes is an operation")
    browser.picture("b-operations-empty")
    arm = node("arm")
    begun(operator, arm)
    page.get_by_text("0 of 1 settled").wait_for()
    settle(*(yes(letter) for letter in receive()))
    begun(operator, arm, node("belt"))
    page.mouse.move(5, 5)
    page.get_by_text("0 of 2 settled").wait_for()
    page.get_by_text("1 of 1 settled").wait_for()
    page.get_by_text("2 rows").wait_for()
    browser.picture("b-operations-1280")
    browser.is_content()


def test_an_operation_that_told_nobody_says_so(visit: Visit, operator: Person) -> None:
    operation = begun(operator, node("arm", maintenance_until=timezone.now() + timedelta(hours=1)))
    browser = visit(operator)
    browser.go(page_of(operation))
    browser.sees("Nobody was told")
    browser.sees("No node was told; below is why.")
    browser.picture("b-operation-nobody")
    browser.is_content()


def test_a_viewer_watches_and_presses_nothing(client: Client, operator: Person, viewer: Person) -> None:
    operation = begun(operator, node("arm"), node("belt"))
    settle(no(receive()[0]))
    client.cookies["session"] = session_of(viewer)
    page = client.get(page_of(operation)).content.decode()
    assert "1 of 2 settled".replace("1", "<b>1</b>").replace("2", "<b>2</b>") in page
    assert "Retry" not in page
    assert "still open" not in page
    for verb in ("retry", "cancel"):
        assert client.post(f"{OPERATIONS}{operation.pk}/do/{verb}/").status_code == 403
    assert not Operation.objects.exclude(pk=operation.pk).exists()
    assert not Command.objects.filter(status=CommandStatus.CANCELLED).exists()


def test_somebody_limited_to_nodes_sees_and_touches_only_theirs(
    client: Client, admin: Person, operator: Person
) -> None:
    mine, other = node("mine"), node("other")
    hidden = node("secret-place", maintenance_until=timezone.now() + timedelta(hours=1))
    shared, foreign = begun(admin, mine, other, hidden), begun(admin, other)
    settle(*(no(letter) for letter in receive()))
    again = operations.retry(actor=admin.actor, pk=foreign.pk, at=timezone.now())
    see_only(operator, mine)
    client.cookies["session"] = session_of(operator)
    page = client.get(page_of(shared)).content.decode()
    assert "<b>1</b> of <b>1</b> settled" in page
    assert not any(word in page for word in ("Other", "Secret-Place", "skipped"))
    for operation in (foreign, again):
        assert client.get(page_of(operation)).status_code == 404
        assert client.get(f"{OPERATIONS}{operation.pk}/live/").status_code == 404
        assert client.post(f"{OPERATIONS}{operation.pk}/do/cancel/").status_code == 404
    assert str(foreign.pk) not in client.get(OPERATIONS).content.decode()
    client.post(f"{OPERATIONS}{shared.pk}/do/retry/")
    assert [one.node for one in Command.objects.filter(operation__retry_of=shared)] == [mine]
    # What they did not see may still be told again by somebody who does.
    client.cookies["session"] = session_of(admin)
    assert "Retry 1 that failed" in client.get(page_of(shared)).content.decode()


def test_pages_and_lists_ask_few_questions(
    client: Client, operator: Person, django_assert_max_num_queries: Any
) -> None:
    nodes = [node(f"n{number}", connected=False) for number in range(12)]
    made = [begun(operator, *nodes) for _ in range(8)]
    client.cookies["session"] = session_of(operator)
    client.get(OPERATIONS)
    with django_assert_max_num_queries(12):
        client.get(OPERATIONS, headers={"x-part": "rows"})
    with django_assert_max_num_queries(12):
        client.get(f"{OPERATIONS}{made[0].pk}/live/")


def test_the_live_part_needs_a_login(client: Client, operator: Person) -> None:
    operation = begun(operator, node("arm"))
    assert client.get(f"{OPERATIONS}{operation.pk}/live/").status_code == 401
    assert client.get(f"{OPERATIONS}nothing/live/").status_code == 401
