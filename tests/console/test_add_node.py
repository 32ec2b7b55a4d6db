"""Adding a node: what it is, the one line to run, and the moment it turns green."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from devices.models import Node
from tests.console.browsing import Visitor, at_desk
from tests.console.conftest import Visit
from tests.console.fleet import page as place
from tests.console.fleet import see_only
from tests.devices.fake_node import FakeNode
from tests.devices.hub import Hub, serving
from tests.devices.told import come, node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hub(transactional_db: None) -> Iterator[Hub]:
    with serving() as running:
        yield running


@pytest.fixture
def at_the_hub(chromium: Browser, hub: Hub, admin: Person) -> Iterator[Visitor]:
    """In front of the very hub that nodes dial."""
    context = chromium.new_context(base_url=hub.url, viewport={"width": 1280, "height": 900})
    yield Visitor(context, hub.url, admin)
    context.close()


def start(line: str, folder: Path) -> "subprocess.Popen[bytes]":
    """What the line does in a shell that has curl and python3."""
    fetch, _, run = line.partition(" && ")
    (folder / "agent.pyz").write_bytes(httpx.get(fetch.split()[-1], trust_env=False).content)
    interpreter, *arguments = run.split()
    assert interpreter == "python3"
    home = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    return subprocess.Popen([sys.executable, "-I", *arguments], cwd=folder, env=home, stderr=subprocess.DEVNULL)


def test_the_one_line_starts_a_node_and_the_page_turns_green(at_the_hub: Visitor, tmp_path: Path) -> None:
    page = at_the_hub.go("/nodes/add")
    page.get_by_label("Name").fill("Desk lamp")
    page.keyboard.press("Enter")
    browser = at_the_hub
    browser.sees("Waiting for the node…")
    browser.picture("node-line")
    line = page.locator("#line").inner_text()
    agent = start(line, tmp_path)
    try:
        browser.page.set_default_timeout(20_000)
        browser.sees("Desk lamp is here")
        assert page.locator(".f-awaited.is-here").count() == 1
        browser.picture("node-line-here")
        page.get_by_role("link", name="Open it").click()
        browser.sees("Connected since")
    finally:
        agent.terminate()
        agent.wait(10)
    browser.is_content()


def test_a_node_with_a_program_of_its_own_gets_address_and_token(at_the_hub: Visitor, hub: Hub) -> None:
    browser, page = at_the_hub, at_the_hub.go("/nodes/add")
    page.get_by_label("Name").fill("Venue")
    page.get_by_text("Edge Transport Node").click()
    page.get_by_text("Description, labels, expiry").click()
    page.get_by_label("Labels").fill("site: graz\nfloor: 2")
    page.get_by_role("button", name="Add the node").click()
    browser.picture("node-token-made")
    address, token = (page.locator(one).inner_text() for one in ("#socket", "#token"))
    with FakeNode(address).register(token):
        browser.looks_again()
        browser.sees("Venue is here")
    row = Node.objects.get()
    assert (row.device_type, row.labels) == ("edge", {"site": "graz", "floor": "2"})
    assert token not in browser.go(place(row)).content()
    browser.is_content()


def test_a_mistake_is_told_where_it_is_and_nothing_typed_is_lost(visit: Visit, admin: Person) -> None:
    browser = visit(admin, narrow=True, color_scheme="dark")
    page = browser.go("/nodes/add")
    page.get_by_label("Name").fill("Arm")
    page.get_by_text("A machine that works or moves").click()
    page.get_by_text("Description, labels, expiry").click()
    page.get_by_label("Labels").fill("Bad Name!: x")
    page.get_by_label("Expires").fill("2020-01-01T10:00")
    page.get_by_role("button", name="Add the node").click()
    page.get_by_role("alert").first.wait_for()
    browser.picture("node-add-refused")
    browser.fits()
    assert page.get_by_label("Labels").is_visible() and page.get_by_label("Labels").input_value() == "Bad Name!: x"
    assert page.get_by_role("radio", name="Robot").is_checked()
    assert not Node.objects.exists()
    browser.is_content()


def test_another_token_makes_the_first_worthless_after_a_question(visit: Visit, admin: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(admin)
    page = browser.go(place(arm))
    page.get_by_role("link", name="Issue a new token").click()
    browser.sees("What the node had before is worthless at once")
    page.get_by_role("button", name="Issue a new token").click()
    browser.sees("Waiting for the node…")
    assert " --token " in page.locator("#line").inner_text()
    arm.refresh_from_db()
    assert (arm.status, arm.session_id) == ("pending", None)
    page.get_by_role("button", name="Copy the line").click()
    page.get_by_text("Copied").or_(page.get_by_text("Selected: press Ctrl+C")).wait_for()
    come(arm)
    browser.looks_again()
    browser.sees("Arm is here")
    browser.is_content()


def test_a_deleted_node_is_no_longer_waited_for(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    browser.expected = ("status of 404",)
    page = browser.go("/nodes/add")
    page.get_by_label("Name").fill("Arm")
    page.keyboard.press("Enter")
    browser.sees("Waiting for the node…")
    Node.objects.all().delete()
    browser.looks_again()
    page.wait_for_url("**/console/devices/node/")
    # The form was not sent again.
    assert not Node.objects.exists()
    browser.is_content()


def test_who_may_not_add_nodes_is_told(operator: Person, admin: Person) -> None:
    assert at_desk(operator).get("/nodes/add").status_code == 403
    assert at_desk(operator).post("/nodes/add", {"name": "Arm", "device_type": "agent"}).status_code == 403
    see_only(admin, node("lamp"))
    page = at_desk(admin).post("/nodes/add", {"name": "Arm", "device_type": "agent"})
    assert "You see some nodes only, so you would not see a new one." in page.content.decode()
    assert Node.objects.count() == 1


def test_an_edge_gets_another_secret_only_while_it_is_there(visit: Visit, admin: Person) -> None:
    arm = node("arm", "edge", connected=False)
    browser = visit(admin)
    page = browser.go(place(arm))
    page.get_by_role("link", name="Give it another secret").click()
    page.get_by_role("button", name="Give it another secret").click()
    browser.sees("Node is not connected")
    come(arm)
    browser.go(f"{place(arm)}/rotate")
    page.get_by_role("button", name="Give it another secret").click()
    browser.sees("The new secret is on its way.")
    page.get_by_text("rotate_secret").first.wait_for()
    browser.is_content()
