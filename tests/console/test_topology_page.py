"""The topology: nodes and tunnels as a picture that each person arranges for themselves, alive, and without a mouse."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from devices.models import Layout, Node, Tunnel
from devices.services import tunnels
from tests.console.browsing import session_of, until
from tests.console.conftest import Visit
from tests.console.fleet import fails, see_only
from tests.devices.told import go, node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def joined(who: Person, left: Node, right: Node, relay: Node, name: str = "studio link") -> Tunnel:
    fields = {
        "name": name,
        "protocol": "udp",
        "mode": "relay",
        "ingress_node_id": left.pk,
        "ingress_listen_port": 9000,
        "egress_node_id": right.pk,
        "egress_forward_addr": "127.0.0.1:7000",
        "relay_node_id": relay.pk,
        "relay_addr": "192.0.2.10:4433",
    }
    return tunnels.create(actor=who.actor, fields=fields, at=timezone.now())


def box(page: Page, one: Node) -> Any:
    return page.locator(f'[data-node="{one.pk}"]')


def place(page: Page, one: Node) -> str:
    return str(box(page, one).get_attribute("transform"))


def kept(who: Person, one: Node, view: str = "graph") -> dict[str, float]:
    layout = Layout.objects.filter(user_id=who.id, view=view).first()
    return dict(layout.positions.get(str(one.pk), {})) if layout else {}


def drag(page: Page, one: Node, right: int, down: int) -> None:
    found = box(page, one).bounding_box()
    assert found
    x, y = found["x"] + found["width"] / 2, found["y"] + found["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2)
    page.mouse.move(x + right, y + down)
    page.mouse.up()


def opened(page: Page, one: Node) -> Page:
    box(page, one).wait_for()
    return page


def saved(page: Page) -> None:
    page.get_by_text("Saved", exact=True).wait_for()


def test_a_node_is_dragged_and_stays_there_for_this_person_in_this_view(
    visit: Visit, operator: Person, viewer: Person
) -> None:
    arm, belt = node("arm", "robot"), node("belt")
    browser = visit(operator)
    page = opened(browser.go("/topology"), arm)
    before = place(page, arm)
    drag(page, arm, 160, 120)
    moved = place(page, arm)
    assert moved != before
    saved(page)
    assert kept(operator, arm)
    assert (kept(operator, belt), kept(viewer, arm)) == ({}, {})
    opened(page.reload() and page, arm)
    assert place(page, arm) == moved
    # The other view has places of its own, and remembers them.
    page.get_by_role("button", name="Flow").click()
    assert place(page, arm) == before
    assert page.url.endswith("?view=flow")
    drag(page, belt, -90, 60)
    saved(page)
    assert kept(operator, belt, "flow")
    assert not kept(operator, belt)
    other = visit(viewer)
    assert place(opened(other.go("/topology"), arm), arm) == before
    # Arranging forgets what this person did here, and nothing else.
    page.get_by_role("button", name="Graph").click()
    assert place(page, arm) == moved
    page.get_by_role("button", name="Arrange").click()
    assert place(page, arm) == before
    until(lambda: not kept(operator, arm))
    assert kept(operator, belt, "flow")
    browser.is_content()
    other.is_content()


def test_arrow_keys_move_and_enter_opens(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(operator, narrow=True, color_scheme="dark")
    page = opened(browser.go("/topology"), arm)
    page.get_by_role("button", name="Arrange").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Arm, Robot, Online")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert place(page, arm) == "translate(10 50)"
    saved(page)
    assert kept(operator, arm) == {"x": 10, "y": 50}
    browser.picture("b-topology-one-360")
    browser.fits()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/nodes/{arm.pk}")
    browser.is_content()


def test_a_click_opens_the_node(visit: Visit, operator: Person) -> None:
    arm = node("arm")
    browser = visit(operator)
    page = opened(browser.go("/topology"), arm)
    box(page, arm).click()
    page.wait_for_url(f"**/nodes/{arm.pk}")
    assert not kept(operator, arm)


def test_states_change_and_things_appear_while_somebody_looks(visit: Visit, admin: Person) -> None:
    left, right, gate = node("left"), node("right"), node("gate", "relay")
    browser = visit(admin)
    page = opened(browser.go("/topology"), left)
    before = {one: place(page, one) for one in (left, right, gate)}
    tunnel = joined(admin, left, right, gate)
    fails(left, "degraded", "The third joint is warm")
    go(right)
    tunnel.legs.filter(side="ingress").update(status="failed", error="the port is taken")
    page.get_by_role("link", name="Left, Edge Transport Node, Degraded").wait_for()
    page.get_by_role("link", name="Right, Edge Transport Node, Offline").wait_for()
    page.get_by_role("link", name="Tunnel studio link, Failed").wait_for()
    lines = page.locator(f'[data-tunnel="{tunnel.pk}"] path')
    assert all(length > 0 for length in lines.evaluate_all("all => all.map((one) => one.getTotalLength())"))
    # Nothing that was there has moved.
    assert before == {one: place(page, one) for one in (left, right, gate)}
    late = node("late")
    Tunnel.objects.filter(pk=tunnel.pk).update(status="active")
    page.get_by_role("link", name="Tunnel studio link, Active").wait_for()
    page.get_by_text("The same as a list", exact=True).click()
    row = page.get_by_role("row").filter(has_text="studio link: Left → Gate → Right, active").first
    row.wait_for()
    box(page, late).wait_for()
    Node.objects.filter(pk=late.pk).delete()
    box(page, late).wait_for(state="detached")
    page.get_by_role("link", name="Tunnel studio link, Active").click()
    page.wait_for_url("**/console/devices/tunnel/**")
    browser.is_content()


def test_what_cannot_be_saved_is_said(visit: Visit, operator: Person) -> None:
    arm = node("arm")
    browser = visit(operator)
    browser.expected = ("ERR_INTERNET_DISCONNECTED",)
    page = opened(browser.go("/topology"), arm)
    browser.context.set_offline(True)
    drag(page, arm, 50, 50)
    browser.sees("Not saved")
    browser.sees("The hub does not answer. Trying again.")
    browser.context.set_offline(False)
    page.get_by_text("Live", exact=True).wait_for()
    browser.is_content()


@pytest.mark.parametrize("view", ["graph", "flow"])
@pytest.mark.parametrize(("narrow", "colours"), [(False, "light"), (True, "dark")])
def test_a_fleet_is_drawn_whole(visit: Visit, admin: Person, view: str, narrow: bool, colours: str) -> None:
    edges = [node(f"edge-{number}", connected=number % 5 > 0) for number in range(9)]
    relays = [node(f"gate-{number}", "relay") for number in range(2)]
    robots = [node(f"robot-{number}", "robot") for number in range(6)]
    for number in range(5):
        joined(admin, edges[number], edges[(number * 3 + 4) % 9], relays[number % 2], f"link {number}")
    browser = visit(admin, narrow=narrow, color_scheme=colours)
    page = opened(browser.go(f"/topology?view={view}"), robots[0])
    frame = page.locator("#picture").bounding_box()
    assert frame
    for one in (*edges, *relays, *robots):
        found = box(page, one).bounding_box()
        assert found
        assert frame["x"] <= found["x"] <= found["x"] + found["width"] <= frame["x"] + frame["width"]
        assert frame["y"] <= found["y"] <= found["y"] + found["height"] <= frame["y"] + frame["height"]
    browser.picture(f"b-topology-{view}-{colours}")
    browser.fits()
    browser.is_content()


def test_an_empty_fleet_says_what_to_do(client: Client, admin: Person, viewer: Person) -> None:
    client.cookies["session"] = session_of(admin)
    assert "Add a node" in client.get("/topology").content.decode()
    client.cookies["session"] = session_of(viewer)
    page = client.get("/topology").content.decode()
    assert ("Add a node" in page, "Nodes that you may see appear here." in page) == (False, True)


def test_each_person_sees_their_nodes_and_the_tunnels_of_their_role(
    client: Client, admin: Person, operator: Person, viewer: Person
) -> None:
    left, right, gate = node("left"), node("right"), node("gate", "relay")
    joined(admin, left, right, gate)

    def seen(who: Person) -> tuple[set[str], int]:
        client.cookies["session"] = session_of(who)
        state = client.get("/topology/state").json()
        return {one["name"] for one in state["nodes"]}, len(state["tunnels"])

    assert seen(operator) == ({"Left", "Right", "Gate"}, 1)
    assert seen(viewer) == ({"Left", "Right", "Gate"}, 0)
    page = client.get("/topology").content.decode()
    assert ("Make a tunnel" in page, "Your role does not show tunnels." in page) == (False, True)
    assert seen(see_only(operator, left, right)) == ({"Left", "Right"}, 0)
    assert client.get("/topology").status_code == 200


def test_the_state_needs_a_login_and_asks_few_questions(
    client: Client, admin: Person, django_assert_max_num_queries: Any
) -> None:
    assert client.get("/topology/state").status_code == 401
    gate = node("gate", "relay")
    for number in range(4):
        joined(admin, node(f"l{number}"), node(f"r{number}"), gate)
    client.cookies["session"] = session_of(admin)
    client.get("/topology")
    with django_assert_max_num_queries(7):
        client.get("/topology/state")
