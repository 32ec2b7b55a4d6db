"""A flow is brought to nodes and taken away from them, by people in front of its page."""

from typing import Any
from uuid import uuid4

import pytest

from devices.models import NodeGroup
from flows.models import Deployment, Flow
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.fleet import see_only
from tests.console.flows import deploy, do, edit, flow_of, page_of, sheet_of
from tests.console.without_scripts import fields_of
from tests.devices.told import node
from tests.flows.deploying import balk, obey
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OTHER = {"flows": [{"id": "n9", "type": "inject", "wires": []}]}


def place(flow: Flow, name: str) -> str:
    return page_of(flow).replace("change/", f"{name}/")


def states(flow: Flow) -> dict[str, tuple[str, int | None]]:
    rows = Deployment.objects.filter(flow=flow).select_related("node", "wanted")
    return {row.node.key: (row.status, row.wanted.number if row.wanted else None) for row in rows}


def test_a_version_goes_to_chosen_nodes_and_each_answer_appears_by_itself(visit: Visit, developer: Person) -> None:
    flow, lamp, fan = sheet_of(developer), node("lamp", "robot"), node("fan", "robot")
    node("pump", "robot")
    browser = visit(developer)
    page = browser.go(page_of(flow))
    page.mouse.move(5, 5)
    browser.sees("On no node yet.")
    page.get_by_role("link", name="Deploy…").press("Enter")
    page.get_by_label("Search among them").fill("lam")
    page.get_by_label("Lamp (lamp)").check()
    page.get_by_label("Search among them").fill("")
    page.get_by_label("Fan (fan)").check()
    page.get_by_role("button", name="Deploy it").click()
    browser.sees("2 nodes are told to have it.")
    browser.sees("0 of 2 nodes have what is wanted")
    browser.sees("2 have not answered yet")
    assert states(flow) == {"lamp": ("pending", 1), "fan": ("pending", 1)}
    obey()
    browser.looks_again()
    browser.sees("2 of 2 nodes have what is wanted: 2 with v1.")
    assert page.get_by_role("button", name="Send again").count() == 0
    page.get_by_role("button", name="Take away from Lamp").press("Enter")
    browser.sees("1 node is told to drop it.")
    assert states(flow)["lamp"] == ("removing", None)
    assert (lamp.key, states(flow)[fan.key]) == ("lamp", ("deployed", 1))
    browser.is_content()


def test_a_group_is_told_and_whoever_cannot_be_is_named(visit: Visit, developer: Person) -> None:
    flow, lamp, gate = sheet_of(developer), node("lamp", "robot"), node("gate", "relay")
    group = NodeGroup.objects.create(name="Graz")
    group.nodes.set([lamp, gate])
    browser = visit(developer)
    page = browser.go(place(flow, "deploy"))
    assert page.get_by_label("Search among them").is_hidden()
    page.get_by_label("Which nodes").select_option("nodes")
    assert page.get_by_label("Search among them").is_visible()
    page.get_by_label("Which nodes").select_option("group")
    page.get_by_label("Group", exact=True).select_option("Graz")
    page.get_by_role("button", name="Deploy it").click()
    browser.sees("is told to have it.")
    browser.sees("Gate: ")
    assert list(states(flow)) == ["lamp"]
    browser.is_content()


