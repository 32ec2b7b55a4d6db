"""One thing done to many nodes: asked first, then told row by row."""

from datetime import timedelta
from typing import Any

import pytest

from devices.models import Command, Node, Operation
from devices.services import groups
from tests.console.browsing import Visitor, at_desk
from tests.console.conftest import Visit
from tests.console.fleet import LIST, see_only
from tests.devices.told import node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose(browser: Visitor, action: str, *names: str) -> None:
    page = browser.go(LIST)
    for name in names:
        page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run").click()


def results(browser: Visitor) -> list[str]:
    """What became of each, row by row."""
    browser.sees("What became of each")
    return [" ".join(row.split()) for row in browser.page.locator("main tbody tr, #content tbody tr").all_inner_texts()]


def post(person: Person, action: str, *nodes: Node, **fields: Any) -> Any:
    form = {"action": action, "index": "0", "_selected_action": [str(one.pk) for one in nodes], "confirmed": "yes"}
    return at_desk(person).post(LIST, form | fields)


def test_maintenance_begins_for_some_and_each_row_has_its_result(visit: Visit, operator: Person) -> None:
    node("arm", "robot"), node("lamp"), node("gate")
    browser = visit(operator)
    page = browser.go(LIST)
    page.get_by_role("row").filter(has_text="Arm").get_by_role("checkbox").check()
    browser.picture("bulk-bar")
    choose(browser, "Begin maintenance", "Arm", "Lamp")
    browser.sees("While it lasts their trouble raises no alarm")
    browser.picture("bulk-ask")
    assert not Node.objects.exclude(maintenance_until=None).exists()
    page.get_by_label("For").select_option("1d")
    page.get_by_label("Reason").fill("Spring cleaning")
    page.get_by_role("button", name="Begin maintenance").click()
    arm, lamp = results(browser)
    assert "Arm" in arm and "Done In maintenance until" in arm and "Lamp" in lamp
    browser.picture("bulk-results")
    page.get_by_role("link", name="To the nodes").click()
    page.locator(".f-chip", has_text="Maintenance").first.wait_for()
    assert Node.objects.filter(maintenance_reason="Spring cleaning").count() == 2
    choose(browser, "End maintenance", "Arm", "Gate")
    page.get_by_role("button", name="End maintenance").click()
    assert ["Back from maintenance" in row for row in results(browser)] == [True, False]
    browser.is_content()


def test_one_refusal_leaves_nobody_out(admin: Person) -> None:
    full, arm = node("full", labels={f"label-{number}": "x" for number in range(64)}), node("arm")
    page = post(admin, "add_label", full, arm, name="site", value="graz").context["results"]
    assert [(one.node.key, one.done) for one in page] == [("arm", True), ("full", False)]
    assert page[1].text
    arm.refresh_from_db()
    assert arm.labels == {"site": "graz"}
    page = post(admin, "remove_label", full, arm, name="site").context["results"]
    assert [one.text for one in page] == ["site taken off", "It had no such label"]


def test_a_bad_label_is_told_in_the_form_of_each_row(admin: Person) -> None:
    arm = node("arm")
    assert "This field is required." in post(admin, "add_label", arm, name="").content.decode()
    (one,) = post(admin, "add_label", arm, name="Bad Name!", value="x").context["results"]
    assert not one.done and "1–63" in one.text


def test_nodes_are_added_to_a_group_of_names(visit: Visit, admin: Person) -> None:
    arm, _ = node("arm", "robot"), node("lamp")
    team = groups.create(actor=admin.actor, name="Team", kind="static", node_ids=[arm.pk])
    groups.create(actor=admin.actor, name="All of Graz", kind="query", query={"labels": {"site": "graz"}})
    browser = visit(admin)
    choose(browser, "Add to a group", "Arm", "Lamp")
    page = browser.page
    browser.sees("Groups that are found by a query are not offered")
    assert page.get_by_label("Group").locator("option").all_inner_texts() == ["Choose a group", "Team"]
    page.get_by_label("Group").select_option("Team")
    page.get_by_role("button", name="Add to a group").click()
    arm_row, lamp_row = results(browser)
    assert "It was in it already" in arm_row and "Added to Team" in lamp_row
    assert team.nodes.count() == 2
    browser.is_content()


