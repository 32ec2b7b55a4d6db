"""Signing in, in both manners at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Login, User
from accounts.services import users
from rdos.kernel.models import JournalEntry
from tests.people import PASSWORD, Caller, MakePerson, Person, bearer, sign_in

CASARE_KEYS = {"access_token", "refresh_token", "token_type", "expires_in"}
BILBYCAST_KEYS = {"success", "csrf_token", "user", "error"}
USER_INFO = {
    "id",
    "username",
    "display_name",
    "email",
    "role",
    "is_temporary",
    "expires_at",
    "allowed_node_ids",
    "is_active",
    "last_login_at",
}
FORM = "application/x-www-form-urlencoded"


def test_one_answer_serves_programs_and_browsers(viewer: Person) -> None:
    response = sign_in("vera")
    body = response.json()
    assert response.status_code == 200
    assert set(body) == CASARE_KEYS | BILBYCAST_KEYS
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert (body["success"], body["error"]) == (True, None)
    assert set(body["user"]) >= USER_INFO
    assert body["user"]["last_login_at"].endswith("Z")
    assert "password" not in response.content.decode()


def test_a_browser_gets_a_session_it_cannot_read_and_a_csrf_token_it_can(viewer: Person) -> None:
    response = sign_in("vera")
    session, csrf = response.cookies["session"], response.cookies["csrf_token"]
    assert session["httponly"] and not csrf["httponly"]
    assert {session["samesite"], csrf["samesite"]} == {"Lax"}
    assert {session["path"], csrf["path"]} == {"/"}
    assert {session["max-age"], csrf["max-age"]} == {86400}
    assert csrf.value == response.json()["csrf_token"]


def test_cookies_are_secure_when_people_come_by_https(viewer: Person, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    response = sign_in("vera", secure=True)
    assert response.cookies["session"]["secure"] and response.cookies["csrf_token"]["secure"]


def test_a_leaked_session_table_opens_no_session(viewer: Person) -> None:
    value = sign_in("vera").cookies["session"].value
    assert not Session.objects.filter(session_key=value).exists()


@pytest.mark.parametrize("name", ["vera", "VERA", "vera@example.org", "Vera@Example.ORG", " vera "])
def test_username_and_e_mail_open_in_any_case(viewer: Person, name: str) -> None:
    assert sign_in(name).status_code == 200


def test_both_access_token_and_cookie_open_the_door(viewer: Person) -> None:
    browser = Caller()
    body = sign_in("vera", caller=browser).json()
    assert browser.get("/api/v1/auth/me").json()["username"] == "vera"
    assert bearer(body["access_token"]).get("/api/v1/auth/me").json()["username"] == "vera"


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        (
            "",
            {
                "detail": "Invalid username or password",
                "code": "wrong_credentials",
                "success": False,
                "csrf_token": None,
                "user": None,
                "error": "Invalid username or password",
            },
        ),
        (
            "/bilbycast",
            {"success": False, "csrf_token": None, "user": None, "error": "Invalid username or password"},
        ),
    ],
)
def test_a_wrong_password_is_refused_in_full(viewer: Person, prefix: str, expected: dict[str, Any]) -> None:
    response = sign_in("vera", "wrong", prefix=prefix)
    assert response.status_code == 401
    assert response.json() == expected
    assert response["WWW-Authenticate"] == "Bearer"
    assert not response.cookies


@pytest.mark.parametrize("prefix", ["/casare", "/tafy", "/nodetool", "/bloxserver"])
def test_every_accent_refuses_with_a_sentence(viewer: Person, prefix: str) -> None:
    response = sign_in("vera", "wrong", prefix=prefix)
    body = response.json()
    assert response.status_code == 401
    assert "Invalid username or password" in (body.get("detail"), body.get("error"), body.get("message"))


def test_nobody_learns_whether_a_name_exists(viewer: Person) -> None:
    known, unknown = sign_in("vera", "wrong"), sign_in("nobody", "wrong")
    assert known.status_code == unknown.status_code == 401
    assert known.content == unknown.content


@pytest.mark.parametrize(("username", "password"), [("v" * 65, "x"), ("vera", "x" * 129), ("", "x"), ("vera", "")])
@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_names_and_passwords_beyond_reason_are_400(db: None, prefix: str, username: str, password: str) -> None:
    assert sign_in(username, password, prefix=prefix).status_code == 400


def test_bilbycast_hears_its_four_keys_for_a_name_too_long(db: None) -> None:
    response = sign_in("v" * 65, prefix="/bilbycast")
    assert response.status_code == 400
    assert set(response.json()) == BILBYCAST_KEYS
    assert "username" in response.json()["error"]


def test_spaces_belong_to_a_password(make_person: MakePerson) -> None:
    users.make(username="spacey", password="  Two words 2 ")
    assert sign_in("spacey", "  Two words 2 ").status_code == 200
    assert sign_in("spacey", "Two words 2").status_code == 401


def test_disabled_and_expired_people_stay_outside(viewer: Person, operator: Person) -> None:
    User.objects.filter(pk=viewer.id).update(is_active=False)
    User.objects.filter(pk=operator.id).update(is_temporary=True, expires_at=timezone.now() - timedelta(seconds=1))
    assert sign_in("vera").status_code == 401
    assert sign_in("oskar").status_code == 401


def test_temporary_people_are_in_until_their_hour(make_person: MakePerson) -> None:
    guest = make_person("guest", "viewer", is_temporary=True, expires_at=timezone.now() + timedelta(hours=1))
    token = sign_in("guest").json()["access_token"]
    assert bearer(token).get("/api/v1/auth/me").status_code == 200
    User.objects.filter(pk=guest.id).update(expires_at=timezone.now())
    assert bearer(token).get("/api/v1/auth/me").status_code == 401


def test_the_journal_tells_of_logins_and_failures_without_passwords(viewer: Person) -> None:
    sign_in("vera")
    sign_in("vera", "Wrong-Guess-99")
    told = list(JournalEntry.objects.filter(action__startswith="auth.").order_by("id"))
    assert [entry.action for entry in told] == ["auth.login", "auth.login_failed"]
    assert told[1].actor_address == "127.0.0.1"
    assert all("Wrong-Guess-99" not in str(vars(entry)) and PASSWORD not in str(vars(entry)) for entry in told)


def test_a_second_sign_in_in_one_browser_leaves_nothing_of_the_first(viewer: Person, operator: Person) -> None:
    browser = Caller()
    first = sign_in("vera", caller=browser).cookies["session"].value
    second = sign_in("oskar", caller=browser).cookies["session"].value
    assert first != second
    assert bearer(first).get("/api/v1/auth/me").status_code == 401
    assert browser.get("/api/v1/auth/me").json()["username"] == "oskar"
    login = Login.objects.get(user=operator.user)
    assert Session.objects.filter(session_key=login.session_key).exists()


def test_signing_in_again_gives_a_new_session(viewer: Person) -> None:
    browser = Caller()
    values = {sign_in("vera", caller=browser).cookies["session"].value for _ in range(2)}
    assert len(values) == 2
    assert Session.objects.count() == 1


def test_the_form_leads_a_browser_to_the_dashboard(viewer: Person) -> None:
    form = "username=vera&password=" + PASSWORD
    response = Caller().post("/api/v1/auth/login-form", form, FORM)
    assert (response.status_code, response["Location"]) == (303, "/dashboard")
    assert {"session", "csrf_token"} <= set(response.cookies)


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ("username=vera&password=wrong", "invalid"),
        ("username=vera", "invalid"),
        ("password=x&username=" + "v" * 65, "invalid"),
        ("username=%00&password=x", "invalid"),
        ("username=%ED%A0%80&password=x", "invalid"),
    ],
)
def test_the_form_sends_strangers_back_with_a_word(viewer: Person, form: str, word: str) -> None:
    response = Caller().post("/bilbycast/api/v1/auth/login-form", form, FORM)
    assert (response.status_code, response["Location"]) == (303, f"/login?error={word}")
    assert not response.cookies


def test_the_form_shares_the_limit_of_the_login(viewer: Person) -> None:
    for _ in range(5):
        sign_in("vera", "wrong")
    response = Caller().post("/api/v1/auth/login-form", "username=vera&password=wrong", FORM)
    assert response["Location"] == "/login?error=rate_limited"


def test_the_form_answers_other_methods_with_405(db: None) -> None:
    response = Caller().get("/api/v1/auth/login-form")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
