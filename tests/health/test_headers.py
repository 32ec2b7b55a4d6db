"""What every answer carries, whoever asked for what."""

import gzip
import re
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from tests.people import Caller, Person

PATHS = [
    "/health",
    "/api/v1/auth/me",
    "/nowhere",
    "/api/v1/nowhere",
    "/metrics",
    "/casare/api/v1/users",
    "/login",
    "/static/nothing.css",
    "/api/docs",
]
STATIC = "/static/admin/css/base.css"


def get(path: str) -> Any:
    response = Caller().get(path)
    # Files are streamed, and stay open until somebody closes them.
    response.close()
    return response


@pytest.mark.parametrize("path", [*PATHS, STATIC])
def test_every_answer_is_guarded(db: None, path: str) -> None:
    response = get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert not re.search(r"script-src [^;]*'unsafe-inline'", policy)
    assert "Strict-Transport-Security" not in response.headers


def test_json_may_load_nothing_at_all(db: None) -> None:
    assert Caller().get("/health")["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_only_the_themes_pages_may_evaluate(db: None) -> None:
    assert "'unsafe-eval'" in Caller().get("/console/login/")["Content-Security-Policy"]
    for path in PATHS:
        assert "'unsafe-eval'" not in Caller().get(path)["Content-Security-Policy"]


def test_https_is_remembered_where_people_come_by_https(db: None, settings: Settings) -> None:
    settings.HTTPS = True
    expected = "max-age=31536000; includeSubDomains"
    assert Caller().get("/health")["Strict-Transport-Security"] == expected


def test_answers_are_not_kept_and_files_are(db: None) -> None:
    assert Caller().get("/health")["Cache-Control"] == "no-store"
    assert "max-age" in get(STATIC)["Cache-Control"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_an_id(db: None, path: str) -> None:
    assert UUID(Caller().get(path)["X-Request-ID"]).version == 4


@pytest.mark.parametrize("given", ["abc-123", "req_0123456789abcdef", "a" * 128, "1.2:3"])
def test_a_callers_id_is_kept(db: None, given: str) -> None:
    assert Caller().get("/health", headers={"x-request-id": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a" * 129, "a b", "a\r\nX-Evil: 1", "<script>", "ü", "a\x00"])
def test_an_id_that_is_none_is_replaced(db: None, given: str) -> None:
    response = Caller().get("/health", headers={"x-request-id": given})
    assert UUID(response["X-Request-ID"]).version == 4
    assert "X-Evil" not in response.headers


def test_the_id_reaches_the_journal(viewer: Person) -> None:
    from rdos.kernel.models import JournalEntry

    viewer.caller.post("/api/v1/auth/logout", headers={"x-request-id": "abc-123"})
    assert JournalEntry.objects.get(action="auth.logout").request_id == "abc-123"


# --- Frontends from elsewhere -----------------------------------------------------------------------------------------

PANEL = "https://panel.example.org"


def preflight(origin: str, path: str = "/api/v1/users") -> dict[str, str]:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, x-csrf-token, content-type",
    }
    response = Caller().options(path, headers=headers)
    return {name.lower(): value for name, value in response.items()} | {"status": str(response.status_code)}


@pytest.mark.parametrize("path", ["/api/v1/users", "/bloxserver/api/v1/users", "/tafy/api/v1/users/"])
def test_a_named_origin_may_call_with_credentials(db: None, settings: Settings, path: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [PANEL]
    answer = preflight(PANEL, path)
    assert (answer["status"], answer["access-control-allow-origin"]) == ("200", PANEL)
    assert answer["access-control-allow-credentials"] == "true"
    assert {"authorization", "x-csrf-token", "content-type"} <= set(answer["access-control-allow-headers"].split(", "))
    assert "POST" in answer["access-control-allow-methods"]
    response = Caller().get(path, headers={"origin": PANEL})
    assert response["Access-Control-Allow-Origin"] == PANEL
    assert "x-request-id" in response["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://panel.example.org.evil.example"])
def test_another_origin_may_not(db: None, settings: Settings, origin: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [PANEL]
    assert "access-control-allow-origin" not in preflight(origin)
    assert "Access-Control-Allow-Origin" not in Caller().get("/health", headers={"origin": origin}).headers


# --- Size -------------------------------------------------------------------------------------------------------------


def test_large_json_is_packed_where_the_client_can_unpack_it(db: None, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.api.broken"
    plain = Caller().get("/api/v1/large")
    packed = Caller().get("/api/v1/large", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed["Vary"]
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 5


def test_small_json_is_not(db: None) -> None:
    assert "Content-Encoding" not in Caller().get("/health", headers={"accept-encoding": "gzip"}).headers
