"""Where a node's Node-RED lies: who says it, what is no address, and who never learns the token."""

from typing import Any

import pytest

from devices.models import BusNode
from rdos.kernel.encryption import reveal
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.flows.on_node_red import on_the_bus, url
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
ADDRESS = "http://192.168.1.20:1880"


def place(who: Person, node: Any, **body: Any) -> Any:
    return who.caller.patch(url(node), body)


def token_of(node: Any) -> str:
    return reveal(BusNode.objects.get(pk=node.pk), "admin_token")


def test_an_admin_says_where_it_lies(admin: Person) -> None:
    node = on_the_bus()
    assert admin.caller.get(url(node)).json() == {"admin_url": None, "has_token": False, "flows": []}
    answer = place(admin, node, admin_url=f"{ADDRESS}/", admin_token="kitchen-secret").json()
    assert answer == {"admin_url": ADDRESS, "has_token": True, "flows": []}
    assert token_of(node) == "kitchen-secret"
    assert "kitchen" not in BusNode.objects.get().admin_token


def test_the_journal_knows_who_changed_what_and_not_the_token(admin: Person) -> None:
    node = on_the_bus()
    place(admin, node, admin_url=ADDRESS, admin_token="kitchen-secret")
    entry = JournalEntry.objects.get(action="node.node_red")
    assert entry.after == {"admin_url": ADDRESS, "is_guarded": True}
    assert entry.details == {"is_guard_new": True}
    place(admin, node, admin_url=ADDRESS)
    assert JournalEntry.objects.filter(action="node.node_red").count() == 1


def test_what_is_left_out_stays_and_what_is_empty_goes(admin: Person) -> None:
    node = on_the_bus()
    place(admin, node, admin_url=ADDRESS, admin_token="one")
    assert place(admin, node).json()["has_token"] is True
    assert place(admin, node, admin_token=None).json() == {"admin_url": ADDRESS, "has_token": False, "flows": []}
    assert place(admin, node, admin_url="").json()["admin_url"] is None


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (f"{ADDRESS}/red", True),
        ("http://192.168.1.20", False),
        ("https://192.168.1.20:1880", False),
        ("http://192.168.1.66:1880", False),
        ("", False),
    ],
)
def test_a_token_goes_to_nobody_else_than_whom_it_was_given_for(admin: Person, address: str, kept: bool) -> None:
    node = on_the_bus()
    place(admin, node, admin_url=ADDRESS, admin_token="one")
    assert place(admin, node, admin_url=address).json()["has_token"] is kept
    assert token_of(node) == ("one" if kept else "")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://host",
        "192.168.1.20:1880",
        "http://",
        "http://user:word@host",
        "http://host/?a=1",
        "http://host/#a",
        "http://host:99999",
        "http://host:0",
        "http://ho st",
        "http://höst",
        "http://[::1",
        f"http://host/{'a' * 512}",
    ],
)
def test_what_is_no_address_is_refused_by_name(admin: Person, address: str) -> None:
    node = on_the_bus()
    response = place(admin, node, admin_url=address)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["admin_url"])


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ümlaut", "a" * 4097])
def test_what_no_header_can_carry_is_no_token(admin: Person, token: str) -> None:
    response = place(admin, on_the_bus(), admin_token=token)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["admin_token"])


def test_only_a_node_of_the_bus_has_one(admin: Person) -> None:
    node = told.node("arm", "robot")
    for response in (admin.caller.get(url(node)), place(admin, node, admin_url=ADDRESS)):
        assert (response.status_code, response.json()["code"]) == (409, "not_on_the_bus")


def test_who_may_not_change_nodes_may_look(viewer: Person, operator: Person, make_person: MakePerson) -> None:
    node, other = on_the_bus(), on_the_bus("pi-2")
    assert viewer.caller.get(url(node)).status_code == 200
    assert place(operator, node, admin_url=ADDRESS).status_code == 403
    bob = make_person("bob", "admin", allowed_node_ids=[str(other.pk)])
    assert bob.caller.get(url(node)).status_code == 403
    assert place(bob, node, admin_url=ADDRESS).status_code == 403
