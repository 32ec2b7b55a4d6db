"""Light and dark, narrow and wide."""

import pytest

from tests.console.browsing import until
from tests.console.conftest import Visit
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IS_DARK = "document.documentElement.classList.contains('dark')"


def test_dark_is_chosen_once_for_our_pages_and_the_themes(visit: Visit, super_admin: Person) -> None:
    browser = visit(super_admin, color_scheme="light")
    page = browser.go("/")
    assert not page.evaluate(IS_DARK)
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(IS_DARK)
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    for place in ("/account", "/console/accounts/user/", "/"):
        browser.go(place)
        until(lambda: page.evaluate(IS_DARK))
    browser.is_content()


def test_without_a_choice_the_system_decides(visit: Visit, viewer: Person) -> None:
    browser = visit(viewer, color_scheme="dark")
    page = browser.go("/account")
    assert page.evaluate(IS_DARK)
    page.emulate_media(color_scheme="light")
    until(lambda: not page.evaluate(IS_DARK))
    browser.is_content()


def test_the_menu_of_a_narrow_screen_works_by_keyboard(visit: Visit, viewer: Person) -> None:
    browser = visit(viewer, narrow=True)
    page = browser.go("/")
    menu = page.get_by_role("button", name="Menu")
    link = page.get_by_role("link", name="My account")
    assert not link.is_visible()
    menu.focus()
    page.keyboard.press("Enter")
    link.wait_for()
    browser.picture("menu-360")
    assert menu.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    link.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.id") == "menu"
    browser.fits()
    browser.is_content()


@pytest.mark.parametrize("place", ["/account", "/console/accounts/user/"])
def test_the_first_stop_of_the_keyboard_leads_past_the_menu(visit: Visit, super_admin: Person, place: str) -> None:
    page = visit(super_admin).go(place)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#content') !== null")


def test_the_menu_tells_where_one_is(visit: Visit, viewer: Person) -> None:
    page = visit(viewer).go("/account")
    assert page.locator("nav [aria-current=page]").inner_text().strip().endswith("My account")


def test_the_theme_s_menu_opens_on_a_narrow_screen(visit: Visit, super_admin: Person) -> None:
    browser = visit(super_admin, narrow=True)
    page = browser.go("/console/accounts/user/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Journal").wait_for()
    browser.is_content()


def test_a_page_that_breaks_the_content_policy_is_noticed(visit: Visit, viewer: Person) -> None:
    """The watch itself is awake: these tests would be worth nothing if it slept."""
    browser = visit(viewer)
    browser.go("/account").evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    until(lambda: browser.page.evaluate("1") and browser.complaints)
    assert any("Content Security Policy" in said for said in browser.complaints)
