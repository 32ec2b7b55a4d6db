"""Lists that lose nothing and repeat nothing, however they grow meanwhile."""

import base64
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from accounts.models import User
from tests.people import Caller, Person

USERS = "/api/v1/users"


@pytest.fixture
def crowd(admin: Person) -> list[str]:
    names = [f"p{number:02}" for number in range(20)]
    for name in names:
        User.objects.create(username=name)
    return names


def next_of(response: Any) -> str:
    found = re.fullmatch(r'<(http://testserver[^>]+)>; rel="next"', response.headers.get("Link", ""))
    return found[1].removeprefix("http://testserver") if found else ""


def walk(caller: Caller, address: str, between: Any = None) -> list[str]:
    seen: list[str] = []
    while address:
        response = caller.get(address)
        seen += [row["username"] for row in response.json()]
        address = next_of(response)
        if between:
            between()
    return seen


@pytest.mark.parametrize("prefix", ["", "/casare", "/tafy"])
def test_following_the_links_meets_everybody_once(admin: Person, crowd: list[str], prefix: str) -> None:
    assert walk(admin.caller, f"{prefix}{USERS}?limit=6") == [*reversed(crowd), "alice"]


def test_rows_made_at_the_same_instant_are_neither_lost_nor_repeated(admin: Person, crowd: list[str]) -> None:
    User.objects.update(created_at=timezone.now())
    seen = walk(admin.caller, f"{USERS}?limit=3")
    assert sorted(seen) == sorted([*crowd, "alice"])


def test_a_list_that_grows_and_shrinks_meanwhile_stays_right(admin: Person, crowd: list[str]) -> None:
    count = iter(range(100))

    def life_goes_on() -> None:
        User.objects.create(username=f"new{next(count)}")
        User.objects.filter(username="p19").delete()

    seen = walk(admin.caller, f"{USERS}?limit=4", life_goes_on)
    assert seen == [*reversed(crowd), "alice"]


def test_the_link_keeps_the_filter_and_the_accent(admin: Person, crowd: list[str]) -> None:
    address = next_of(admin.caller.get(f"/casare{USERS}?limit=2&role=viewer&search=p"))
    assert address.startswith("/casare/api/v1/users?") and "role=viewer" in address and "search=p" in address
    assert "alice" not in walk(admin.caller, address)


def test_the_last_page_has_no_link(admin: Person, crowd: list[str]) -> None:
    assert "Link" not in admin.caller.get(f"{USERS}?limit=21").headers


def test_nodetool_finds_its_cursor_in_the_body(admin: Person, crowd: list[str]) -> None:
    seen, cursor = [], "first"
    while cursor:
        query = "" if cursor == "first" else f"&cursor={cursor}"
        body = admin.caller.get(f"/nodetool{USERS}?limit=7{query}").json()
        seen += [row["username"] for row in body["users"]]
        cursor = body["next"]
    assert seen == [*reversed(crowd), "alice"]


def test_bloxserver_counts_pages(admin: Person, crowd: list[str]) -> None:
    def page(query: str) -> Any:
        return admin.caller.get(f"/bloxserver{USERS}?{query}").json()

    last = page("page=3&page_size=9")
    assert [row["username"] for row in last["items"]] == ["p02", "p01", "p00", "alice"][-3:]
    assert (last["total"], last["page"], last["pageSize"], last["hasMore"]) == (21, 3, 9, False)
    assert page("page=1&page_size=9")["hasMore"] is True
    assert page("pageSize=1")["pageSize"] == 20, "query parameters stay in snake case"
    assert page("page=99") == {"items": [], "total": 21, "page": 99, "pageSize": 20, "hasMore": False}


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


BAD_CURSORS = [
    "x",
    "%",
    "....",
    "é",
    "\x00",
    "A" * 501,
    encoded([]),
    encoded({}),
    encoded(None),
    encoded([1, 2]),
    encoded("ab"),
    encoded(["2026-01-01T00:00:00+00:00", "x"]),
    encoded(["2026-01-01T00:00:00", "0" * 32]),
    encoded(["2026-13-01T00:00:00+00:00", "0" * 32]),
    encoded([None, None]),
    encoded(["", ""]),
    encoded([["2026-01-01T00:00:00+00:00"], "0" * 32]),
    encoded(["2026-01-01T00:00:00+00:00", "0" * 32, 1]),
]


@pytest.mark.parametrize("cursor", BAD_CURSORS)
def test_a_cursor_of_something_else_is_400(admin: Person, cursor: str) -> None:
    response = admin.caller.get(f"{USERS}?cursor={quote(cursor)}")
    assert response.status_code == 400
    assert "cursor" in response.json()["errors"]


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_cursor_at_the_end_of_time_is_only_odd(admin: Person, instant: str) -> None:
    assert admin.caller.get(f"{USERS}?cursor={encoded([instant, '0' * 32])}").status_code in (200, 400)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=x",
        "limit=",
        "limit=1e3",
        "limit=1.5",
        "limit=" + "9" * 900,
        "limit=" + "9" * 5000,
    ],
)
def test_a_limit_beyond_reason_is_400(admin: Person, query: str) -> None:
    assert admin.caller.get(f"{USERS}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["page=0", "page=10001", "page_size=101", "page=x"])
def test_a_page_beyond_reason_is_422(admin: Person, query: str) -> None:
    assert admin.caller.get(f"/bloxserver{USERS}?{query}").status_code == 422


def test_tokens_are_paged_alike(admin: Person) -> None:
    for _ in range(5):
        admin.token()
    first = admin.caller.get("/api/v1/tokens?limit=3")
    assert len(first.json()) == 3
    assert len(admin.caller.get(next_of(first)).json()) == 2


def test_instants_keep_their_last_digit_in_a_cursor(admin: Person) -> None:
    """Rows a microsecond apart are two rows."""
    now = timezone.now()
    for number in range(4):
        user = User.objects.create(username=f"m{number}")
        User.objects.filter(pk=user.pk).update(created_at=now + timedelta(microseconds=number))
    assert walk(admin.caller, f"{USERS}?limit=1")[:4] == ["m3", "m2", "m1", "m0"]
