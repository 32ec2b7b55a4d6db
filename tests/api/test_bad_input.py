"""Whatever is sent through whatever door: a refusal with a reason, never a failure."""

import json
import socket
from typing import Any
from uuid import uuid4

import pytest

from tests.api.routes import address_of, api_routes
from tests.people import Caller, Person

WRITES = [(method, path) for method, path in api_routes() if method != "GET" and path != "auth/login-form"]
READS = [(method, path) for method, path in api_routes() if method == "GET"]
DEEP = 20_000

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"username": ',
    "a word": b"hello",
    "an array": b"[]",
    "a string": b'"a"',
    "a number": b"1",
    "null": b"null",
    "not UTF-8": b'{"username": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"username": "a"}'.encode("utf-16"),
    "NUL in a text": b'{"username": "a\\u0000b", "password": "a\\u0000b", "name": "a\\u0000b", "otp": "\\u0000"}',
    "a raw NUL": b'{"username": "a\x00b"}',
    "NUL in a key": b'{"a\\u0000b": 1}',
    "half a surrogate pair": b'{"username": "\\ud800", "password": "\\udfff", "name": "\\ud800", "otp": "\\ud800"}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * 500 + b"1" + b"}" * 500,
    "deep below a field": b'{"username": ' + b"[" * 101 + b"]" * 101 + b"}",
    "a giant number": b'{"username": ' + b"9" * 4000 + b', "name": ' + b"9" * 400 + b"}",
    "a float beyond all": b'{"username": 1e400, "expires_at": 1e308}',
    "NaN": b'{"username": NaN}',
    "keys twice": b'{"name": 1, "name": []}',
    "wrong types": json.dumps(
        {
            "username": {"a": 1},
            "password": ["a"],
            "name": 7,
            "otp": {},
            "refresh_token": 7,
            "tenant_id": [],
            "role": {"a": []},
            "scopes": {"a": 1},
            "expires_at": {},
            "email": [],
            "display_name": {},
            "kind": [],
            "robot_id": {},
            "allowed_node_ids": "x",
            "is_active": "maybe",
            "tier": 3,
            "avatar_url": 5,
            "current_password": {},
            "new_password": [],
            "is_temporary": {},
        }
    ).encode(),
    "nulls": json.dumps(
        dict.fromkeys(
            [
                "username",
                "password",
                "name",
                "otp",
                "refresh_token",
                "role",
                "scopes",
                "kind",
                "email",
                "robot_id",
                "allowed_node_ids",
                "is_active",
                "tier",
                "current_password",
                "new_password",
            ]
        )
    ).encode(),
    "unknown words": b'{"role": "king", "kind": "moon", "scopes": ["all", "*"], "tier": "gold", "name": "n"}',
    "odd instants": b'{"name": "n", "expires_at": "9999-12-31T23:59:59.999999-23:59"}',
    "odd ids": b'{"allowed_node_ids": ["urn:uuid:00000000-0000-0000-0000-000000000000", 5, null, {}]}',
}
TYPES = [
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/json; charset=utf-16",
    "application/json;;;",
    "x",
    "application/ld+json",
]


def is_a_refusal(response: Any) -> bool:
    return 200 <= response.status_code < 500 and (response.status_code < 400 or "detail" in response.json())


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_body_breaks_any_door(super_admin: Person, body: bytes) -> None:
    for method, path in WRITES:
        # A fresh login for each: one of the doors is the way out.
        caller = Person(super_admin.user).caller
        response = caller.generic(method, address_of(path), body, "application/json")
        assert is_a_refusal(response), (method, path, response.status_code)


@pytest.mark.parametrize("kind", TYPES)
def test_no_content_type_breaks_any_door(super_admin: Person, kind: str) -> None:
    for method, path in WRITES:
        caller = Person(super_admin.user).caller
        response = caller.generic(method, address_of(path), b'{"name": "n"}', kind)
        assert is_a_refusal(response), (method, path, response.status_code)


def test_a_refused_body_changes_nothing(super_admin: Person) -> None:
    for body in (BODIES["NUL in a text"], BODIES["half a surrogate pair"], BODIES["an array"]):
        assert super_admin.caller.post("/api/v1/tokens", body).status_code == 400
    assert super_admin.caller.get("/api/v1/tokens").json() == []


@pytest.mark.parametrize("body", ["an array", "a string", "a number", "null"])
@pytest.mark.parametrize("prefix", ["/casare", "/bilbycast", "/tafy", "/bloxserver", "/nodetool"])
def test_what_is_no_object_is_refused_in_every_accent(super_admin: Person, prefix: str, body: str) -> None:
    response = super_admin.caller.post(prefix + "/api/v1/tokens", BODIES[body])
    assert response.status_code in (400, 422)
    assert "object" in response.content.decode()


def test_a_body_of_exactly_the_limit_is_read(super_admin: Person) -> None:
    filled = b'{"name": "n", "more": "' + b"x" * (10 * 1024 * 1024 - 25) + b'"}'
    assert len(filled) == 10 * 1024 * 1024
    assert super_admin.caller.post("/api/v1/tokens", filled).status_code == 201
    assert super_admin.caller.post("/api/v1/tokens", filled + b" ").status_code == 413


