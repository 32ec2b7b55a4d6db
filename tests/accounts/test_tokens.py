"""Tokens of programs and robots: made, shown once, seen by whom, revoked."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiToken
from rdos.kernel.models import JournalEntry
from tests.people import Person, bearer

TOKENS = "/api/v1/tokens"


def test_a_token_is_shown_once_and_works(operator: Person) -> None:
    response = operator.caller.post(TOKENS, {"name": "nightly"})
    body = response.json()
    assert response.status_code == 201
    assert body["token"].startswith(body["prefix"]) and body["scopes"] == ["*"]
    assert body["owner"] == {"id": str(operator.id), "name": "oskar"}
    assert bearer(body["token"]).get("/api/v1/auth/me").status_code == 200
    shown = operator.caller.get(f"{TOKENS}/{body['id']}")
    assert "token" not in shown.json() and body["token"] not in shown.content.decode()


def test_the_journal_tells_of_a_token_and_keeps_it_secret(operator: Person) -> None:
    raw = operator.caller.post(TOKENS, {"name": "nightly"}).json()["token"]
    entry = JournalEntry.objects.get(action="token.create")
    assert raw not in str(vars(entry))


def test_an_admin_makes_a_robots_token(admin: Person) -> None:
    body = admin.caller.post(TOKENS, {"name": "arm", "kind": "robot", "robot_id": "arm-7"}).json()
    assert (body["kind"], body["robot_id"], body["scopes"]) == ("robot", "arm-7", ["robot"])


def test_only_an_admin_does(developer: Person) -> None:
    assert developer.caller.post(TOKENS, {"name": "arm", "kind": "robot", "robot_id": "arm-7"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 129}, "name"),
        ({"name": "n", "kind": "king"}, "kind"),
        ({"name": "n", "scopes": []}, "scopes"),
        ({"name": "n", "scopes": ["moon"]}, "scopes.0"),
        ({"name": "n", "scopes": "read"}, "scopes"),
        ({"name": "n", "scopes": {"a": 1}}, "scopes"),
        ({"name": "n", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "n", "kind": "robot"}, "robot_id"),
        ({"name": "n", "kind": "robot", "robot_id": "ro bot"}, "robot_id"),
        ({"name": "n", "kind": "robot", "robot_id": "r" * 65}, "robot_id"),
        ({"name": "n", "robot_id": "arm-7"}, "robot_id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(admin: Person, body: dict[str, Any], field: str) -> None:
    response = admin.caller.post(TOKENS, body)
    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert not ApiToken.objects.exists()


def test_a_token_is_seen_by_its_owner_and_admins_only(operator: Person, stranger: Person, admin: Person) -> None:
    operator.token()
    address = f"{TOKENS}/{ApiToken.objects.get().pk}"
    assert operator.caller.get(address).status_code == 200
    assert admin.caller.get(address).status_code == 200
    assert stranger.caller.get(address).status_code == 404
    assert stranger.caller.delete(address).status_code == 404
    assert [len(who.caller.get(TOKENS).json()) for who in (operator, admin, stranger)] == [1, 1, 0]


def test_revoking_twice_is_the_same_as_once(operator: Person) -> None:
    raw = operator.token()
    address = f"{TOKENS}/{ApiToken.objects.get().pk}"
    assert [operator.caller.delete(address).status_code for _ in range(2)] == [204, 204]
    assert bearer(raw).get("/api/v1/auth/me").status_code == 401
    assert operator.caller.get(address).json()["revoked_at"] is not None
    assert JournalEntry.objects.filter(action="token.revoke").count() == 1


def test_an_expiry_is_kept(operator: Person) -> None:
    when = timezone.now() + timedelta(days=30)
    body = operator.caller.post(TOKENS, {"name": "n", "expires_at": when.isoformat()}).json()
    assert body["expires_at"] == when.isoformat().replace("+00:00", "Z")


def test_a_token_that_is_not_there_is_404(admin: Person) -> None:
    assert admin.caller.get(f"{TOKENS}/{uuid4()}").status_code == 404
    assert admin.caller.delete(f"{TOKENS}/{uuid4()}").status_code == 404


def test_a_longer_list_asks_no_more_questions(admin: Person, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(6):
        admin.token()
    caller = admin.caller
    for limit in (1, 6):
        with django_assert_num_queries(2):
            assert len(caller.get(f"{TOKENS}?limit={limit}").json()) == limit
