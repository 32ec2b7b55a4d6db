"""Runs that failed for good, and how people run them again."""

from typing import Any

import pytest

from flows.models import DeadLetter, Execution
from rdos.kernel.models import JournalEntry
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.flows import DEAD_LETTERS, do, failed, flow_of, page_of
from tests.flows.story import robot_named
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_many_are_run_again_at_once_with_a_result_for_each(visit: Visit, operator: Person, developer: Person) -> None:
    robot, bills, letters = robot_named("press-1"), flow_of(developer, "Bills"), flow_of(developer, "Letters")
    for flow in (bills, letters):
        failed(developer, flow, robot, "password=Hidden-Word-1 is wrong")
    type(letters).objects.filter(pk=letters.pk).update(status="stopped")
    browser = visit(operator)
    page = browser.go(f"{DEAD_LETTERS}?state=waiting")
    browser.picture("e-dead-letters")
    assert "Hidden-Word" not in page.content()
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("run_again")
    page.get_by_role("button", name="Run", exact=True).click()
    browser.sees("Each starts once more with its input")
    page.get_by_role("button", name="Run again").click()
    browser.sees("runs again.")
    browser.sees("Flow must be running to execute")
    again = Execution.objects.get(retry_of__isnull=False)
    assert (again.flow_name, again.input) == ("Bills", {"order": 17})
    assert DeadLetter.objects.filter(reprocessed_at=None).count() == 1
    browser.is_content()


def test_one_is_read_and_run_again_once(visit: Visit, operator: Person, developer: Person) -> None:
    failed(developer, flow_of(developer), robot_named("press-1"), "The printer is out of paper")
    letter = DeadLetter.objects.get()
    browser = visit(operator, narrow=True, color_scheme="dark")
    page = browser.go(page_of(letter))
    browser.sees("The printer is out of paper")
    browser.fits()
    page.get_by_role("button", name="Run it again").press("Enter")
    browser.sees("It runs again: this is the new run.")
    browser.go(page_of(letter))
    browser.sees("by oskar")
    assert page.get_by_role("button", name="Run it again").count() == 0
    at_desk(operator).post(do(letter, "again"))
    assert Execution.objects.count() == 2
    assert JournalEntry.objects.filter(action="deadletter.retry", actor_label="oskar").count() == 1
    browser.is_content()


def test_a_new_one_appears_by_itself(visit: Visit, developer: Person) -> None:
    browser = visit(developer)
    page = browser.go(DEAD_LETTERS)
    page.mouse.move(5, 5)
    browser.sees("No dead letter")
    failed(developer, flow_of(developer, "Bills"), robot_named("press-1"))
    browser.looks_again()
    page.get_by_role("row").filter(has_text="Bills").get_by_text("Waiting").wait_for()
    browser.is_content()


def test_a_viewer_presses_nothing_and_foreign_ones_are_not_there(
    viewer: Person, operator: Person, developer: Person
) -> None:
    robot = robot_named("press-1")
    failed(developer, flow_of(developer, "Open"), robot)
    failed(developer, flow_of(developer, "Diary", access="private"), robot)
    mine, foreign = DeadLetter.objects.order_by("created_at")
    desk = at_desk(viewer)
    assert 'form="presses"' not in desk.get(page_of(mine)).content.decode()
    assert desk.post(do(mine, "again")).status_code == 403
    assert "_selected_action" not in desk.get(DEAD_LETTERS).content.decode()
    desk = at_desk(operator)
    assert "Diary" not in desk.get(DEAD_LETTERS).content.decode()
    assert desk.get(page_of(foreign)).status_code == 404
    assert desk.post(do(foreign, "again")).status_code == 404
    sent = {"action": "run_again", "_selected_action": str(foreign.pk), "index": "0", "confirmed": "yes"}
    desk.post(DEAD_LETTERS, sent)
    assert Execution.objects.count() == 2


def test_the_list_asks_few_questions(developer: Person, django_assert_max_num_queries: Any) -> None:
    robot, flow = robot_named("press-1"), flow_of(developer)
    for _ in range(10):
        failed(developer, flow, robot)
    desk = at_desk(developer)
    desk.get(DEAD_LETTERS)
    with django_assert_max_num_queries(10):
        desk.get(DEAD_LETTERS)
