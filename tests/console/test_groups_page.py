"""Groups as people make them: of named nodes, or of whatever fits a query; and one command to all of it."""

from typing import Any

import pytest
from django.test import Client

from devices.models import Command, Node, NodeGroup, Operation
from devices.services import groups
from rdos.kernel.models import JournalEntry
from tests.console.browsing import session_of
from tests.console.conftest import Visit
from tests.console.fleet import page as page_of_node
from tests.console.fleet import see_only
from tests.devices.told import node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GROUPS = "/console/devices/nodegroup/"


def page_of(group: NodeGroup) -> str:
    return f"{GROUPS}{group.pk}/change/"


def named(who: Person, name: str, *nodes: Node) -> NodeGroup:
    return groups.create(actor=who.actor, name=name, node_ids=[one.pk for one in nodes])


def test_a_group_from_a_query_shows_the_members_that_fit_now(visit: Visit, admin: Person) -> None:
    node("arm", "robot", labels={"site": "graz"})
    node("gate", "relay", labels={"site": "graz"})
    browser = visit(admin)
    page = browser.go(GROUPS)
    browser.sees("No group yet")
    browser.picture("b-groups-empty")
    page.get_by_role("link", name="Make a group").click()
    page.get_by_label("Name").fill("Robots of Graz")
    assert page.get_by_label("Search among them").is_visible()
    page.get_by_label("Which nodes").select_option("query")
    assert not page.get_by_label("Search among them").is_visible()
    page.get_by_label("Type of node").select_option("robot")
    page.get_by_label("Labels").fill("site")
    page.get_by_role("button", name="Add").click()
    browser.sees("Each label is a name=value.")
    browser.picture("b-group-add")
    page.get_by_label("Labels").fill("site=graz")
    page.get_by_role("button", name="Add").click()
    browser.sees("Robots of Graz is there now.")
    browser.sees("type robot, labels site=graz")
    members = page.get_by_role("region", name="Nodes in it now")
    assert ("Arm" in members.inner_text(), "Gate" in members.inner_text()) == (True, False)
    # What fits later comes by itself.
    page.mouse.move(5, 5)
    node("belt", "robot", labels={"site": "graz"})
    members.get_by_role("link", name="Belt").wait_for()
    browser.picture("b-group-light-1280")
    browser.is_content()


def test_nodes_are_picked_by_words_and_keys_and_changed_later(visit: Visit, admin: Person) -> None:
    for name in ("arm", "belt", "crane"):
        node(name)
    browser = visit(admin, narrow=True, color_scheme="dark")
    page = browser.go(f"{GROUPS}add/")
    page.get_by_label("Name").fill("Hall one")
    search = page.get_by_label("Search among them")
    search.fill("BEL")
    assert not page.get_by_label("Arm (arm)").is_visible()
    search.press("Enter")
    page.get_by_label("Belt (belt)").press("Space")
    search.fill("")
    page.get_by_label("Arm (arm)").check()
    browser.sees("2 of 3 chosen")
    browser.fits()
    page.get_by_role("button", name="Add").press("Enter")
    browser.sees("Hall one is there now.")
    page.get_by_label("Arm (arm)").uncheck()
    page.get_by_role("button", name="Save").click()
    browser.sees("Hall one was changed.")
    browser.picture("b-group-dark-360")
    browser.fits()
    assert [one.key for one in NodeGroup.objects.get().nodes.all()] == ["belt"]
    browser.is_content()


def test_one_command_goes_to_a_whole_group_as_one_operation(visit: Visit, operator: Person, admin: Person) -> None:
    group = named(admin, "Hall one", node("arm"), node("belt", connected=False))
    browser = visit(operator)
    page = browser.go(page_of(group))
    assert page.get_by_role("button", name="Save").count() == 0
    page.get_by_role("link", name="Send a command").click()
    page.get_by_role("radio", name="get_config").check()
    browser.picture("b-group-command")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("comes back within").select_option("one hour")
    page.get_by_role("button", name="Send get_config").click()
    browser.sees("0 of 2 settled")
    browser.sees("get_config on Hall one")
    assert Command.objects.filter(operation=Operation.objects.get()).count() == 2
    assert JournalEntry.objects.get(action="operation.create").details["group_id"] == str(group.pk)
    browser.is_content()


def test_a_group_is_deleted_after_a_question_and_its_nodes_stay(visit: Visit, admin: Person) -> None:
    group = named(admin, "Hall one", node("arm"))
    browser = visit(admin)
    page = browser.go(page_of(group))
    page.get_by_role("button", name="Delete").click()
    browser.sees("Their nodes stay as they are.")
    page.get_by_role("button", name="Delete").click()
    browser.sees("Hall one: deleted.")
    assert (NodeGroup.objects.count(), Node.objects.count()) == (0, 1)
    browser.is_content()


def test_an_empty_group_says_what_to_do_and_a_taken_name_is_told(client: Client, admin: Person) -> None:
    group = named(admin, "Hall one")
    client.cookies["session"] = session_of(admin)
    assert "No node yet: choose some in the form." in client.get(page_of(group)).content.decode()
    assert "nobody would be told" in client.get(f"{GROUPS}{group.pk}/command/").content.decode()
    taken = client.post(f"{GROUPS}add/", {"name": "Hall one", "kind": "static"})
    assert (taken.status_code, "c-message c-tone-bad" in taken.content.decode()) == (200, True)


def test_a_viewer_reads_groups_and_changes_none(client: Client, admin: Person, viewer: Person) -> None:
    group = named(admin, "Hall one", node("arm"))
    client.cookies["session"] = session_of(viewer)
    page = client.get(page_of(group)).content.decode()
    assert "Arm" in page
    assert not any(word in page for word in ("Save", "Delete", "Send a command"))
    assert client.get(f"{GROUPS}add/").status_code == 403
    assert client.post(page_of(group), {"name": "Mine"}).status_code == 403
    assert client.post(f"{GROUPS}{group.pk}/command/", {"command": "get_config", "confirmed": "yes"}).status_code == 403
    client.post(GROUPS, {"action": "delete_groups", "_selected_action": str(group.pk), "confirmed": "yes"})
    assert NodeGroup.objects.get().name == "Hall one"
    assert not Operation.objects.exists()


def test_nodes_that_somebody_does_not_see_are_not_shown_and_stay_in_it(client: Client, admin: Person) -> None:
    mine, other, third = node("mine"), node("other"), node("third")
    group = named(admin, "Hall one", mine, other)
    see_only(admin, mine, third)
    client.cookies["session"] = session_of(admin)
    page = client.get(page_of(group)).content.decode()
    assert (page_of_node(mine) in page, "Other" in page) == (True, False)
    listed = client.get(GROUPS).content.decode()
    assert ("Hall one" in listed, "Other" in listed) == (True, False)
    client.post(page_of(group), {"name": "Hall one", "nodes": [str(third.pk)]})
    assert {one.key for one in group.nodes.all()} == {"other", "third"}
    client.post(f"{GROUPS}{group.pk}/command/", {"command": "get_config", "confirmed": "yes"})
    assert [command.node.key for command in Command.objects.select_related("node")] == ["third"]


def test_the_list_and_the_live_part_ask_few_questions(
    client: Client, admin: Person, django_assert_max_num_queries: Any
) -> None:
    made = [named(admin, f"Hall {number}", node(f"n{number}")) for number in range(6)]
    client.cookies["session"] = session_of(admin)
    client.get(GROUPS)
    for place in (GROUPS, f"{GROUPS}{made[0].pk}/live/"):
        with django_assert_max_num_queries(10):
            client.get(place, headers={"x-part": "rows"})
