"""One API, five accents: the same refusals in the words and shapes that each seed's clients know."""

from typing import Any

import pytest
from pytest_django import Settings

from rdos.kernel.api.accents import ACCENTS
from tests.people import Caller, Person, sign_in

ME, USERS, TOKENS = "/api/v1/auth/me", "/api/v1/users", "/api/v1/tokens"
NEW = {
    "username": "nina",
    "password": "Nine-Lamps-99",
    "display_name": "Nina",
    "role": "operator",
    "is_temporary": False,
}
NOBODY = "00000000-0000-4000-8000-00000000dead"
EVERY = ["", *(f"/{name}" for name in ACCENTS)]


def blox(code: str, text: str) -> dict[str, Any]:
    return {"code": code, "message": text, "details": None, "detail": text}


def in_all(code: str, status: int, text: str, **own: str) -> dict[str, dict[str, Any]]:
    """The body of one refusal in every accent; `own` words where an accent has its own."""
    return {
        "": {"detail": text, "code": code},
        "/casare": {"detail": text},
        "/bilbycast": {"error": text},
        "/tafy": {"error": text, "status_code": status},
        "/bloxserver": blox(code, own.get("bloxserver", text)),
        "/nodetool": {"detail": own.get("nodetool", text)},
    }


NOT_SIGNED_IN = in_all(
    "authentication_required",
    401,
    "Authentication required",
    bloxserver="Missing authentication token",
    nodetool="User not authenticated",
)
BAD_TOKEN = in_all("invalid_token", 401, "Invalid authentication token", nodetool="User not authenticated")
FORBIDDEN = in_all("role_too_low", 403, "Insufficient permissions. Required role: admin")
MISSING = in_all("not_found", 404, "Not Found")
WRONG_METHOD = in_all("method_not_allowed", 405, "Method Not Allowed")
BROKEN_TEXT = "Something broke on our side. The log has the details under this request's id."
BROKEN = in_all("internal_error", 500, BROKEN_TEXT) | {
    "/tafy": {"error": "Internal server error", "message": "An unexpected error occurred"}
}


@pytest.mark.parametrize("prefix", EVERY)
def test_nobody_is_401(db: None, prefix: str) -> None:
    response = Caller().get(prefix + ME)
    assert (response.status_code, response.json()) == (401, NOT_SIGNED_IN[prefix])
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("prefix", EVERY)
def test_a_bad_token_is_401(db: None, prefix: str) -> None:
    response = Caller(headers={"authorization": "Bearer garbage"}).get(prefix + ME)
    assert (response.status_code, response.json()) == (401, BAD_TOKEN[prefix])


@pytest.mark.parametrize("prefix", EVERY)
def test_too_low_a_role_is_403(viewer: Person, prefix: str) -> None:
    response = viewer.caller.get(prefix + USERS)
    assert (response.status_code, response.json()) == (403, FORBIDDEN[prefix])


@pytest.mark.parametrize("path", ["/api/v1/nowhere", f"{USERS}/{NOBODY}", f"{TOKENS}/{NOBODY}", "/api/v1/users/7"])
@pytest.mark.parametrize("prefix", EVERY)
def test_what_is_not_there_is_404(admin: Person, prefix: str, path: str) -> None:
    response = admin.caller.get(prefix + path)
    assert (response.status_code, response.json()) == (404, MISSING[prefix])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("delete", USERS),
        ("put", ME),
        ("get", "/api/v1/auth/login"),
        ("options", ME),
        ("post", "/health"),
        ("trace", USERS),
        ("get", "/api/v1/auth/login-form"),
    ],
)
@pytest.mark.parametrize("prefix", EVERY)
def test_a_method_the_path_does_not_know_is_405(db: None, prefix: str, method: str, path: str) -> None:
    response = getattr(Caller(), method)(prefix + path)
    assert (response.status_code, response.json()) == (405, WRONG_METHOD[prefix])
    assert response["Allow"]


