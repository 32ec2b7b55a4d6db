"""Log lines of nodes, from the intake to the list."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from devices.models import Node
from rdos.kernel import intake
from tests.people import Person
from tests.telemetry.telling import node

pytestmark = pytest.mark.django_db


def log(one: Node, *messages: str, level: str = "info", source: str = "boot") -> None:
    at = timezone.now()
    with transaction.atomic():
        intake.LOG_LINES.give([intake.LogLine(one.pk, at, level, message, source) for message in messages])


def lines(person: Person, one: Node, query: str = "") -> Any:
    response = person.caller.get(f"/api/v1/nodes/{one.pk}/logs?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def said(person: Person, one: Node, query: str = "") -> list[str]:
    return [line["message"] for line in lines(person, one, query)]


def test_a_line_is_listed_with_what_the_node_said(viewer: Person) -> None:
    arm = node()
    log(arm, "ready")
    (line,) = lines(viewer, arm)
    assert set(line) == {"id", "at", "level", "source", "message"}
    assert (line["level"], line["source"], line["message"]) == ("info", "boot", "ready")


def test_following_the_links_meets_every_line_once(viewer: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    log(arm, *(f"line {number}" for number in range(7)))
    log(lamp, "of another")
    address, seen = f"/api/v1/nodes/{arm.pk}/logs?limit=3&search=line", []
    while address:
        response = viewer.caller.get(address)
        seen += [line["message"] for line in response.json()]
        log(arm, "line of later")
        address = response.headers.get("Link", "").partition(">")[0].removeprefix("<http://testserver")
    assert seen == [f"line {number}" for number in reversed(range(7))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("level=error", ["broken", "burning"]),
        ("level=warning", ["broken", "burning", "warm"]),
        ("search=BOO", ["fine"]),
        ("search=burn", ["burning"]),
        ("search=%25", []),
    ],
)
def test_lines_are_found_by_level_and_word(viewer: Person, query: str, found: list[str]) -> None:
    arm = node()
    log(arm, "fine", level="INFO")
    log(arm, "warm", level="warn", source="heat")
    log(arm, "burning", level="error", source="heat")
    log(arm, "broken", level="fatal", source="heat")
    assert said(viewer, arm, query) == found


def test_what_no_database_stores_is_made_storable(viewer: Person) -> None:
    arm = node()
    log(arm, "a\x00b\ud800" + "x" * 20_000, level="odd", source="s" * 300)
    (line,) = lines(viewer, arm)
    assert line["message"].startswith("a\ufffdb?x")
    assert (len(line["message"]), len(line["source"]), line["level"]) == (10_000, 128, "info")


def test_a_node_that_is_gone_takes_nobody_with_it(viewer: Person) -> None:
    arm, ghost = node("arm-7"), node("ghost")
    pk = ghost.pk
    ghost.delete()
    ghost.pk = pk
    at = timezone.now()
    with transaction.atomic():
        intake.LOG_LINES.give([intake.LogLine(one.pk, at, "info", one.key) for one in (ghost, arm)])
    assert said(viewer, arm) == ["arm-7"]


@pytest.mark.parametrize(
    "query", ["level=loud", "limit=0", "limit=1001", "cursor=x", "cursor=0", "search=" + 257 * "x"]
)
def test_a_bad_question_is_refused_by_its_name(viewer: Person, query: str) -> None:
    response = viewer.caller.get(f"/api/v1/nodes/{node().pk}/logs?{query}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [query.partition("=")[0]]