def test_an_older_version_can_be_deployed_and_the_flow_has_nodes_of_its_own(developer: Person) -> None:
    node("lamp", "robot")
    flow = sheet_of(developer, target_nodes=["lamp", "ghost"])
    edit(developer, flow, OTHER)
    desk = at_desk(developer)
    assert fields_of(desk.get(place(flow, "deploy")))["version"] == "2"
    older = f"{place(flow, 'deploy')}?version=1"
    assert older in desk.get(place(flow, "versions/1")).content.decode()
    fields = fields_of(desk.get(older))
    assert (fields["to"], fields["version"]) == ("own", "1")
    answer = desk.post(older, fields, follow=True)
    shown = answer.content.decode()
    assert "ghost is awaited: it gets the flow when it comes." in shown and "Awaited, and brought" in shown
    assert states(flow) == {"lamp": ("pending", 1)}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"to": "nodes"}, "nodes"),
        ({"to": "group"}, "to"),
        ({"to": "nodes", "nodes": ["x"]}, "nodes"),
        ({"version": "9"}, "version"),
        ({"to": "moon"}, "to"),
        ({"keep": "1y"}, "keep"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(developer: Person, sent: dict[str, Any], field: str) -> None:
    flow, desk = sheet_of(developer), at_desk(developer)
    node("lamp", "robot")
    answer = desk.post(place(flow, "deploy"), fields_of(desk.get(place(flow, "deploy"))) | sent)
    assert field in answer.context["form"].errors
    assert not Deployment.objects.exists()


def test_drift_is_seen_and_sent_again(visit: Visit, developer: Person) -> None:
    flow, lamp = sheet_of(developer), node("lamp", "robot")
    deploy(developer, flow, lamp)
    obey()
    browser = visit(developer)
    page = browser.go(page_of(flow))
    page.mouse.move(5, 5)
    Deployment.objects.update(drift="missing")
    browser.looks_again()
    browser.sees("1 node says otherwise than what is wanted.")
    browser.sees("it says otherwise: not there")
    assert page.locator(".r-deployment .c-badge-warn").inner_text() == "Drifted"
    page.get_by_role("button", name="Send again to Lamp").press("Enter")
    browser.sees("1 node is told again.")
    balk("The disk is full")
    browser.looks_again()
    browser.sees("The disk is full")
    browser.is_content()


def test_the_former_version_comes_back_after_a_question(visit: Visit, developer: Person) -> None:
    flow, lamp = sheet_of(developer), node("lamp", "robot")
    deploy(developer, flow, lamp)
    obey()
    edit(developer, flow, OTHER)
    deploy(developer, flow, lamp)
    obey()
    browser = visit(developer)
    page = browser.go(page_of(flow))
    page.get_by_role("button", name="Back to the former version…").click()
    browser.sees("goes back to the version that it had before.")
    page.get_by_role("button", name="Go back").click()
    browser.sees("1 node is told to go back.")
    assert states(flow) == {"lamp": ("pending", 1)}
    browser.is_content()


def test_it_is_taken_away_from_everywhere_or_from_some(developer: Person) -> None:
    flow, desk = sheet_of(developer), at_desk(developer)
    lamp, fan = node("lamp", "robot"), node("fan", "robot")
    deploy(developer, flow, lamp, fan)
    obey()
    fields = fields_of(desk.get(place(flow, "undeploy")))
    desk.post(place(flow, "undeploy"), fields | {"to": "nodes", "nodes": [str(fan.pk)]})
    assert states(flow) == {"lamp": ("deployed", 1), "fan": ("removing", None)}
    desk.post(place(flow, "undeploy"), fields)
    assert states(flow)["lamp"] == ("removing", None)
    obey()
    answer = desk.get(page_of(flow)).content.decode()
    assert "Take it away…" not in answer and "On no node yet." in answer
    assert "is not deployed" in desk.post(place(flow, "undeploy"), fields).content.decode()


def test_only_developers_deploy(operator: Person, viewer: Person, developer: Person) -> None:
    flow, lamp = sheet_of(developer), node("lamp", "robot")
    deploy(developer, flow, lamp)
    row = Deployment.objects.get()
    rows = [f"deployments/{row.pk}/again", f"deployments/{row.pk}/away"]
    for person in (operator, viewer):
        desk = at_desk(person)
        shown = desk.get(page_of(flow)).content.decode()
        assert "Lamp" in shown and not any(word in shown for word in ("Deploy…", "Take away", "Take it away"))
        for name in ("deploy", "undeploy", "rollout"):
            assert (desk.get(place(flow, name)).status_code, desk.post(place(flow, name)).status_code) == (403, 403)
        assert [desk.post(place(flow, name)).status_code for name in rows] == [403, 403]
        assert desk.post(do(flow, "rollback"), {"confirmed": "yes"}).status_code == 403
    assert states(flow) == {"lamp": ("pending", 1)}


def test_nodes_that_a_person_does_not_see_are_neither_offered_nor_told(developer: Person, admin: Person) -> None:
    flow, lamp, vault = sheet_of(admin), node("lamp", "robot"), node("vault", "robot")
    deploy(admin, flow, lamp, vault)
    theirs = Deployment.objects.get(node=vault)
    desk = at_desk(see_only(developer, lamp))
    for name in ("change", "deploy", "undeploy", "rollout"):
        shown = desk.get(place(flow, name)).content.decode()
        assert "Lamp" in shown and "Vault" not in shown, name
    fields = fields_of(desk.get(place(flow, "deploy")))
    assert desk.post(place(flow, "deploy"), fields | {"nodes": [str(vault.pk)]}).status_code == 200
    assert desk.post(place(flow, f"deployments/{theirs.pk}/away")).status_code == 404
    assert desk.post(place(flow, f"deployments/{uuid4()}/away")).status_code == 404
    assert desk.get(place(flow, f"deployments/{theirs.pk}/away")).status_code == 404
    assert states(flow)["vault"] == ("pending", 1)


def test_a_flow_that_robots_claim_has_no_word_of_nodes(developer: Person) -> None:
    desk = at_desk(developer)
    claimed, deployed = (desk.get(page_of(make(developer))).content.decode() for make in (flow_of, sheet_of))
    assert "Deployed to" not in claimed and "It runs on the nodes it is deployed to" in deployed


def test_the_page_asks_few_questions(developer: Person, django_assert_max_num_queries: Any) -> None:
    flow = sheet_of(developer)
    deploy(developer, flow, *[node(f"n{number}", "robot") for number in range(12)])
    desk = at_desk(developer)
    with django_assert_max_num_queries(20):
        desk.get(place(flow, "live"))
