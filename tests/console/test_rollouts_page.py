"""A staged rollout in front of a browser: begun, followed wave by wave, let through its gate, held, and ended."""

from typing import Any

import pytest

from devices.models import Node, NodeGroup
from flows.models import Deployment, Rollout
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.fleet import see_only
from tests.console.flows import ROLLOUTS, do, page_of, sheet_of
from tests.console.without_scripts import fields_of
from tests.devices.told import node
from tests.flows.rolling import answer
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fleet(count: int) -> list[Node]:
    return [node(f"n{number}", "robot") for number in range(count)]


def begin_page(flow: Any) -> str:
    return page_of(flow).replace("change/", "rollout/")


def begun(who: Person, nodes: list[Node], **sent: Any) -> Rollout:
    flow, desk = sheet_of(who), at_desk(who)
    fields = fields_of(desk.get(begin_page(flow))) | {"nodes": [str(one.pk) for one in nodes], **sent}
    answered = desk.post(begin_page(flow), fields)
    rollout = Rollout.objects.get()
    assert answered.headers["Location"] == page_of(rollout)
    return rollout


def status(rollout: Rollout) -> tuple[str, int]:
    rollout.refresh_from_db()
    return rollout.status, rollout.wave + 1


def test_a_rollout_is_begun_followed_and_let_through_its_gate(visit: Visit, developer: Person) -> None:
    flow = sheet_of(developer)
    fleet(4)
    browser = visit(developer)
    page = browser.go(page_of(flow))
    page.get_by_role("link", name="Roll out in waves…").press("Enter")
    for number in range(4):
        page.get_by_label(f"N{number} (n{number})").check()
    page.get_by_label("Waves").fill("1 node\n100 %")
    page.get_by_label("After a wave that went well").select_option("manual")
    page.get_by_label("Title").fill("Autumn")
    page.get_by_role("button", name="Begin").click()
    browser.sees("Whoever has not answered in")
    waves = page.get_by_role("region", name="Waves").get_by_role("listitem")
    assert "Wave 1" in waves.first.inner_text() and "1 told" in waves.first.inner_text()
    page.mouse.move(5, 5)
    assert answer() == ["n0"]
    browser.looks_again()
    browser.sees("The wave has gone well.")
    page.get_by_role("button", name="Let the next wave begin").press("Enter")
    browser.sees("It is through the gate.")
    assert answer() == ["n1", "n2", "n3"]
    page.mouse.move(5, 5)
    browser.looks_again()
    page.get_by_role("region", name="Autumn").get_by_text("Succeeded", exact=True).wait_for()
    assert status(Rollout.objects.get()) == ("succeeded", 2)
    assert Deployment.objects.filter(status="deployed").count() == 4
    assert page.get_by_role("button", name="Pause").count() == 0
    browser.is_content()


def test_one_that_stumbles_pauses_says_why_and_goes_on(visit: Visit, developer: Person) -> None:
    rollout = begun(developer, fleet(3), waves="2\n100 %")
    answer(failing=["n1"])
    browser = visit(developer)
    assert "is paused" in browser.go("/").content()
    page = browser.go(page_of(rollout))
    browser.sees("1 of 2 nodes of this wave failed.")
    row = page.get_by_role("row").filter(has_text="N1")
    assert row.get_by_text("no room").is_visible()
    page.get_by_role("button", name="Tell those again that failed").click()
    browser.sees("are told again.")
    answer(failing=["n1"])
    browser.go(page_of(rollout)).get_by_role("button", name="Go on without them").click()
    browser.sees("what failed in this wave is excused.")
    assert status(rollout) == ("running", 2)
    answer()
    assert status(rollout) == ("succeeded", 2)
    browser.is_content()


def test_it_is_paused_and_aborted_after_a_question(developer: Person) -> None:
    rollout, desk = begun(developer, fleet(3), waves="1\n100 %"), at_desk(developer)
    assert desk.post(do(rollout, "pause")).status_code == 302
    assert status(rollout) == ("paused", 1)
    assert "This is final." in desk.post(do(rollout, "abort")).content.decode()
    assert status(rollout) == ("paused", 1)
    desk.post(do(rollout, "abort"), {"confirmed": "yes"})
    assert status(rollout) == ("aborted", 1)
    shown = desk.post(do(rollout, "resume"), follow=True).content.decode()
    assert "By dana." in shown and status(rollout) == ("aborted", 1)


