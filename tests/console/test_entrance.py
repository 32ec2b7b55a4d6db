"""Coming in by the front door."""

import pytest
from django.test import Client
from django.utils import timezone
from pyotp import TOTP

from accounts.models import Login, LoginLock
from accounts.services import locks, second_factors
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.people import PASSWORD, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill_in(browser: Visitor, name: str, password: str = PASSWORD) -> None:
    browser.page.get_by_label("Username or e-mail").fill(name)
    browser.page.get_by_label("Password").fill(password)
    browser.page.get_by_role("button", name="Sign in").click()


def with_second_factor(person: Person) -> tuple[TOTP, list[str]]:
    totp = TOTP(second_factors.propose(user=person.user))
    codes = second_factors.confirm(actor=person.actor, user=person.user, code=totp.now(), at=timezone.now())
    # The code that confirmed is spent; the next sign-in in the same half minute needs another.
    person.user.factor.__class__.objects.filter(user=person.user).update(last_step=0)
    return totp, codes


def test_a_person_signs_in_by_name_and_lands_on_the_front_page(visit: Visit, viewer: Person) -> None:
    browser = visit()
    browser.go("/")
    assert browser.page.url.endswith("/login")
    fill_in(browser, "vera")
    browser.page.wait_for_url(f"{browser.origin}/")
    browser.sees("Look at this first")
    assert Login.objects.get(user=viewer.user).session_key
    browser.is_content()


def test_signing_in_leads_to_where_one_wanted_to_go(visit: Visit, viewer: Person) -> None:
    browser = visit()
    browser.go("/account")
    fill_in(browser, "VERA@example.org")
    browser.page.wait_for_url(f"{browser.origin}/account")
    browser.is_content()


def test_the_keyboard_alone_is_enough(visit: Visit, viewer: Person) -> None:
    browser = visit()
    browser.go("/login")
    keys = browser.page.keyboard
    keys.type("vera")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    browser.page.wait_for_url(f"{browser.origin}/")
    keys.press("Tab")
    assert browser.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    keys.press("Enter")
    assert browser.page.evaluate("document.activeElement.id") == "content"
    browser.is_content()


@pytest.mark.parametrize(("name", "password"), [("vera", "Wrong-Kettle-42"), ("nobody", PASSWORD)])
def test_a_refusal_does_not_tell_which_part_was_wrong(visit: Visit, viewer: Person, name: str, password: str) -> None:
    browser = visit()
    browser.go("/login")
    fill_in(browser, name, password)
    browser.sees("That username and password do not fit together.")
    assert browser.page.get_by_label("Username or e-mail").input_value() == name
    assert browser.page.get_by_label("Password").input_value() == ""
    browser.is_content()


def test_somebody_locked_out_is_told_how_long(visit: Visit, viewer: Person) -> None:
    browser = visit()
    browser.go("/login")
    fill_in(browser, "vera", "Wrong-Kettle-42")
    browser.sees("do not fit together")
    LoginLock.objects.update(locked_until=timezone.now() + locks.LOCKED_FOR)
    browser.expected = ("status of 429",)
    fill_in(browser, "vera")
    browser.sees("Too many tries. Wait 15 minutes and try again.")
    browser.is_content()


def test_the_second_step_asks_for_the_code_only(visit: Visit, viewer: Person) -> None:
    totp, _ = with_second_factor(viewer)
    browser = visit()
    browser.go("/login?next=/account")
    fill_in(browser, "vera")
    browser.sees("Your password is right. Now the code.")
    assert PASSWORD not in browser.page.content()
    browser.page.get_by_label("Code").fill("000000")
    browser.page.get_by_role("button", name="Go on").click()
    browser.sees("That code is not valid")
    browser.page.get_by_label("Code").fill(totp.now())
    browser.page.get_by_role("button", name="Go on").click()
    browser.page.wait_for_url(f"{browser.origin}/account")
    browser.is_content()


