"""Robots as people watch them: who takes work, what each has in its hands, and how one is set aside."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Node
from flows.models import Execution, Robot
from flows.services import claiming
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.fleet import see_only
from tests.console.flows import ROBOTS, claimed_by, do, flow_of, page_of, run_of
from tests.flows.story import robot_named
from tests.people import Caller, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_list_says_who_is_there_and_what_each_does(visit: Visit, developer: Person) -> None:
    robot = robot_named("press-1", capabilities=["sap"], max_concurrent=2)
    browser = visit(developer)
    page = browser.go(ROBOTS)
    page.mouse.move(5, 5)
    row = page.get_by_role("row").filter(has_text="press-1")
    assert [row.get_by_text(word).first.is_visible() for word in ("Idle", "0 of 2", "sap")] == [True] * 3
    run_of(developer, flow_of(developer))
    claimed_by(robot)
    browser.looks_again()
    row.get_by_text("Busy").wait_for()
    assert row.get_by_text("1 of 2").is_visible()
    Node.objects.update(status="offline")
    browser.looks_again()
    row.get_by_text("Offline").wait_for()
    browser.is_content()


def test_a_robot_is_set_aside_emptied_and_let_back(visit: Visit, admin: Person) -> None:
    robot = robot_named("press-1", metrics={"cpu_percent": 12.5, "token": "Hidden-Word"}, heartbeat_at=timezone.now())
    run_of(admin, flow_of(admin))
    execution = claimed_by(robot)
    browser = visit(admin, narrow=True, color_scheme="dark")
    page = browser.go(page_of(robot))
    browser.sees("12.5 %")
    assert "Hidden-Word" not in page.content()
    page.get_by_role("button", name="Give it nothing new").press("Enter")
    browser.sees("It finishes what it has and takes nothing new.")
    browser.sees("Draining")
    page.get_by_role("button", name="Take its work away…").click()
    page.get_by_role("button", name="Take it away").click()
    browser.sees("Its runs are back in the queue.")
    execution.refresh_from_db()
    assert execution.status == "queued" and not claiming.claim(robot=robot, at=timezone.now())
    page.get_by_role("button", name="Let it take work").click()
    browser.sees("It takes work again.")
    assert claiming.claim(robot=Robot.objects.get(), at=timezone.now())
    browser.fits()
    browser.is_content()


def test_its_runs_stand_on_the_page_of_its_node(visit: Visit, developer: Person) -> None:
    robot = robot_named("press-1")
    browser = visit(developer)
    page = browser.go(f"/nodes/{robot.pk}")
    browser.sees("What it claims appears here.")
    run_of(developer, flow_of(developer, "Bills"))
    execution = claimed_by(robot)
    browser.looks_again()
    page.get_by_role("link").filter(has_text="Bills").click()
    page.wait_for_url(f"**{page_of(execution)}")
    browser.go(f"/nodes/{robot.pk}").get_by_role("link", name="As a robot").click()
    page.wait_for_url(f"**{page_of(robot)}")
    browser.is_content()


def test_a_node_that_takes_no_work_has_no_such_panel(developer: Person) -> None:
    node = Node.objects.create(key="lamp", name="Lamp", device_type="edge")
    assert "Its runs" not in at_desk(developer).get(f"/nodes/{node.pk}").content.decode()


def test_an_empty_list_says_how_a_robot_gets_its_key_and_its_work(visit: Visit, admin: Person, viewer: Person) -> None:
    browser = visit(admin)
    page = browser.go(ROBOTS)
    browser.sees("No robot yet")
    line = page.locator("#line").inner_text()
    key = admin.robot_token("press-9")
    given = json.loads(line.rpartition("-d ")[2].strip("'"))
    assert "/api/v1/jobs/claim" in line and "X-Api-Key: $ROBOT_KEY" in line
    run_of(admin, flow_of(admin, "Bills"))
    answer = Caller(headers={"x-api-key": key}).post("/api/v1/jobs/claim", given)
    assert (answer.status_code, answer.json()["workflow_name"]) == (200, "Bills")
    assert Robot.objects.get().node.key == "press-9"
    Robot.objects.all().delete()
    browser.picture("e-robots-empty")
    page.get_by_role("link", name="Give a robot a key").click()
    page.wait_for_url("**/console/accounts/apitoken/add/")
    browser.is_content()
    assert "An administrator gives them a key." in at_desk(viewer).get(ROBOTS).content.decode()


def test_nobody_below_presses_and_nobody_sees_foreign_robots(viewer: Person, operator: Person) -> None:
    robot, other = robot_named("press-1"), robot_named("other")
    page = at_desk(viewer).get(page_of(robot)).content.decode()
    assert 'form="presses"' not in page
    assert [at_desk(viewer).post(do(robot, verb)).status_code for verb in ("pause", "resume", "empty")] == [403] * 3
    assert not Robot.objects.filter(is_draining=True).exists()
    see_only(operator, robot.node)
    desk = at_desk(operator)
    assert "other" not in desk.get(ROBOTS).content.decode().lower().replace("another", "")
    assert [desk.get(page_of(one)).status_code for one in (robot, other)] == [200, 404]


def test_silent_robots_are_found(developer: Person) -> None:
    for key in ("here", "gone", "excused"):
        robot_named(key)
    Node.objects.exclude(key="here").update(status="offline")
    Node.objects.filter(key="excused").update(maintenance_until=timezone.now() + timedelta(hours=1))
    desk = at_desk(developer)
    for there, keys in (("silent", ["gone"]), ("yes", ["here"]), ("nonsense", ["excused", "gone", "here"])):
        rows: Any = desk.get(ROBOTS, {"there": there}).context["cl"].result_list
        assert [row.node.key for row in rows] == keys


def test_the_list_asks_few_questions(developer: Person, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        robot_named(f"press-{number}")
    desk = at_desk(developer)
    desk.get(ROBOTS)
    with django_assert_max_num_queries(14):
        desk.get(ROBOTS)
    assert not Execution.objects.exists()
