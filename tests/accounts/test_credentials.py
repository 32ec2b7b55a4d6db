"""Every credential a client may show, and the order in which they are believed."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import ApiToken, User
from accounts.services import users
from tests.accounts.test_refresh import forged
from tests.people import Caller, Person, bearer, sign_in

ME = "/api/v1/auth/me"
JUNK = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


def me(**headers: str) -> Any:
    return Caller(headers={name.replace("_", "-"): value for name, value in headers.items()}).get(ME)


def test_an_access_token_is_somebody(viewer: Person) -> None:
    body = viewer.caller.get(ME).json()
    assert body == {
        "user_id": str(viewer.id),
        "roles": ["viewer"],
        "tenant_id": None,
        "dev_mode": False,
        "kind": "user",
        "username": "vera",
        "scopes": ["*"],
        "allowed_node_ids": None,
        "denied_node_ids": [],
    }


def test_roles_name_every_lower_one_too(super_admin: Person) -> None:
    assert super_admin.caller.get(ME).json()["roles"] == ["super_admin", "admin", "developer", "operator", "viewer"]


def test_a_changed_role_counts_at_once(viewer: Person) -> None:
    caller = viewer.caller
    caller.get(ME)
    User.objects.filter(pk=viewer.id).update(role="admin")
    assert caller.get(ME).json()["roles"][0] == "admin"


def test_asking_who_one_is_costs_one_query(viewer: Person, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    caller = viewer.caller
    with django_assert_num_queries(1):
        caller.get(ME)


def test_the_session_cookies_value_passes_as_a_bearer(viewer: Person) -> None:
    value = sign_in("vera").cookies["session"].value
    assert me(authorization=f"Bearer {value}").json()["username"] == "vera"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(viewer: Person, scheme: str) -> None:
    assert me(authorization=f"{scheme} {viewer.signed_in.access_token}").status_code == 200


@pytest.mark.parametrize("value", ["Basic dmVyYTp4", "Token abc", "Digest x", "nonsense", ""])
def test_another_scheme_counts_as_no_credentials(db: None, value: str) -> None:
    response = me(authorization=value)
    assert (response.status_code, response.json()["detail"]) == (401, "Authentication required")


def test_a_bearer_without_a_token_is_nobody(db: None) -> None:
    assert me(authorization="Bearer ").json()["detail"] == "Authentication required"


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("garbage", "Invalid authentication token"),
        (JUNK, "Invalid authentication token"),
        ("ünï.çö.dé", "Invalid authentication token"),
        ("a" * 5000, "Invalid authentication token"),
    ],
)
def test_garbage_is_refused_in_the_contracts_words(db: None, token: str, words: str) -> None:
    response = me(authorization=f"Bearer {token}")
    assert (response.status_code, response.json()["detail"]) == (401, words)
    assert response["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_says_so(viewer: Person) -> None:
    response = me(authorization="Bearer " + forged(viewer.signed_in.access_token, exp=1_000_000_000))
    assert (response.status_code, response.json()["detail"]) == (401, "Token has expired")


def test_a_token_without_signature_is_not_believed(viewer: Person) -> None:
    import jwt

    claims = jwt.decode(viewer.signed_in.access_token, options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, algorithm="none")
    assert me(authorization=f"Bearer {unsigned}").status_code == 401


@pytest.mark.parametrize("header", ["authorization", "x_api_token", "x_api_key"])
def test_an_api_token_is_its_owner(operator: Person, header: str) -> None:
    raw = operator.token()
    body = me(**{header: f"Bearer {raw}" if header == "authorization" else raw}).json()
    assert body["user_id"] == str(operator.id)
    assert (body["kind"], body["roles"]) == ("token", ["operator", "viewer"])


@pytest.mark.parametrize("header", ["authorization", "x_api_token", "x_api_key"])
def test_a_robot_token_is_the_robot(admin: Person, header: str) -> None:
    raw = admin.robot_token("arm-7")
    body = me(**{header: f"Bearer {raw}" if header == "authorization" else raw}).json()
    assert (body["kind"], body["username"], body["roles"]) == ("robot", "arm-7", ["robot"])


def test_a_robot_shows_its_key_twice(admin: Person) -> None:
    raw = admin.robot_token("arm-7")
    assert me(authorization=f"Bearer {raw}", x_api_key=raw).json()["kind"] == "robot"


def test_a_good_key_passes_beside_a_bearer_that_only_looks_like_a_token(admin: Person) -> None:
    raw = admin.robot_token("arm-7")
    assert me(authorization=f"Bearer {JUNK}", x_api_key=raw).json()["kind"] == "robot"


def test_a_bad_key_does_not_spoil_a_good_bearer(viewer: Person) -> None:
    assert me(authorization=f"Bearer {viewer.signed_in.access_token}", x_api_key="stale").status_code == 200


@pytest.mark.parametrize(
    "headers", [{"x_api_key": "nope"}, {"x_api_token": "nope"}, {"x_api_key": "nope", "authorization": "Bearer nope"}]
)
def test_a_bad_key_alone_is_refused_in_the_contracts_words(db: None, headers: dict[str, str]) -> None:
    response = me(**headers)
    assert (response.status_code, response.json()["detail"]) == (401, "Invalid or expired API token")


def test_a_robot_token_has_the_form_robots_check(admin: Person) -> None:
    raw = admin.robot_token("arm-7")
    assert raw.startswith("crpa_") and raw[5:37].isalnum() and raw[37] == "_" and len(raw) == 38 + 32


def test_robots_from_the_environment_are_known(db: None, settings: Settings) -> None:
    raw = "a-robot-key-of-fourty-three-characters-long"
    settings.ROBOT_TOKENS = [f"welder:{hashlib.sha256(raw.encode()).hexdigest().upper()}", "broken", ":", "x:"]
    assert me(x_api_key=raw).json()["username"] == "welder"
    assert me(x_api_key="").status_code == 401
    assert me(x_api_key="other").status_code == 401


@pytest.mark.parametrize("header", ["authorization", "x_api_key"])
def test_the_fixed_administrator_key_is_an_admin(db: None, settings: Settings, header: str) -> None:
    settings.ADMIN_API_KEY = "fixed-key-of-the-machine-room"
    value = settings.ADMIN_API_KEY
    body = me(**{header: f"Bearer {value}" if header == "authorization" else value}).json()
    assert (body["user_id"], body["roles"][0]) == ("admin_api_key", "admin")
    assert me(x_api_key="fixed-key").status_code == 401


def test_a_revoked_token_is_dead_at_once(operator: Person) -> None:
    raw = operator.token()
    assert me(x_api_key=raw).status_code == 200
    ApiToken.objects.update(revoked_at=timezone.now())
    assert me(x_api_key=raw).json()["detail"] == "Invalid or expired API token"


def test_an_expired_token_is_dead(operator: Person) -> None:
    raw = operator.token(expires_at=timezone.now() + timedelta(hours=1))
    assert me(x_api_key=raw).status_code == 200
    ApiToken.objects.update(expires_at=timezone.now())
    assert me(x_api_key=raw).status_code == 401


def test_the_token_of_a_deactivated_owner_is_dead_but_robots_work_on(operator: Person, admin: Person) -> None:
    mine, robots = operator.token(), admin.robot_token("arm-7")
    User.objects.update(is_active=False)
    assert me(x_api_key=mine).status_code == 401
    assert me(x_api_key=robots).status_code == 200


def test_last_use_is_noted_at_most_once_a_minute(operator: Person) -> None:
    raw = operator.token()
    me(x_api_key=raw)
    first = ApiToken.objects.get()
    assert first.last_used_address == "127.0.0.1"
    me(x_api_key=raw)
    assert ApiToken.objects.get().last_used_at == first.last_used_at
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    me(x_api_key=raw)
    assert ApiToken.objects.get().last_used_at > first.last_used_at  # type: ignore[operator]


def test_a_used_token_costs_one_read(operator: Person, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    caller = Caller(headers={"x-api-key": operator.token()})
    caller.get(ME)
    with django_assert_num_queries(1):
        caller.get(ME)


def test_only_a_digest_is_kept(operator: Person) -> None:
    raw = operator.token()
    assert raw not in str(ApiToken.objects.values())


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("*", "/api/v1/users", 200),
        ("users", "/api/v1/users", 200),
        ("read", "/api/v1/users", 200),
        ("tokens", "/api/v1/users", 403),
        ("journal", "/api/v1/users", 403),
        ("journal", ME, 200),
    ],
)
def test_scopes_say_what_a_token_may_read(admin: Person, scope: str, path: str, status: int) -> None:
    assert bearer(admin.token(scope)).get(path).status_code == status


def test_a_reading_token_writes_nothing(admin: Person, viewer: Person) -> None:
    program = bearer(admin.token("read"))
    assert program.delete(f"/api/v1/users/{viewer.id}").status_code == 403
    assert program.put(f"/api/v1/users/{viewer.id}", {"display_name": "V"}).json()["code"] == "scope_missing"


def test_a_scope_never_lifts_its_owner(viewer: Person) -> None:
    assert bearer(viewer.token("*", "users")).get("/api/v1/users").status_code == 403


def test_a_stolen_token_cannot_make_itself_permanent(super_admin: Person) -> None:
    program = bearer(super_admin.token("*"))
    assert program.post("/api/v1/tokens", {"name": "second"}).status_code == 403
    assert program.post("/api/v1/tokens", {"name": "r", "kind": "robot", "robot_id": "r"}).status_code == 403
    change = {"current_password": super_admin.password, "new_password": "Another-Kettle-43"}
    assert program.post("/api/v1/auth/password", change).status_code == 403
    assert program.post("/api/v1/auth/second-factor").status_code == 403
    by_admin = program.put(f"/api/v1/users/{super_admin.id}", {"password": "Another-Kettle-43"})
    assert (by_admin.status_code, by_admin.json()["code"]) == (403, "scope_missing")


def test_a_narrow_token_of_an_admin_sees_only_its_owners_tokens(admin: Person, operator: Person) -> None:
    operator.token()
    own = bearer(admin.token("tokens")).get("/api/v1/tokens").json()
    assert {row["owner"]["name"] for row in own} == {"alice"}


def test_people_from_a_sign_in_service_have_no_password_to_guess(db: None) -> None:
    users.make(username="foreign", password=None)
    assert sign_in("foreign", "").status_code == 400
    assert sign_in("foreign", "!").status_code == 401