def test_a_form_beyond_the_limit_is_413(db: None) -> None:
    form = "username=" + "v" * (11 * 1024 * 1024)
    response = Caller().post("/api/v1/auth/login-form", form, "application/x-www-form-urlencoded")
    assert response.status_code in (400, 413)


@pytest.mark.parametrize(
    "query",
    [
        "search=%00",
        "search=%ff%fe",
        "search=%ED%A0%80",
        "role=%00",
        "cursor=%00",
        "limit=%00",
        "limit=١٢",
        "search=" + "x" * 5000,
        "search=a&search=b",
        "&&&===",
        "search[]=a",
        "%00=%00",
        "search=%25%5F'\"\\",
    ],
)
def test_no_query_breaks_any_door(super_admin: Person, query: str) -> None:
    caller = super_admin.caller
    for _, path in READS:
        assert is_a_refusal(caller.get(f"{address_of(path)}?{query}")), path
        assert caller.get(f"/bloxserver{address_of(path)}?{query}").status_code < 500, path


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/api/v1/%00",
        "/api/v1/users/%00",
        "/api/v1/users/%ff%fe",
        "/static/a%00b",
        "/static/%ff",
        "/static/../x",
        "/static/" + "x" * 3000,
        "//",
        "///api/v1/users",
        "/casare",
        "/casare/",
        "/nodetool//",
        "/api/v1/users/" + "1" * 5000,
        "/api/v1/users/%7b%7d",
        "/api/v1/users/00000000-0000-0000-0000-00000000000g",
        "/api/v1/users/..%2f..%2fme",
        "/tafy/casare/health",
        "/%ED%A0%80",
        "/api/v1/users/\u202e",
        "/api//v1/users",
        "/bloxserver/%00",
    ],
)
def test_no_path_breaks_the_hub(super_admin: Person, path: str) -> None:
    response = super_admin.caller.get(path, headers={"accept": "application/json"})
    assert response.status_code < 500


ABSURD = [
    "\x00",
    "ÿþ",
    "x" * 8000,
    "a\tb",
    "'; DROP TABLE users; --",
    "%s%n{}",
    "\x7f",
    "http://[",
    "Bearer",
    "Bearer \x00",
    "Bearer " + "." * 500,
    "Bearer a.b.c",
    "Bearer eyJhbGciOiJub25lIn0.e30.",
]
HEADERS = [
    "authorization",
    "x-api-key",
    "x-api-token",
    "x-request-id",
    "x-forwarded-for",
    "x-csrf-token",
    "origin",
    "referer",
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "cookie",
    "content-encoding",
    "if-match",
]


@pytest.mark.parametrize("value", ABSURD)
def test_no_header_breaks_any_door(viewer: Person, value: str) -> None:
    login = {"username": "vera", "password": "wrong"}
    for name in HEADERS:
        assert Caller(headers={name: value}).get("/api/v1/auth/me").status_code in (200, 400, 401), name
        assert Caller(headers={name: value}).post("/api/v1/auth/login", login).status_code in (400, 401, 429), name


@pytest.mark.parametrize(
    "cookie",
    [
        "session=",
        "session=\x00",
        "session=" + "x" * 5000,
        "session=ÿ",
        "session=../../etc",
        "session=a; session=b",
        "csrf_token=\x00; session=abcdefgh",
        "=;=;",
        "session",
    ],
)
def test_no_cookie_breaks_the_door(db: None, cookie: str) -> None:
    caller = Caller(headers={"cookie": cookie})
    assert caller.get("/api/v1/auth/me").status_code == 401
    assert caller.post("/api/v1/auth/logout").status_code == 401
    assert caller.post("/api/v1/auth/login", {"username": "a", "password": "b"}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "users/{0}"), ("GET", "tokens/{1}"), ("DELETE", "tokens/{1}"), ("DELETE", "auth/logins/{2}")],
)
def test_other_peoples_objects_do_not_exist(operator: Person, stranger: Person, method: str, path: str) -> None:
    operator.token()
    ids = operator.id, operator.user.api_tokens.get().pk, operator.signed_in.login.pk
    there = stranger.caller.generic(method, "/api/v1/" + path.format(*ids))
    nowhere = stranger.caller.generic(method, "/api/v1/" + path.format(uuid4(), uuid4(), uuid4()))
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content


REQUESTS = {
    "no request": b"\x00\x01\x02\r\n\r\n",
    "NUL in the path": b"GET /api/v1/auth/me\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a short body": b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{",
    "no length": b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n",
    "an odd length": b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n{}",
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_real_server_lives_on_after_nonsense(live_server: Any, request_bytes: bytes) -> None:
    host, port = live_server.thread.host, live_server.thread.port
    with socket.create_connection((host, port), timeout=5) as line:
        line.sendall(request_bytes)
        line.shutdown(socket.SHUT_WR)
        answer = line.recv(4096)
    assert b" 500 " not in answer.split(b"\r\n")[0]
    with socket.create_connection((host, port), timeout=5) as line:
        line.sendall(b"GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in line.recv(4096).split(b"\r\n")[0]
