"""Runs as somebody follows them: steps, lines, why one waits; and what ends one or starts it again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from flows.models import Execution, Flow
from flows.reports import StepReport
from tests.console.browsing import at_desk, until
from tests.console.conftest import Visit
from tests.console.fleet import see_only
from tests.console.flows import (
    EXECUTIONS,
    claimed_by,
    do,
    ends,
    failed,
    flow_of,
    goes_on,
    page_of,
    run_of,
    tells,
    writes,
)  # fmt: skip
from tests.flows.story import robot_named
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def lines_of(execution: Execution) -> str:
    return page_of(execution).replace("change/", "lines/")


def test_a_run_is_followed_from_the_queue_to_its_end(visit: Visit, developer: Person) -> None:
    flow = flow_of(developer)
    execution = run_of(developer, flow, {"order": 17, "password": "Hidden-Word-1"})
    browser = visit(developer)
    page = browser.go(page_of(execution))
    page.mouse.move(5, 5)
    browser.sees("Why is this not running?")
    browser.sees("No robot has registered yet.")
    robot = robot_named("press-1")
    browser.looks_again()
    browser.sees("Nothing stands in its way; it is claimed in its turn.")
    claimed_by(robot)
    execution.refresh_from_db()
    goes_on(execution, 40, "check", "Looking at line 3")
    tells(execution, StepReport("read", "completed", 320, "LogNode", {"lines": 7}, started_at=timezone.now()))
    browser.looks_again()
    browser.sees("40 %, at check: Looking at line 3")
    page.get_by_role("listitem").filter(has_text="read").get_by_text("320 ms").wait_for()
    assert page.get_by_text("Why is this not running?").count() == 0
    page.get_by_text("What it gave").click()
    page.mouse.move(5, 5)
    page.evaluate("document.activeElement.blur()")
    tells(execution, StepReport("check", "failed", 12, "IfNode", error="token=Hidden-Word-2"))
    browser.looks_again()
    page.get_by_role("listitem").filter(has_text="check").get_by_text("Failed").wait_for()
    # What somebody has unfolded stays so.
    assert page.get_by_text('"lines": 7').is_visible()
    ends(execution, result={"booked": 17})
    browser.looks_again()
    page.get_by_text('"booked": 17').wait_for()
    browser.sees("Succeeded")
    assert page.get_by_role("button", name="Cancel it").count() == 0
    assert "Hidden-Word" not in page.content()
    browser.is_content()


def test_lines_are_followed_until_somebody_scrolls_up(visit: Visit, developer: Person) -> None:
    run_of(developer, flow_of(developer))
    execution = claimed_by(robot_named("press-1"))
    browser = visit(developer)
    page = browser.go(page_of(execution))
    browser.sees("It has written nothing yet.")
    writes(execution, *(f"line {number}" for number in range(60)))
    browser.looks_again()
    log = page.get_by_role("log")
    log.get_by_text("line 59").wait_for()
    rest = "log => log.scrollHeight - log.scrollTop - log.clientHeight"
    assert log.evaluate(rest) < 2
    writes(execution, "the newest of all", level="error")
    browser.looks_again()
    log.get_by_text("the newest of all").wait_for()
    assert log.evaluate(rest) < 2
    log.evaluate("log => { log.scrollTop = 40; }")
    place = log.get_by_text("line 5", exact=False).first.bounding_box()
    writes(execution, "password: Hidden-Word-3", "and another")
    browser.looks_again()
    page.get_by_role("button", name="2 new lines").wait_for()
    assert log.get_by_text("line 5", exact=False).first.bounding_box() == place
    page.get_by_role("button", name="2 new lines").press("Enter")
    until(lambda: log.evaluate(rest) < 2)
    assert page.get_by_role("button", name="new line").count() == 0
    assert page.evaluate("document.activeElement.getAttribute('role')") == "log"
    assert "Hidden-Word" not in page.content()
    browser.is_content()


def test_only_what_is_new_is_asked_for(developer: Person) -> None:
    run_of(developer, flow_of(developer))
    execution, desk = claimed_by(robot_named("press-1")), at_desk(developer)
    writes(execution, "first", "<b>second</b>")
    newest = execution.lines.order_by("-id").first()
    assert newest
    said = desk.get(lines_of(execution), {"after": newest.pk - 1}).content.decode()
    assert "&lt;b&gt;second" in said and "first" not in said
    assert desk.get(lines_of(execution), {"after": newest.pk}).content.strip() == b""
    for damaged in ("", "x", "-1", "9" * 30):
        assert "first" in desk.get(lines_of(execution), {"after": damaged}).content.decode()


def test_why_names_each_robot_with_what_it_lacks(developer: Person) -> None:
    robot_named("press-1", capabilities=["print"])
    robot_named("press-2", capabilities=["sap"], is_draining=True)
    execution = run_of(developer, flow_of(developer, capabilities=["sap"]))
    page = at_desk(developer).get(page_of(execution)).content.decode()
    assert "Press-1 lacks a capability that it needs (sap)." in page
    assert "Press-2 takes no work now" in page


def test_robots_that_somebody_does_not_see_are_not_named(operator: Person, developer: Person) -> None:
    seen = robot_named("seen", capabilities=["print"])
    robot_named("unseen", capabilities=["print"])
    execution = run_of(developer, flow_of(developer, capabilities=["sap"]))
    see_only(operator, seen.node)
    page = at_desk(operator).get(page_of(execution)).content.decode()
    assert "Seen lacks a capability" in page and "unseen" not in page.lower()
    assert "unseen" not in at_desk(operator).get("/queue").content.decode().lower()


def test_a_run_is_cancelled_hurried_and_run_again(visit: Visit, operator: Person, developer: Person) -> None:
    execution = run_of(developer, flow_of(developer), {"order": 17})
    browser = visit(operator, narrow=True)
    page = browser.go(page_of(execution))
    page.get_by_role("button", name="Move to the front").press("Enter")
    browser.sees("It has the first priority now.")
    page.get_by_role("button", name="Cancel it").click()
    browser.sees("Cancelled by user")
    page.get_by_role("button", name="Run it again").click()
    browser.sees("It runs again: this is the new run.")
    again = Execution.objects.get(retry_of=execution)
    assert (again.input, again.priority) == ({"order": 17}, 0)
    page.get_by_role("link", name="The run before").click()
    browser.sees("The run that followed")
    browser.fits()
    browser.is_content()


def test_the_page_stays_steady_while_its_steps_come(visit: Visit, developer: Person) -> None:
    run_of(developer, flow_of(developer))
    execution = claimed_by(robot_named("press-1"))
    tells(execution, *(StepReport(f"n{number}", "completed", 5) for number in range(4)))
    browser = visit(developer)
    page = browser.go(page_of(execution))
    row = page.get_by_role("listitem").filter(has_text="n2")
    row.hover()
    place = row.bounding_box()
    tells(execution, StepReport("late", "failed", 5, error="far too long to be told in one line " * 20))
    goes_on(execution, 90, "late", "a message that takes more room than there was " * 5)
    browser.looks_again()
    browser.sees("90 %, at late")
    assert abs(row.bounding_box()["y"] - place["y"]) < 1 and page.get_by_text("far too long").count() == 0
    page.mouse.move(5, 5)
    browser.looks_again()
    browser.sees("far too long")
    browser.is_content()


def test_the_list_moves_and_its_rows_are_chosen_and_cancelled(
    visit: Visit, operator: Person, developer: Person
) -> None:
    flow = flow_of(developer)
    first = run_of(developer, flow)
    browser = visit(operator)
    page = browser.go(f"{EXECUTIONS}?status=open")
    page.mouse.move(5, 5)
    page.get_by_role("row").filter(has_text=str(first.pk)[:8]).get_by_role("checkbox").check()
    claimed_by(robot_named("press-1"))
    browser.looks_again()
    page.get_by_role("row").filter(has_text="press-1").get_by_text("Running").wait_for()
    page.locator("select[name=action]").select_option("cancel_executions")
    page.get_by_role("button", name="Run").click()
    browser.sees("This is final.")
    page.get_by_role("button", name="Cancel", exact=True).click()
    browser.sees("cancelled.")
    first.refresh_from_db()
    assert first.status == "cancelled"
    browser.is_content()


def shown(person: Person, **filters: str) -> set[str]:
    answer = at_desk(person).get(EXECUTIONS, filters)
    assert answer.status_code == 200
    return {row.flow_name for row in answer.context["cl"].result_list}


def test_filters_open_the_rows_that_other_pages_speak_of(developer: Person) -> None:
    robot, bills = robot_named("press-1", max_concurrent=2), flow_of(developer, "Bills")
    failed(developer, bills, robot)
    run_of(developer, flow_of(developer, "Letters"), priority=2)
    claimed_by(robot)
    waits = run_of(developer, flow_of(developer, "Parcels", environment="lan"), environment="lan")
    Execution.objects.filter(pk=waits.pk).update(ready_at=timezone.now() - timedelta(minutes=6))
    assert shown(developer, status="trouble") == {"Bills"}
    assert shown(developer, status="held") == {"Letters"}
    assert shown(developer, status="open") == {"Letters", "Parcels"}
    assert shown(developer, status="queued", environment="lan", priority="10") == {"Parcels"}
    assert shown(developer, waiting="long") == {"Parcels"}
    assert shown(developer, flow=str(bills.pk)) == {"Bills"}
    assert shown(developer, robot="press-1") == {"Bills", "Letters"}
    assert shown(developer, q="PARC") == {"Parcels"}
    assert shown(developer, q=str(waits.pk)) == {"Parcels"}
    for name in ("status", "flow", "robot", "environment", "priority", "q"):
        assert shown(developer, **{name: "nonsense"}) == set(), name
    assert shown(developer, flow="\x00", priority="99999999999", q="\x00", waiting="nonsense") == set()


def test_a_viewer_reads_and_presses_nothing(viewer: Person, developer: Person) -> None:
    execution, desk = run_of(developer, flow_of(developer)), at_desk(viewer)
    page = desk.get(page_of(execution)).content.decode()
    assert 'form="presses"' not in page and "Why is this not running?" in page
    assert [desk.post(do(execution, verb)).status_code for verb in ("cancel", "retry", "hurry")] == [403] * 3
    assert "_selected_action" not in desk.get(EXECUTIONS).content.decode()
    execution.refresh_from_db()
    assert (execution.status, execution.priority) == ("queued", 10)


def test_what_a_script_asks_for_is_not_answered_with_a_login_page(developer: Person, client: Any) -> None:
    execution = run_of(developer, flow_of(developer))
    for place in (lines_of(execution), page_of(execution).replace("change/", "live/"), "/queue/live"):
        assert client.get(place).status_code == 401


def test_an_empty_list_leads_to_the_flows(viewer: Person) -> None:
    page = at_desk(viewer).get(EXECUTIONS).content.decode()
    assert ("No execution yet" in page, "Go to the flows" in page) == (True, True)


def test_the_list_and_the_page_ask_few_questions(developer: Person, django_assert_max_num_queries: Any) -> None:
    flow: Flow = flow_of(developer)
    for number in range(20):
        execution = run_of(developer, flow, {"order": number})
    robot_named("press-1", capabilities=["x"])
    desk = at_desk(developer)
    desk.get(EXECUTIONS)
    with django_assert_max_num_queries(12):
        desk.get(EXECUTIONS)
    with django_assert_max_num_queries(10):
        desk.get(page_of(execution).replace("change/", "live/"))
