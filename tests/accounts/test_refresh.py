"""Trading refresh tokens, and what happens to a stolen one."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Login, User
from accounts.services import logins
from rdos.kernel.models import JournalEntry
from tests.people import Caller, Person, bearer, sign_in

REFRESH = "/api/v1/auth/refresh"


def refresh(token: str, prefix: str = "") -> Any:
    return Caller().post(prefix + REFRESH, {"refresh_token": token})


def forged(token: str, key: str = settings.JWT_SIGNING_KEY, **changes: Any) -> str:
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, "HS256")


def test_a_refresh_token_is_traded_for_a_new_pair(viewer: Person) -> None:
    old = sign_in("vera").json()
    response = refresh(old["refresh_token"])
    new = response.json()
    assert response.status_code == 200
    assert set(new) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert new["refresh_token"] != old["refresh_token"] and new["access_token"] != old["access_token"]
    assert bearer(new["access_token"]).get("/api/v1/auth/me").status_code == 200
    assert bearer(old["access_token"]).get("/api/v1/auth/me").status_code == 200


def test_tokens_say_what_their_readers_expect(viewer: Person) -> None:
    pair = sign_in("vera", tenant_id="acme").json()
    access = jwt.decode(pair["access_token"], options={"verify_signature": False})
    token = jwt.decode(pair["refresh_token"], options={"verify_signature": False})
    assert (access["type"], token["type"]) == ("access", "refresh")
    assert access["roles"] == ["viewer"] and access["sub"] == token["sub"] == str(viewer.id)
    assert access["tenant_id"] == token["tenant_id"] == "acme"
    assert access["exp"] - access["iat"] == 3600
    assert access["jti"] != token["jti"]
    assert jwt.get_unverified_header(pair["access_token"]) == {"alg": "HS256", "typ": "JWT"}


def test_a_used_refresh_token_ends_everything_that_came_of_its_login(viewer: Person) -> None:
    browser = Caller()
    old = sign_in("vera", caller=browser).json()
    new = refresh(old["refresh_token"]).json()
    stolen = refresh(old["refresh_token"])
    assert (stolen.status_code, stolen.json()["detail"]) == (401, "Invalid refresh token")
    assert bearer(new["access_token"]).get("/api/v1/auth/me").status_code == 401
    assert refresh(new["refresh_token"]).status_code == 401
    assert browser.get("/api/v1/auth/me").status_code == 401
    assert JournalEntry.objects.filter(action="auth.refresh_reused").count() == 1


def test_another_login_of_the_same_person_lives_on(viewer: Person) -> None:
    old = sign_in("vera").json()
    other = sign_in("vera").json()
    refresh(old["refresh_token"])
    refresh(old["refresh_token"])
    assert bearer(other["access_token"]).get("/api/v1/auth/me").status_code == 200
    assert refresh(other["refresh_token"]).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_an_access_token_is_the_wrong_kind(viewer: Person, prefix: str) -> None:
    response = refresh(viewer.signed_in.access_token, prefix)
    assert response.status_code == 400
    assert response.json()["detail"] == "Invalid token type. Expected refresh token."


def test_a_refresh_token_opens_no_door(viewer: Person) -> None:
    response = bearer(viewer.signed_in.refresh_token).get("/casare/api/v1/auth/me")
    assert response.status_code == 401
    assert response.json() == {"detail": "Invalid token type. Use access token."}


def test_an_expired_refresh_token_says_so(viewer: Person) -> None:
    response = refresh(forged(viewer.signed_in.refresh_token, exp=1_000_000_000))
    assert (response.status_code, response.json()["detail"]) == (401, "Token has expired")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-4] + "AAAA",
        lambda token: forged(token, key="x" * 40),
        lambda token: forged(token, iss="somebody-else"),
        lambda token: forged(token, sid="not-a-uuid"),
        lambda token: forged(token, sid=None),
        lambda token: forged(token, sid="00000000-0000-4000-8000-000000000000"),
        lambda token: forged(token, jti="0" * 32),
        lambda token: "garbage",
        lambda token: "a.b.c",
        lambda token: "ü.ü.ü",
        lambda token: token.rpartition(".")[0] + ".",
    ],
)
def test_tampered_and_foreign_tokens_are_refused(viewer: Person, spoil: Callable[[str], str]) -> None:
    response = refresh(spoil(viewer.signed_in.refresh_token))
    assert (response.status_code, response.json()["detail"]) == (401, "Invalid refresh token")


def test_a_deactivated_person_cannot_refresh(viewer: Person) -> None:
    token = viewer.signed_in.refresh_token
    User.objects.filter(pk=viewer.id).update(is_active=False)
    assert refresh(token).status_code == 401


def test_a_login_unused_for_its_lifetime_is_over(viewer: Person) -> None:
    pair = viewer.signed_in
    Login.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refresh(pair.refresh_token).status_code == 401
    assert bearer(pair.access_token).get("/api/v1/auth/me").status_code == 401


def test_refreshing_keeps_a_login_alive(viewer: Person) -> None:
    Login.objects.filter(pk=viewer.signed_in.login.pk).update(expires_at=timezone.now() + timedelta(minutes=1))
    refresh(viewer.signed_in.refresh_token)
    assert Login.objects.get().expires_at > timezone.now() + timedelta(days=6)


@pytest.mark.parametrize(
    "body", [{}, {"refresh_token": ""}, {"refresh_token": None}, {"refresh_token": ["a"]}, [], "a"]
)
def test_a_refresh_without_a_token_is_400(db: None, body: Any) -> None:
    assert Caller().post(REFRESH, body).status_code == 400


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="one writer at a time by nature")
def test_of_two_refreshes_at_once_exactly_one_wins(viewer: Person) -> None:
    token = viewer.signed_in.refresh_token
    start = threading.Barrier(2)
    answers: list[int] = []

    def race() -> None:
        start.wait(5)
        try:
            answers.append(refresh(token).status_code)
        finally:
            connection.close()

    racers = [threading.Thread(target=race) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(10)
    assert sorted(answers) == [200, 401]
    assert Login.objects.get().revoked_because == "reuse"


def test_ended_logins_are_forgotten_after_their_time(viewer: Person) -> None:
    login = viewer.signed_in.login
    assert logins.prune(login.expires_at - timedelta(seconds=1)) == 0
    assert logins.prune(login.expires_at + timedelta(seconds=1)) == 1
