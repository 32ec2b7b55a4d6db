"""A device gets a credential of its own from its page, and loses it there."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from devices.models import BusNode, Node
from rdos.kernel.models import JournalEntry
from tests.console.browsing import at_desk
from tests.console.bus import found
from tests.console.conftest import Visit
from tests.console.fleet import page as page_of
from tests.devices.told import node
from tests.people import Person
from tests.servers import LoneNats, nats_of_its_own
from tests.up.bus_clients import is_let_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bus(settings: Settings) -> Iterator[LoneNats]:
    with nats_of_its_own() as lone:
        settings.NATS_URL, settings.BUS_CONFIG_DIR = lone.url, lone.server.directory
        yield lone


def has_one(one: Node) -> bool:
    return bool(BusNode.objects.get(pk=one.pk).credential_hash)


def test_it_is_given_shown_once_and_withdrawn(visit: Visit, admin: Person, bus: LoneNats) -> None:
    one = found("arm-7", claimed=True)
    browser = visit(admin)
    page = browser.go(page_of(one))
    browser.sees("anonymously, like whoever reaches the bus")
    page.get_by_role("link", name="Give it a credential of its own").click()
    browser.sees("hal.v1.motor.cmd.arm-7")
    page.get_by_role("button", name="Give it a credential").click()
    user, password = (page.locator(f"#{part}").inner_text() for part in ("user", "password"))
    browser.picture("bus-credential-given")
    browser.is_content()
    assert is_let_in(bus.server, (user, password))
    assert user == "arm-7"

    page.get_by_role("link", name="To the device").click()
    browser.sees("with its own credential, since")
    browser.picture("bus-credential-node")
    assert password not in page.content()
    page.get_by_role("link", name="Give it another credential").wait_for()
    page.get_by_role("link", name="Withdraw its credential").click()
    page.get_by_role("button", name="Withdraw it").click()
    browser.sees("Its credential is withdrawn.")
    browser.sees("anonymously, like whoever reaches the bus")
    assert not is_let_in(bus.server, (user, password))
    told = JournalEntry.objects.filter(action__startswith="node.bus_credential").order_by("id")
    assert [entry.action for entry in told] == ["node.bus_credential", "node.bus_credential_withdrawn"]
    browser.is_content()


def test_a_bus_that_is_away_knows_it_later(visit: Visit, admin: Person, bus: LoneNats) -> None:
    one = found("arm-7")
    bus.kill()
    browser = visit(admin, narrow=True, color_scheme="dark")
    page = browser.go(f"{page_of(one)}/bus-credential")
    page.get_by_role("button", name="Give it a credential").click()
    browser.sees("The bus does not know it yet")
    browser.picture("bus-credential-later-dark-360")
    browser.fits()
    bus.start()
    assert is_let_in(bus.server, ("arm-7", page.locator("#password").inner_text()))
    browser.is_content()


def test_a_hub_whose_bus_is_somebody_elses_says_so(visit: Visit, admin: Person, settings: Settings) -> None:
    settings.BUS_CONFIG_DIR = None
    one = found("arm-7")
    browser = visit(admin)
    page = browser.go(f"{page_of(one)}/bus-credential")
    page.get_by_role("button", name="Give it a credential").click()
    browser.sees("Make the user there.")
    assert not has_one(one)
    browser.is_content()


def test_only_administrators_and_only_devices_of_the_bus(operator: Person, admin: Person) -> None:
    one, lamp = found("arm-7"), node("lamp")
    assert "bus-credential" not in at_desk(operator).get(page_of(one)).content.decode()
    for path in ("bus-credential", "bus-credential/withdraw"):
        assert at_desk(operator).get(f"{page_of(one)}/{path}").status_code == 403
        assert at_desk(operator).post(f"{page_of(one)}/{path}").status_code == 403
        assert at_desk(admin).post(f"{page_of(lamp)}/{path}").status_code == 303
    assert not has_one(one)