def test_it_goes_back_to_what_was_there(developer: Person) -> None:
    rollout, desk = begun(developer, fleet(2), waves="1\n100 %"), at_desk(developer)
    answer()
    assert "goes back to what it had before" in desk.post(do(rollout, "back")).content.decode()
    desk.post(do(rollout, "back"), {"confirmed": "yes"})
    answer()
    assert status(rollout)[0] == "reverted"
    assert not Deployment.objects.filter(status="deployed").exists()


def test_waves_are_percents_numbers_and_groups(developer: Person) -> None:
    nodes = fleet(6)
    group = NodeGroup.objects.create(name="Canaries")
    group.nodes.set(nodes[4:])
    waves = "Canaries\n1 node\n80 %"
    rollout = begun(developer, nodes, to="nodes", waves=waves, success_threshold="50", gate_hours="2")
    sizes = [rollout.targets.filter(wave=number).count() for number in range(4)]
    assert [wave["name"] for wave in rollout.waves] == ["Canaries", "1 nodes", "Up to 80 %", "The rest"]
    assert sizes == [2, 1, 2, 1]
    assert (rollout.success_threshold, rollout.gate_seconds, rollout.wave_seconds) == (50, 7200, 3600)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"waves": "Nobody"}, "waves"),
        ({"waves": "0 %"}, "waves"),
        ({"waves": "0"}, "waves"),
        ({"waves": ""}, "waves"),
        ({"waves": "1\n" * 101}, "waves"),
        ({"success_threshold": "0"}, "success_threshold"),
        ({"wave_minutes": "99999999"}, "wave_minutes"),
        ({"nodes": []}, "nodes"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(developer: Person, sent: dict[str, Any], field: str) -> None:
    flow, desk = sheet_of(developer), at_desk(developer)
    nodes = [str(one.pk) for one in fleet(1)]
    fields = fields_of(desk.get(begin_page(flow))) | {"nodes": nodes, **sent}
    assert list(desk.post(begin_page(flow), fields).context["form"].errors) == [field]
    assert not Rollout.objects.exists()


def test_a_second_one_of_the_same_flow_is_refused(developer: Person) -> None:
    nodes = fleet(2)
    rollout, desk = begun(developer, nodes, waves="1"), at_desk(developer)
    place = begin_page(rollout.flow)
    fields = fields_of(desk.get(place)) | {"nodes": [str(nodes[0].pk)]}
    assert "Another rollout of this flow is under way." in desk.post(place, fields).content.decode()
    assert page_of(rollout) in desk.get(page_of(rollout.flow)).content.decode()


def test_an_empty_list_says_what_to_do(visit: Visit, developer: Person, viewer: Person) -> None:
    browser = visit(developer)
    browser.go(ROLLOUTS)
    browser.sees("No rollout yet")
    browser.is_content()
    assert "A developer begins one" in at_desk(viewer).get(ROLLOUTS).content.decode()


def test_others_look_and_steer_nothing(operator: Person, developer: Person, make_person: Any) -> None:
    nodes = fleet(2)
    rollout, desk = begun(developer, nodes, waves="1"), at_desk(operator)
    shown = desk.get(page_of(rollout)).content.decode()
    assert "N1" in shown and 'form="presses"' not in shown
    for verb in ("pause", "resume", "again", "proceed", "abort", "back"):
        assert desk.post(do(rollout, verb), {"confirmed": "yes"}).status_code == 403
    partly = at_desk(see_only(make_person("dora", "developer"), nodes[0]))
    assert "N1" not in partly.get(page_of(rollout)).content.decode()
    assert "reaches nodes that you do not see" in partly.post(do(rollout, "pause"), follow=True).content.decode()
    assert status(rollout) == ("running", 1)


def test_a_rollout_of_a_private_flow_is_not_there_for_others(developer: Person, make_person: Any) -> None:
    rollout, desk = begun(developer, fleet(1)), at_desk(make_person("dora", "developer"))
    rollout.flow.access = "private"
    rollout.flow.save()
    for name in ("change", "live"):
        assert desk.get(page_of(rollout).replace("change", name)).status_code == 404
    assert desk.post(do(rollout, "pause")).status_code == 404
    assert rollout.title not in desk.get(ROLLOUTS).content.decode()


def test_the_pages_ask_few_questions(developer: Person, django_assert_max_num_queries: Any) -> None:
    rollout, desk = begun(developer, fleet(12)), at_desk(developer)
    with django_assert_max_num_queries(9):
        desk.get(page_of(rollout).replace("change", "live"))
    with django_assert_max_num_queries(11):
        desk.get(ROLLOUTS)
