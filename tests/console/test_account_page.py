"""One's own account."""

import json
from urllib.request import Request, urlopen

import pytest
from django.test import Client
from django.utils import timezone
from pyotp import TOTP

from accounts.models import ApiToken, Login, SecondFactor
from accounts.services import logins, second_factors
from tests.console.browsing import session_of, until
from tests.console.conftest import Visit
from tests.people import PASSWORD, Person, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = "Silver-Teapot-77"


def elsewhere(somebody: Person) -> Login:
    origin = logins.Origin("198.51.100.7", "curl/8")
    return logins.open_login(user=somebody.user, origin=origin, at=timezone.now()).login


def test_a_second_factor_is_turned_on_by_scanning(visit: Visit, viewer: Person) -> None:
    browser = visit(viewer)
    browser.go("/account").get_by_role("link", name="Turn it on").click()
    assert browser.page.locator(".c-qr svg").is_visible()
    secret = browser.page.locator("#secret").inner_text().replace(" ", "")
    browser.page.get_by_label("Code from the app").fill("000000")
    browser.page.get_by_role("button", name="Turn it on").click()
    browser.sees("That code does not fit")
    # The same secret is still asked for: nobody scans twice for a typing mistake.
    assert browser.page.locator("#secret").inner_text().replace(" ", "") == secret
    browser.page.get_by_label("Code from the app").fill(TOTP(secret).now())
    browser.page.get_by_role("button", name="Turn it on").click()
    browser.sees("Recovery codes")
    assert browser.page.locator("#codes li").count() == second_factors.RECOVERY_CODES
    browser.picture("recovery-codes")
    browser.fits()
    assert SecondFactor.objects.get(user=viewer.user).confirmed_at
    browser.is_content()


def test_turning_it_off_needs_the_password(visit: Visit, viewer: Person) -> None:
    totp = TOTP(second_factors.propose(user=viewer.user))
    second_factors.confirm(actor=viewer.actor, user=viewer.user, code=totp.now(), at=timezone.now())
    browser = visit(viewer)
    browser.go("/account").get_by_label("Your password").fill("Wrong-Kettle-42")
    browser.page.get_by_role("button", name="Turn it off").click()
    browser.sees("The current password is not right.")
    browser.page.get_by_label("Your password").fill(PASSWORD)
    browser.page.get_by_role("button", name="Turn it off").click()
    browser.sees("The second factor is off.")
    assert not second_factors.is_on(viewer.user)
    browser.is_content()


def test_a_new_password_ends_every_other_login_and_keeps_this_one(visit: Visit, viewer: Person) -> None:
    other = elsewhere(viewer)
    browser = visit(viewer)
    page = browser.go("/account")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Change the password").click()
    browser.sees("Your password is changed.")
    other.refresh_from_db()
    assert other.revoked_because == "password_changed"
    browser.go("/account")
    browser.sees("This one")
    browser.is_content()


@pytest.mark.parametrize(
    ("current", "new", "again", "sentence"),
    [
        ("Wrong-Kettle-42", NEW, NEW, "The current password is not right."),
        (PASSWORD, "short", "short", "It needs a digit."),
        (PASSWORD, NEW, f"{NEW}8", "The two new passwords differ."),
    ],
)
def test_a_bad_change_is_told_beside_its_field(
    client: Client, viewer: Person, current: str, new: str, again: str, sentence: str
) -> None:
    client.cookies["session"] = session_of(viewer)
    form = {"password-current": current, "password-new": new, "password-again": again}
    assert sentence in client.post("/account/password", form).content.decode()


def test_a_token_is_made_shown_once_and_opens_the_api(visit: Visit, viewer: Person) -> None:
    browser = visit(viewer)
    page = browser.go("/account")
    page.get_by_label("Name").fill("backup script")
    page.get_by_role("button", name="Make the token").click()
    raw = page.locator("#secret").inner_text().strip()
    browser.picture("token-made")
    with urlopen(Request(f"{browser.origin}/api/v1/auth/me", headers={"X-Api-Token": raw})) as answer:
        assert json.load(answer)["username"].startswith("vera")
    browser.go("/account")
    assert raw not in page.content()
    page.get_by_role("button", name="Revoke backup script").click()
    browser.sees("backup script is revoked.")
    assert ApiToken.objects.get().revoked_at
    browser.is_content()


def test_the_copy_button_puts_the_token_on_the_clipboard(visit: Visit, viewer: Person) -> None:
    browser = visit(viewer, permissions=["clipboard-read", "clipboard-write"])
    page = browser.go("/account")
    page.get_by_label("Name").fill("backup script")
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("button", name="Copy the token").click()
    browser.sees("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#secret").inner_text().strip()


def test_a_token_needs_at_least_one_scope(client: Client, viewer: Person) -> None:
    client.cookies["session"] = session_of(viewer)
    answer = client.post("/account/tokens", {"token-name": "x", "token-days": "90"})
    assert "Choose at least one." in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_login_elsewhere_can_be_ended(visit: Visit, viewer: Person) -> None:
    other = elsewhere(viewer)
    browser = visit(viewer)
    browser.go("/account").get_by_role("button", name="End the login of curl from 198.51.100.7").click()
    browser.sees("That login has ended.")
    until(lambda: Login.objects.get(pk=other.pk).revoked_at)
    browser.is_content()


def test_other_peoples_logins_and_tokens_do_not_exist(client: Client, viewer: Person, stranger: Person) -> None:
    client.cookies["session"] = session_of(viewer)
    stranger.token()
    token = ApiToken.objects.get()
    for path in (f"/account/logins/{elsewhere(stranger).pk}/end", f"/account/tokens/{token.pk}/revoke"):
        assert client.post(path).status_code == 404


def test_somebody_without_a_password_is_no_obstacle(client: Client, db: None) -> None:
    somebody = person("foreign", "viewer")  # type: ignore[arg-type]
    somebody.user.set_unusable_password()
    somebody.user.save()
    client.cookies["session"] = session_of(somebody)
    assert client.get("/account").status_code == 200