@pytest.mark.parametrize("prefix", EVERY)
def test_our_own_failure_is_500_and_tells_no_secret(settings: Settings, db: None, prefix: str) -> None:
    settings.ROOT_URLCONF = "tests.api.broken"
    caller = Caller(raise_request_exception=False)
    response = caller.get(prefix + "/api/v1/broken")
    assert (response.status_code, response.json()) == (500, BROKEN[prefix])
    assert response["X-Request-ID"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_method_without_a_rule_lets_nobody_in(settings: Settings, db: None) -> None:
    settings.ROOT_URLCONF = "tests.api.broken"
    assert Caller().post("/api/v1/large").status_code == 403


@pytest.mark.parametrize(
    ("prefix", "status"),
    [("", 400), ("/casare", 400), ("/bilbycast", 422), ("/tafy", 422), ("/bloxserver", 422), ("/nodetool", 422)],
)
def test_a_missing_field_is_refused_with_the_seeds_status(admin: Person, prefix: str, status: int) -> None:
    assert admin.caller.post(prefix + TOKENS, {}).status_code == status


def test_and_with_the_seeds_body(admin: Person) -> None:
    def body(prefix: str) -> Any:
        return admin.caller.post(prefix + TOKENS, {}).json()

    problem = {"type": "missing", "loc": ["body", "name"], "msg": "This field is required.", "input": None}
    assert body("") == {
        "detail": "The request is not valid.",
        "code": "invalid",
        "errors": {"name": ["This field is required."]},
    }
    assert body("/casare") == {"detail": "name: This field is required."}
    assert body("/bilbycast") == {"error": "name: This field is required."}
    assert body("/tafy") == {"error": "Validation failed", "details": [problem]}
    assert body("/nodetool") == {"detail": [problem]}
    assert body("/bloxserver") == {
        "code": "validation_error",
        "message": "Request validation failed",
        "details": {"body.name": "This field is required."},
        "detail": "The request is not valid.",
    }


def test_bilbycast_tells_a_broken_rule_from_a_missing_field(admin: Person) -> None:
    assert admin.caller.post("/bilbycast" + USERS, NEW | {"password": "weak"}).status_code == 400
    assert admin.caller.post("/bilbycast" + USERS, NEW | {"role": "king"}).status_code == 422
    assert admin.caller.post("/bilbycast" + USERS, NEW | {"display_name": "x" * 129}).status_code == 400


def test_a_refused_value_is_shown_and_a_refused_secret_is_not(admin: Person) -> None:
    details = admin.caller.post("/tafy" + USERS, NEW | {"role": "king", "password": "tiny-secret" * 20}).json()[
        "details"
    ]
    assert {problem["loc"][1]: problem["input"] for problem in details} == {"role": "king", "password": None}


@pytest.mark.parametrize(
    ("prefix", "status"),
    [("", 400), ("/casare", 400), ("/bilbycast", 400), ("/tafy", 422), ("/bloxserver", 422), ("/nodetool", 422)],
)
def test_a_body_that_is_no_json(admin: Person, prefix: str, status: int) -> None:
    response = admin.caller.post(prefix + TOKENS, '{"name": ')
    assert response.status_code == status
    assert "JSON" in response.content.decode()


def test_tafy_and_nodetool_hear_json_invalid(admin: Person) -> None:
    assert admin.caller.post("/tafy" + TOKENS, "{").json()["details"][0]["type"] == "json_invalid"
    assert admin.caller.post("/nodetool" + TOKENS, "{").json()["detail"][0]["loc"] == ["body"]


@pytest.mark.parametrize(
    ("prefix", "status"),
    [("", 415), ("/casare", 415), ("/bilbycast", 415), ("/tafy", 422), ("/bloxserver", 415), ("/nodetool", 415)],
)
def test_a_body_of_another_type(admin: Person, prefix: str, status: int) -> None:
    response = admin.caller.post(prefix + TOKENS, "name=x", "application/x-www-form-urlencoded")
    assert response.status_code == status
    assert "application/json" in response.content.decode()


@pytest.mark.parametrize(
    ("prefix", "status"),
    [("", 400), ("/casare", 400), ("/bilbycast", 400), ("/tafy", 422), ("/bloxserver", 422), ("/nodetool", 422)],
)
def test_a_bad_query(admin: Person, prefix: str, status: int) -> None:
    response = admin.caller.get(prefix + USERS + "?role=king")
    assert response.status_code == status
    if prefix == "/bloxserver":
        assert "query.role" in response.json()["details"]


@pytest.mark.parametrize("prefix", EVERY)
def test_a_body_beyond_ten_mebibytes_is_413(admin: Person, prefix: str) -> None:
    response = admin.caller.post(prefix + TOKENS, b'{"name": "' + b"n" * (10 * 1024 * 1024) + b'"}')
    assert response.status_code == 413


@pytest.mark.parametrize("prefix", EVERY)
def test_a_flood_is_429_and_says_how_long(viewer: Person, prefix: str) -> None:
    for _ in range(5):
        sign_in("vera", prefix=prefix)
    response = sign_in("vera", prefix=prefix)
    body = response.json()
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Rate limit exceeded" in (body.get("error"), body.get("detail"), body.get("message"))


@pytest.mark.parametrize(
    ("prefix", "made", "gone"),
    [
        ("", 201, 204),
        ("/casare", 200, 200),
        ("/bilbycast", 201, 204),
        ("/tafy", 200, 200),
        ("/bloxserver", 201, 204),
        ("/nodetool", 200, 200),
    ],
)
def test_made_and_gone_are_told_as_each_seed_does(admin: Person, prefix: str, made: int, gone: int) -> None:
    response = admin.caller.post(prefix + USERS, NEW)
    assert response.status_code == made
    removed = admin.caller.delete(f"{prefix}{USERS}/{response.json()['id']}")
    assert removed.status_code == gone
    assert removed.content == (b"" if gone == 204 else b"null")


def test_bloxserver_speaks_camel_case_and_reads_both(admin: Person) -> None:
    camel = {"username": "n1", "password": "Nine-Lamps-99", "displayName": "N", "role": "viewer", "isTemporary": False}
    first = admin.caller.post("/bloxserver" + USERS, camel)
    assert first.status_code == 201
    assert {"displayName", "avatarUrl", "clerkId", "createdAt", "allowedNodeIds"} <= set(first.json())
    assert not any("_" in name for name in first.json())
    assert admin.caller.post("/bloxserver" + USERS, NEW).status_code == 201
    problems = admin.caller.post("/bloxserver" + USERS, {}).json()["details"]
    assert "body.displayName" in problems and "body.isTemporary" in problems


def test_nobody_else_reads_camel_case(admin: Person) -> None:
    camel = {name: value for name, value in NEW.items() if name != "display_name"} | {"displayName": "N"}
    assert admin.caller.post(USERS, camel).status_code == 400


def test_a_new_token_is_shown_in_camel_case_too(admin: Person) -> None:
    body = admin.caller.post("/bloxserver" + TOKENS, {"name": "arm", "kind": "robot", "robotId": "arm-7"}).json()
    assert body["robotId"] == "arm-7" and body["token"].startswith("crpa_")


def test_lists_are_wrapped_as_each_seed_does(admin: Person, viewer: Person) -> None:
    def listed(prefix: str) -> Any:
        return admin.caller.get(prefix + USERS).json()

    for prefix in ("", "/casare", "/bilbycast", "/tafy"):
        assert [row["username"] for row in listed(prefix)] == ["vera", "alice"]
    assert set(listed("/nodetool")) == {"next", "users"} and listed("/nodetool")["next"] == ""
    page = listed("/bloxserver")
    assert {name: page[name] for name in page if name != "items"} == {
        "total": 2,
        "page": 1,
        "pageSize": 20,
        "hasMore": False,
    }


@pytest.mark.parametrize("prefix", EVERY)
@pytest.mark.parametrize("path", [ME, USERS, "/health"])
def test_a_trailing_slash_makes_no_difference_and_no_redirect(admin: Person, prefix: str, path: str) -> None:
    caller = admin.caller
    without, with_slash = caller.get(prefix + path), caller.get(f"{prefix}{path}/")
    assert without.status_code == with_slash.status_code == 200
    if path != "/health":
        assert without.content == with_slash.content


def test_a_post_with_a_slash_keeps_its_body(admin: Person) -> None:
    assert admin.caller.post(USERS + "/", NEW).status_code == 201


def test_a_host_name_chooses_the_accent_where_a_client_drops_the_path(db: None, settings: Settings) -> None:
    settings.ACCENT_HOSTS = {"tafy.localhost": "tafy", "odd.localhost": "klingon"}
    settings.ALLOWED_HOSTS = ["*"]
    caller = Caller()
    assert caller.get(ME, headers={"host": "tafy.localhost:8000"}).json() == NOT_SIGNED_IN["/tafy"]
    assert caller.get(ME, headers={"host": "TAFY.localhost"}).json() == NOT_SIGNED_IN["/tafy"]
    assert caller.get("/casare" + ME, headers={"host": "tafy.localhost"}).json() == NOT_SIGNED_IN["/casare"]
    assert caller.get(ME, headers={"host": "odd.localhost"}).json() == NOT_SIGNED_IN[""]
    assert caller.get(ME, headers={"host": "localhost"}).json() == NOT_SIGNED_IN[""]


@pytest.mark.parametrize("prefix", EVERY)
def test_a_host_we_do_not_serve_is_400(db: None, prefix: str) -> None:
    assert Caller().get(prefix + ME, headers={"host": "evil.example"}).status_code in (400, 422)
