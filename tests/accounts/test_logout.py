"""Leaving, so that nothing stays behind."""

import pytest
from django.contrib.sessions.models import Session

from accounts.models import Login
from rdos.kernel.models import JournalEntry
from tests.people import Caller, Person, bearer, sign_in

LOGOUT, ME = "/api/v1/auth/logout", "/api/v1/auth/me"


def test_a_logout_by_bearer_ends_bearer_session_and_refresh(viewer: Person) -> None:
    browser = Caller()
    pair = sign_in("vera", caller=browser).json()
    response = bearer(pair["access_token"]).post(LOGOUT)
    assert response.json() == {"message": "Successfully logged out", "success": True}
    assert bearer(pair["access_token"]).get(ME).status_code == 401
    assert browser.get(ME).status_code == 401
    assert Caller().post("/api/v1/auth/refresh", {"refresh_token": pair["refresh_token"]}).status_code == 401
    assert not Session.objects.exists()


def test_a_logout_by_cookie_ends_the_bearer_too_and_clears_the_cookies(viewer: Person) -> None:
    browser = Caller()
    pair = sign_in("vera", caller=browser).json()
    response = browser.post(LOGOUT, headers={"x-csrf-token": pair["csrf_token"]})
    assert response.status_code == 200
    assert {name: morsel["max-age"] for name, morsel in response.cookies.items()} == {"session": 0, "csrf_token": 0}
    assert bearer(pair["access_token"]).get(ME).status_code == 401
    assert browser.get(ME).status_code == 401


def test_a_logout_is_told_once_in_the_journal(viewer: Person) -> None:
    caller = viewer.caller
    assert [caller.post(LOGOUT).status_code for _ in range(2)] == [200, 401]
    assert JournalEntry.objects.filter(action="auth.logout").count() == 1
    assert Login.objects.get().revoked_because == "logout"


@pytest.mark.parametrize("prefix", ["", "/casare", "/bilbycast", "/tafy", "/bloxserver", "/nodetool"])
def test_a_logout_needs_somebody_to_leave(db: None, prefix: str) -> None:
    assert Caller().post(prefix + LOGOUT).status_code == 401


def test_a_body_of_no_known_type_is_fine_where_no_body_is_read(viewer: Person) -> None:
    response = viewer.caller.post(LOGOUT, "", "application/octet-stream")
    assert response.status_code == 200


def test_other_logins_stay(viewer: Person) -> None:
    first, second = sign_in("vera").json(), sign_in("vera").json()
    bearer(first["access_token"]).post(LOGOUT)
    assert bearer(second["access_token"]).get(ME).status_code == 200