def test_a_recovery_code_opens_once(visit: Visit, viewer: Person) -> None:
    _, codes = with_second_factor(viewer)
    for opens in (True, False):
        browser = visit()
        browser.go("/login")
        fill_in(browser, "vera")
        browser.page.get_by_label("Code").fill(codes[0])
        browser.page.get_by_role("button", name="Go on").click()
        browser.sees("Look at this first" if opens else "That code is not valid")
        browser.is_content()


def test_the_awaited_code_can_be_guessed_five_times_at_most(viewer: Person, client: Client) -> None:
    totp, _ = with_second_factor(viewer)
    client.post("/login", {"username": "vera", "password": PASSWORD})
    for _ in range(5):
        client.post("/login", {"otp": "000000"})
    answer = client.post("/login", {"otp": totp.now()})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_without_a_password_before_it_no_code_is_awaited(viewer: Person, client: Client) -> None:
    totp, _ = with_second_factor(viewer)
    assert b"That took too long" in client.post("/login", {"otp": totp.now()}).content


def test_a_changed_password_ends_the_wait_for_a_code(viewer: Person, client: Client) -> None:
    totp, _ = with_second_factor(viewer)
    client.post("/login", {"username": "vera", "password": PASSWORD})
    viewer.user.set_password("Another-Kettle-43")
    viewer.user.save()
    assert b"That took too long" in client.post("/login", {"otp": totp.now()}).content


def test_logging_out_ends_the_login(visit: Visit, viewer: Person) -> None:
    browser = visit(viewer)
    browser.go("/account")
    browser.page.get_by_role("button", name="Log out").click()
    browser.page.wait_for_url(f"{browser.origin}/login")
    assert Login.objects.get(user=viewer.user).revoked_because == "logout"
    browser.is_content()


def test_the_theme_s_own_log_out_leads_to_ours(visit: Visit, super_admin: Person) -> None:
    browser = visit(super_admin)
    browser.go("/console/accounts/user/").locator("#nav-sidebar").get_by_text("sofia").click()
    browser.page.get_by_role("button", name="Log out").click()
    browser.page.wait_for_url(f"{browser.origin}/login")
    browser.is_content()


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_login_link_leads_nowhere_else(viewer: Person, client: Client, elsewhere: str) -> None:
    answer = client.post("/login", {"username": "vera", "password": PASSWORD, "next": elsewhere})
    assert (answer.status_code, answer["Location"]) == (303, "/")


@pytest.mark.parametrize(
    ("word", "sentence"),
    [("invalid", "do not fit together"), ("rate_limited", "Too many tries"), ("internal", "not your fault")],
)
def test_the_words_of_the_form_login_are_told_as_sentences(db: None, client: Client, word: str, sentence: str) -> None:
    assert sentence in client.get(f"/login?error={word}").content.decode()


def test_a_form_without_its_token_is_refused_in_words(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/login", {"username": "vera", "password": PASSWORD})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


def test_logging_out_needs_a_post(viewer: Person, client: Client) -> None:
    assert client.get("/logout").status_code == 405


@pytest.mark.parametrize("path", ["/console/", "/console/accounts/", "/console/login/?next=/account", "/dashboard"])
def test_old_doors_lead_to_ours(db: None, client: Client, path: str) -> None:
    answer = client.get(path, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login")
    assert "Sign in to" in answer.content.decode()


def test_development_mode_lets_in_from_this_machine_and_says_so(db: None, client: Client, settings: object) -> None:
    settings.DEV_MODE = settings.DEBUG = True  # type: ignore[attr-defined]
    page = client.get("/", follow=True, headers={"host": "localhost"})
    assert page.status_code == 200
    assert "Development mode" in page.content.decode()
    away = Client(REMOTE_ADDR="192.0.2.7").get("/", follow=True, headers={"host": "localhost"})
    assert "Sign in to" in away.content.decode()
