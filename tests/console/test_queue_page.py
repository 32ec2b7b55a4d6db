"""The queue at a glance, and what of flows stands on the front page."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Node
from flows.models import DeadLetter, Execution, Flow
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.flows import claimed_by, ends, failed, flow_of, run_of
from tests.flows.story import robot_named
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def older(execution: Execution, **age: float) -> None:
    then = timezone.now() - timedelta(**age)
    Execution.objects.filter(pk=execution.pk).update(created_at=then, ready_at=then)


def figure(page: Any, word: str) -> str:
    return str(page.locator(".r-figure").filter(has_text=word).locator("b").inner_text())


def test_depth_pace_and_the_oldest_move_while_somebody_looks(visit: Visit, developer: Person) -> None:
    flow = flow_of(developer, "Bills")
    robot = robot_named("press-1", environment="lan")
    browser = visit(developer)
    page = browser.go("/queue")
    page.mouse.move(5, 5)
    browser.sees("Nothing waits")
    browser.picture("e-queue-empty")
    older(run_of(developer, flow, environment="lan", priority=3), minutes=9)
    run_of(developer, flow, environment="lan", priority=3)
    run_of(developer, flow, environment="dmz")
    run_of(developer, flow, ready_at=timezone.now() + timedelta(hours=1))
    browser.looks_again()
    lan = page.get_by_role("link").filter(has_text="priority 3")
    page.get_by_role("link").filter(has_text="default").get_by_text("1 not due yet").wait_for()
    assert [lan.get_by_text(word).is_visible() for word in ("2 runs", "oldest 9 min")] == [True, True]
    browser.sees("It is for the environment dmz; Press-1 is in lan.")
    assert figure(page, "in the queue") == "4"
    claimed_by(robot)
    browser.looks_again()
    lan.get_by_text("1 run").wait_for()
    assert (figure(page, "being worked on"), figure(page, "claims a minute")) == ("1", "0.2")
    browser.sees("1 of 1 in its hands · 0.2 claims a minute")
    lan.press("Enter")
    page.wait_for_url("**/console/flows/execution/?status=queued&environment=lan&priority=3")
    assert page.get_by_role("row").filter(has_text="Bills").count() == 1
    browser.is_content()


def test_the_pace_of_a_busy_robot_is_read_from_its_newest_claims(developer: Person) -> None:
    flow, robot, at = flow_of(developer), robot_named("press-1"), timezone.now()
    version = Flow.objects.get(pk=flow.pk).current
    Execution.objects.bulk_create(
        Execution(
            flow=flow, version=version, flow_name="Bills", status="succeeded", priority=1, environment="default",
            ready_at=at, timeout_seconds=1, max_retries=0, robot_key="press-1", node=robot.node,
            created_at=at - timedelta(seconds=number / 10), claimed_at=at - timedelta(seconds=number / 10),
        )
        for number in range(500)
    )  # fmt: skip
    row = at_desk(developer).get("/queue").context["robots"][0]
    assert 500 < float(row["rate"]) <= 700


def test_trouble_with_runs_stands_on_the_front_page_and_opens_its_rows(visit: Visit, developer: Person) -> None:
    flow, robot = flow_of(developer, "Bills"), robot_named("press-1")
    failed(developer, flow, robot, "token=Hidden-Word-1")
    old = failed(developer, flow, robot)
    DeadLetter.objects.filter(execution=old).update(created_at=timezone.now() - timedelta(hours=3))
    older(run_of(developer, flow), minutes=11)
    Node.objects.filter(key="press-1").update(status="offline")
    broken = flow_of(developer, "Letters")
    Flow.objects.filter(pk=broken.pk).update(status="error", status_reason="It has no version to run")
    browser = visit(developer)
    page = browser.go("/")
    browser.picture("e-front")
    assert "Hidden-Word" not in page.content()
    for sentence, rows in (
        ("1 run failed in the last hour", "press-1"),
        ("1 dead letter waits for somebody", "The printer is out of paper"),
        ("1 run has waited for 11 min", "Bills"),
        ("1 robot is silent", "press-1"),
        ("The flow Letters is in error", "It has no version to run"),
    ):
        browser.go("/")
        page.get_by_role("link").filter(has_text=sentence).click()
        page.wait_for_url(lambda address: "/console/flows/" in address)
        page.locator("main, #content").get_by_text(rows).first.wait_for()
    browser.is_content()


def test_a_quiet_queue_is_no_news(developer: Person) -> None:
    flow, robot = flow_of(developer), robot_named("press-1")
    run_of(developer, flow)
    ends(claimed_by(robot), result=1)
    run_of(developer, flow, ready_at=timezone.now() + timedelta(hours=1))
    page = at_desk(developer).get("/").content.decode()
    assert not any(word in page for word in ("failed in the last hour", "has waited", "silent", "in error"))


def test_robots_that_were_told_to_rest_are_not_missed(developer: Person) -> None:
    for key, fields in (("paused", {"status": "paused"}), ("gone", {"status": "offline"}), ("kept", {})):
        robot_named(key, **fields)
    until = timezone.now() + timedelta(hours=1)
    Node.objects.filter(key="kept").update(maintenance_until=until)
    Node.objects.update(status="offline")
    assert "silent" not in at_desk(developer).get("/").content.decode()


def test_the_queue_asks_few_questions(developer: Person, django_assert_max_num_queries: Any) -> None:
    flow = flow_of(developer)
    for number in range(12):
        robot_named(f"press-{number}", environment="lan")
        run_of(developer, flow, environment="dmz", priority=number)
    desk = at_desk(developer)
    with django_assert_max_num_queries(20):
        desk.get("/queue/live")