def test_new_tokens_are_shown_once_each_with_a_button(visit: Visit, admin: Person) -> None:
    node("arm", "robot"), node("lamp")
    browser = visit(admin, narrow=True)
    choose(browser, "Issue new tokens", "Arm", "Lamp")
    browser.sees("What these nodes had before is worthless at once")
    browser.page.get_by_role("button", name="Issue new tokens").click()
    assert len(results(browser)) == 2
    tokens = browser.page.locator(".c-secret").all_inner_texts()
    assert len(set(tokens)) == 2 and browser.page.get_by_role("button", name="Copy the token").count() == 2
    browser.picture("bulk-tokens")
    browser.fits()
    assert Node.objects.filter(status="pending").count() == 2
    browser.is_content()


def test_nodes_are_deleted_after_a_question(visit: Visit, admin: Person) -> None:
    node("arm", "robot"), node("lamp"), node("gate")
    browser = visit(admin)
    choose(browser, "Delete", "Arm", "Lamp")
    browser.sees("The journal keeps what happened.")
    assert Node.objects.count() == 3
    browser.picture("bulk-delete")
    browser.page.get_by_role("button", name="Delete").click()
    assert all("Deleted" in row for row in results(browser))
    assert [row.key for row in Node.objects.all()] == ["gate"]
    browser.is_content()


def test_a_command_that_all_understand_becomes_an_operation(visit: Visit, operator: Person) -> None:
    node("arm", "robot"), node("desk", "agent", denied_commands=["run"])
    browser = visit(operator)
    choose(browser, "Send a command", "Arm", "Desk")
    page = browser.page
    browser.sees("What all of them understand")
    assert page.get_by_role("radio", name="stop").count() == 0
    browser.picture("bulk-command-choose")
    page.get_by_role("radio", name="run").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Send run").click()
    browser.sees("This field is required.")
    page.get_by_label("script").fill("greet.sh")
    browser.picture("bulk-command-form")
    page.get_by_role("button", name="Send run").click()
    page.wait_for_url("**/console/devices/operation/*/change/")
    browser.sees("This command is denied for this node.")
    assert Command.objects.get().action == {"type": "run", "script": "greet.sh"}
    browser.is_content()


def test_a_dangerous_command_warns_before_it_is_sent(operator: Person) -> None:
    arm = node("arm", "robot")
    form = {"action": "send_command", "index": "0", "_selected_action": [str(arm.pk)], "command": "restart"}
    page = at_desk(operator).post(LIST, form).content.decode()
    assert "This one is dangerous" in page and not Operation.objects.exists()


def test_nodes_of_the_bus_are_told_at_once_and_nobody_waits_a_day_for_their_silence(operator: Person) -> None:
    robot, arm = node("rover", "esp32", connected=False, on_bus=True), node("arm", "esp32", connected=False)
    form = {"action": "send_command", "index": "0", "command": "ping"}
    words = "Nodes on the bus are told at once"
    desk = at_desk(operator)
    assert words not in desk.post(LIST, form | {"_selected_action": [str(arm.pk)]}).content.decode()
    both = form | {"_selected_action": [str(robot.pk), str(arm.pk)]}
    assert words in desk.post(LIST, both).content.decode()
    desk.post(LIST, both | {"confirmed": "yes", "keep": "1d"})
    lives = {one.node.key: one.expires_at - one.created_at for one in Command.objects.select_related("node")}
    assert lives["rover"] <= timedelta(minutes=1) and lives["arm"] > timedelta(hours=23)


def test_nodes_without_a_common_command_say_what_to_do(operator: Person) -> None:
    form = {
        "action": "send_command",
        "index": "0",
        "_selected_action": [str(node("a", "generic").pk), str(node("b").pk)],
    }
    assert "Choose nodes of one driver." in at_desk(operator).post(LIST, form).content.decode()


@pytest.mark.parametrize("action", ["add_label", "remove_label", "add_to_group", "new_tokens", "delete_nodes"])
def test_an_operator_is_not_offered_what_is_an_admins(operator: Person, action: str) -> None:
    arm = node("arm")
    assert f'value="{action}"' not in at_desk(operator).get(LIST).content.decode()
    post(operator, action, arm, name="site", value="graz")
    arm.refresh_from_db()
    assert (arm.labels, arm.status) == ({}, "online")


def test_other_peoples_nodes_are_left_alone_whatever_is_posted(admin: Person) -> None:
    arm, lamp = node("arm"), node("lamp")
    see_only(admin, lamp)
    assert [one.node.key for one in post(admin, "delete_nodes", arm, lamp).context["results"]] == ["lamp"]
    assert [row.key for row in Node.objects.all()] == ["arm"]


def test_the_theme_deletes_nothing_past_the_services(admin: Person) -> None:
    post(admin, "delete_selected", node("arm"), post="yes")
    assert Node.objects.exists()
