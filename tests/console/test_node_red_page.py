"""A node's Node-RED in front of people: where it lies, what was pushed there, and what it says of that."""

from collections.abc import Iterator

import pytest

from devices.models import BusNode, Node
from rdos.kernel.encryption import reveal
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.flows import page_of
from tests.devices.fake_node_red import FakeNodeRed, a_node_red
from tests.devices.told import node
from tests.flows.deploying import deploy, flow_of
from tests.flows.on_node_red import a_flow, carry, claim, look, on_the_bus
from tests.flows.test_deployments_on_the_bus import run_out
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS = "http://192.168.1.20:1880"


@pytest.fixture
def red(settings: object) -> Iterator[FakeNodeRed]:
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]  # type: ignore[attr-defined]
    with a_node_red() as fake:
        yield fake


def settings_of(one: Node) -> str:
    return f"/nodes/{one.pk}/settings"


def kept(one: Node) -> tuple[str, str]:
    bus = BusNode.objects.get(pk=one.pk)
    return bus.admin_url, reveal(bus, "admin_token")


def test_an_admin_says_where_it_lies_and_the_token_is_never_shown(visit: Visit, admin: Person) -> None:
    pi = on_the_bus()
    browser = visit(admin)
    page = browser.go(settings_of(pi))
    assert page.get_by_label("Forget the token").count() == 0
    page.get_by_label("Address").fill("ftp://192.168.1.20")
    page.get_by_role("button", name="Save the address").click()
    browser.sees("An http or https address, such as http://192.168.1.20:1880.")
    page.get_by_label("Address").fill(ADDRESS)
    page.get_by_label("Token", exact=True).fill("kitchen-secret")
    page.get_by_role("button", name="Save the address").click()
    browser.sees("Where the Node-RED of pi-1 lies was saved.")
    browser.picture("node-red")
    assert kept(pi) == (ADDRESS, "kitchen-secret")
    assert "kitchen-secret" not in page.content()
    page.get_by_role("button", name="Save the address").click()
    browser.sees("was saved")
    assert kept(pi) == (ADDRESS, "kitchen-secret")
    page.get_by_label("Forget the token").check()
    page.get_by_role("button", name="Save the address").click()
    page.get_by_label("Forget the token").wait_for(state="detached")
    assert kept(pi) == (ADDRESS, "")
    browser.is_content()


def test_only_nodes_of_the_bus_have_the_form(admin: Person, operator: Person) -> None:
    arm, pi = node("arm", "robot"), on_the_bus()
    client = at_desk(admin)
    assert "Node-RED" not in client.get(settings_of(arm)).content.decode()
    assert client.post(f"/nodes/{arm.pk}/node-red", {"admin_url": ADDRESS}).status_code == 409
    assert client.get(f"/nodes/{pi.pk}/node-red").status_code == 405
    assert at_desk(operator).post(f"/nodes/{pi.pk}/node-red", {"admin_url": ADDRESS}).status_code == 403
    assert kept(pi) == ("", "")


def test_the_flows_page_shows_its_revision_its_drift_and_why_nobody_knows(
    visit: Visit, developer: Person, red: FakeNodeRed
) -> None:
    pi = on_the_bus(admin_url=red.url)
    flow = flow_of("nodered", a_flow(), owner=developer.user)
    deploy(developer, flow, target_nodes=["pi-1"])
    carry()
    browser = visit(developer)
    browser.go(page_of(flow))
    browser.sees(f"has version 1 · Node-RED’s revision {red.revision[:8]}")
    red.one("n1")["payload"] = "off"
    look(pi)
    browser.looks_again()
    browser.sees("it says otherwise: another version, changed there, or switched off")
    red.instead["GET /flows"] = (401, b"")
    look(pi)
    browser.looks_again()
    browser.sees("The last look at its Node-RED saw nothing: Node-RED does not let the hub in")
    browser.picture("flow-on-node-red")
    browser.is_content()


def test_what_cannot_answer_is_shown_as_told_and_can_be_told_again(visit: Visit, developer: Person) -> None:
    on_the_bus()
    flow = flow_of("nodered", a_flow(), owner=developer.user)
    deploy(developer, flow, target_nodes=["pi-1"])
    claim(), run_out()
    browser = visit(developer)
    page = browser.go(page_of(flow))
    browser.sees("Told, not confirmed")
    browser.sees("was told to have version 1, and did not say whether it does")
    browser.sees("1 was told and cannot, or did not, confirm it.")
    page.get_by_role("button", name="Send again to pi-1").click()
    browser.sees("1 node is told again.")
    assert [letter.name for letter in claim()] == ["deploy_flow"]
    browser.is_content()
