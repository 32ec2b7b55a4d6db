"""Tunnels as an admin keeps them: made in a form, followed leg by leg, taken away and brought back."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from devices.models import Tunnel
from devices.services import tunnels
from rdos.kernel.encryption import reveal
from rdos.kernel.models import JournalEntry
from tests.console.browsing import Visitor, session_of
from tests.console.conftest import Visit
from tests.console.fleet import see_only
from tests.devices.tunnelling import Fleet, come, go, grow_old, status
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TUNNELS = "/console/devices/tunnel/"
MAKES, TAKES, BINDS, REVOKES = "create_tunnel", "delete_tunnel", "authorize_tunnel", "revoke_tunnel"


def page_of(tunnel: Tunnel) -> str:
    return f"{TUNNELS}{tunnel.pk}/change/"


def made(who: Person, fleet: Fleet, **changes: Any) -> Tunnel:
    ids = {"ingress_node_id": fleet.left.pk, "egress_node_id": fleet.right.pk, "relay_node_id": fleet.relay.pk}
    return tunnels.create(actor=who.actor, fields=fleet.body(**ids | changes), at=timezone.now())


def leg(page: Page, name: str) -> Any:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def field(page: Page, label: str) -> Any:
    """What must be filled in has a star behind its name."""
    return page.get_by_label(re.compile(rf"^\W*{label}\W*$"))


def fill(page: Page, **fields: str) -> None:
    for label, value in fields.items():
        field(page, label.replace("_", " ")).fill(value)


def at_a_tunnel(visit: Visit, who: Person, tunnel: Tunnel, **options: Any) -> tuple[Visitor, Page]:
    browser = visit(who, **options)
    page = browser.go(page_of(tunnel))
    page.mouse.move(5, 5)
    return browser, page


def test_a_tunnel_is_made_in_the_form_and_its_legs_tell_how_it_goes(visit: Visit, admin: Person) -> None:
    fleet = Fleet()
    browser = visit(admin)
    page = browser.go(TUNNELS)
    browser.sees("No tunnel yet")
    browser.picture("b-tunnels-empty")
    page.get_by_role("link", name="Make a tunnel").click()
    # Each mode asks for what it needs, and for nothing else.
    field(page, "Mode").select_option("direct")
    assert not field(page, "Address of the relay").is_visible()
    assert field(page, "Address of the egress node").is_visible()
    field(page, "Mode").select_option("relay")
    assert not field(page, "Address of the egress node").is_visible()
    fill(page, Name="studio link", Listening_port="9000", Forward_to="nowhere")
    field(page, "Ingress node").select_option(str(fleet.left.pk))
    field(page, "Egress node").select_option(str(fleet.right.pk))
    field(page, "Relay").select_option(str(fleet.relay.pk))
    fill(page, Address_of_the_relay="192.0.2.10:4433")
    page.get_by_role("button", name="Add").click()
    browser.sees("Please look at what is marked below.")
    browser.picture("b-tunnel-add")
    fill(page, Forward_to="127.0.0.1:7000")
    page.get_by_role("button", name="Add").click()
    browser.sees("studio link is made; its nodes are told now.")
    page.mouse.move(5, 5)
    fleet.settle(right="the port is taken")
    leg(page, "Middle").get_by_text("Pushed").wait_for()
    leg(page, "Right").get_by_text("the port is taken").wait_for()
    page.get_by_text("Failed").first.wait_for()
    browser.picture("b-tunnel-light-1280")
    page.get_by_role("button", name="Tell its nodes again").click()
    fleet.settle()
    page.get_by_text("Active").wait_for()
    leg(page, "Right").get_by_text("Pushed").wait_for()
    tunnel = Tunnel.objects.get()
    for secret in ("encryption_key", "bind_secret", "psk"):
        assert reveal(tunnel, secret) not in page.content()
    browser.is_content()


def test_a_direct_tunnel_needs_no_relay(visit: Visit, admin: Person) -> None:
    fleet = Fleet()
    browser = visit(admin, narrow=True)
    page = browser.go(f"{TUNNELS}add/")
    field(page, "Mode").select_option("direct")
    fill(page, Name="short way", Listening_port="9000", Forward_to="127.0.0.1:7000")
    field(page, "Ingress node").select_option(str(fleet.left.pk))
    field(page, "Egress node").select_option(str(fleet.right.pk))
    fill(page, Address_of_the_egress_node="198.51.100.7:4433")
    page.get_by_role("button", name="Add").press("Enter")
    browser.sees("short way is made")
    browser.fits()
    assert Tunnel.objects.get().relay_node is None
    browser.is_content()


def test_disabled_really_disables_until_it_is_enabled(visit: Visit, admin: Person) -> None:
    fleet = Fleet()
    tunnel = made(admin, fleet)
    fleet.settle()
    fleet.forget()
    browser, page = at_a_tunnel(visit, admin, tunnel)
    page.get_by_role("button", name="Disable").click()
    browser.sees("what runs through it stops")
    assert status(tunnel) == "active"
    page.get_by_role("button", name="Disable").click()
    browser.sees("Disabled; its nodes are told to take it away.")
    page.mouse.move(5, 5)
    assert leg(page, "Left").get_by_text("Not confirmed").is_visible()
    fleet.settle()
    for name in ("Left", "Right", "Middle"):
        leg(page, name).get_by_text("Taken away").wait_for()
    assert sorted(fleet.words) == sorted([("left", TAKES), ("right", TAKES), ("middle", REVOKES)])
    browser.picture("b-tunnel-disabled")
    # Nothing brings it back but a person.
    fleet.forget()
    come(fleet.left)
    grow_old()
    tunnels.retry(timezone.now())
    fleet.settle()
    assert (fleet.told, status(tunnel)) == ([], "disabled")
    page.get_by_role("button", name="Enable").click()
    browser.sees("Enabled; its nodes are told now.")
    fleet.settle()
    assert fleet.words == [("middle", BINDS), ("left", MAKES), ("right", MAKES)]
    page.get_by_text("Active").wait_for()
    browser.is_content()


def test_a_node_that_goes_shows_at_once_and_what_is_changed_is_told(visit: Visit, admin: Person) -> None:
    fleet = Fleet()
    tunnel = made(admin, fleet)
    fleet.settle()
    browser, page = at_a_tunnel(visit, admin, tunnel, narrow=True, color_scheme="dark")
    go(fleet.right)
    leg(page, "Right").get_by_text("The node is away; it is told when it returns.").wait_for()
    browser.picture("b-tunnel-dark-360")
    browser.fits()
    come(fleet.right)
    fleet.settle()
    fleet.forget()
    fill(page, Listening_port="9100")
    page.get_by_role("button", name="Save").click()
    browser.sees("studio was changed.")
    fleet.settle()
    assert ("left", TAKES) in fleet.words
    assert ("left", MAKES) in fleet.words
    page.get_by_text("Active").wait_for()
    browser.is_content()


def test_the_list_shows_the_legs_as_they_change_and_deletes_after_a_question(visit: Visit, admin: Person) -> None:
    fleet = Fleet()
    tunnel = made(admin, fleet)
    browser = visit(admin)
    page = browser.go(TUNNELS)
    page.mouse.move(5, 5)
    fleet.settle(left="no")
    browser.sees("Ingress: failed")
    browser.sees("Relay: pushed")
    browser.picture("b-tunnels-1280")
    browser.go(page_of(tunnel))
    fleet.forget()
    page.get_by_role("button", name="Delete").click()
    browser.sees("Their nodes are told to take them away")
    page.get_by_role("button", name="Delete").click()
    browser.sees("studio: deleted.")
    fleet.settle()
    assert sorted(fleet.words) == sorted([("left", TAKES), ("right", TAKES), ("middle", REVOKES)])
    assert JournalEntry.objects.filter(action="tunnel.delete", actor_label="alice").exists()
    browser.is_content()


def test_an_operator_reads_tunnels_and_changes_none(client: Client, admin: Person, operator: Person) -> None:
    tunnel = made(admin, Fleet())
    client.cookies["session"] = session_of(operator)
    page = client.get(page_of(tunnel)).content.decode()
    assert "Nodes of the tunnel" in page
    assert not any(word in page for word in ("Disable", "Tell its nodes again", "Save", "Delete", "Change it"))
    assert "Make a tunnel" not in client.get(TUNNELS).content.decode()
    assert client.get(f"{TUNNELS}add/").status_code == 403
    assert client.post(page_of(tunnel), {"name": "mine"}).status_code == 403
    for verb in ("disable", "enable", "push"):
        assert client.post(f"{TUNNELS}{tunnel.pk}/do/{verb}/", {"confirmed": "yes"}).status_code == 403
    client.post(TUNNELS, {"action": "delete_tunnels", "_selected_action": str(tunnel.pk), "confirmed": "yes"})
    assert (status(tunnel), Tunnel.objects.get().name) == ("pending", "studio")


def test_a_viewer_and_somebody_who_does_not_see_all_its_nodes_see_no_tunnel(
    client: Client, admin: Person, operator: Person, viewer: Person
) -> None:
    fleet = Fleet()
    tunnel = made(admin, fleet)
    client.cookies["session"] = session_of(viewer)
    for place in (TUNNELS, page_of(tunnel), f"{TUNNELS}{tunnel.pk}/live/"):
        assert client.get(place).status_code == 403
    see_only(operator, fleet.left, fleet.right)
    client.cookies["session"] = session_of(operator)
    assert "studio" not in client.get(TUNNELS).content.decode()
    for place in (page_of(tunnel), f"{TUNNELS}{tunnel.pk}/live/"):
        assert client.get(place).status_code == 404


def test_an_admin_of_some_nodes_chooses_among_these(client: Client, admin: Person) -> None:
    fleet = Fleet()
    see_only(admin, fleet.left, fleet.relay)
    client.cookies["session"] = session_of(admin)
    page = client.get(f"{TUNNELS}add/").content.decode()
    assert ("Left (left)" in page, "Right (right)" in page) == (True, False)
    client.post(f"{TUNNELS}add/", fleet.body())
    assert not Tunnel.objects.exists()


def test_list_and_page_ask_few_questions(client: Client, admin: Person, django_assert_max_num_queries: Any) -> None:
    fleet = Fleet()
    rows = [made(admin, fleet, name=f"t{number}", ingress_listen_port=9000 + number) for number in range(6)]
    client.cookies["session"] = session_of(admin)
    client.get(TUNNELS)
    for place in (TUNNELS, f"{TUNNELS}{rows[0].pk}/live/"):
        with django_assert_max_num_queries(12):
            client.get(place, headers={"x-part": "rows"})
