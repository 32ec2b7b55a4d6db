"""Acknowledging: one, some, or all of what one sees."""

from typing import Any

import pytest

from rdos.kernel.models import JournalEntry
from tests.people import Person
from tests.telemetry.telling import EVENTS, events, node, says, see_only

pytestmark = pytest.mark.django_db


def open_ids(person: Person) -> list[int]:
    return [event["id"] for event in events(person) if not event["acknowledged"]]


def acknowledge(person: Person, **body: Any) -> Any:
    return person.caller.post(f"{EVENTS}/ack", body)


def test_an_operator_acknowledges_an_event_once(operator: Person) -> None:
    says(node())
    (pk,) = open_ids(operator)
    for _ in range(2):
        response = operator.caller.post(f"{EVENTS}/{pk}/ack")
        assert (response.status_code, response.content) == (200, b"")
    (event,) = events(operator)
    assert event["acknowledged"] is True
    assert event["acknowledged_by"] == str(operator.id)
    assert event["acknowledged_at"]
    entry = JournalEntry.objects.get(action="event.acknowledge")
    assert (entry.actor_label, entry.object_id) == ("oskar", str(pk))


def test_the_first_to_acknowledge_is_remembered(operator: Person, admin: Person) -> None:
    says(node())
    (pk,) = open_ids(operator)
    admin.caller.post(f"{EVENTS}/{pk}/ack")
    operator.caller.post(f"{EVENTS}/{pk}/ack")
    assert events(operator)[0]["acknowledged_by"] == str(admin.id)


def test_it_stays_acknowledged_when_that_person_is_gone(operator: Person, admin: Person) -> None:
    says(node())
    operator.caller.post(f"{EVENTS}/{open_ids(operator)[0]}/ack")
    operator.user.delete()
    (event,) = events(admin)
    assert (event["acknowledged"], event["acknowledged_by"]) == (True, None)


def test_an_event_outside_ones_nodes_does_not_exist(operator: Person, admin: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    says(lamp)
    (pk,) = open_ids(operator)
    see_only(operator, arm)
    assert operator.caller.post(f"{EVENTS}/{pk}/ack").status_code == 404
    assert acknowledge(operator, ids=[pk]).json() == {"acknowledged": 0}
    assert acknowledge(operator, all=True).json() == {"acknowledged": 0}
    assert open_ids(admin) == [pk]


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 30])
def test_an_unknown_event_is_not_found(operator: Person, pk: str) -> None:
    assert operator.caller.post(f"{EVENTS}/{pk}/ack").status_code == 404


def test_many_are_acknowledged_by_id(operator: Person) -> None:
    arm = node()
    for _ in range(4):
        says(arm)
    ids = open_ids(operator)
    assert acknowledge(operator, ids=ids[:2]).json() == {"acknowledged": 2}
    assert acknowledge(operator, ids=ids[:3]).json() == {"acknowledged": 1}
    assert open_ids(operator) == ids[3:]
    first = JournalEntry.objects.filter(action="event.acknowledge_many").earliest("id")
    assert first.details["ids"] == sorted(ids[:2])


def test_many_are_acknowledged_by_a_filter(operator: Person) -> None:
    arm = node()
    says(arm, severity="critical")
    says(arm, "smoke", severity="minor")
    assert acknowledge(operator, search="smoke").json() == {"acknowledged": 1}
    assert acknowledge(operator, severity="minor").json() == {"acknowledged": 0}
    assert acknowledge(operator, all=True).json() == {"acknowledged": 1}
    assert open_ids(operator) == []


@pytest.mark.parametrize("body", [{}, {"all": False}, {"search": ""}])
def test_nobody_acknowledges_everything_by_saying_nothing(operator: Person, body: dict[str, Any]) -> None:
    says(node())
    response = acknowledge(operator, **body)
    assert (response.status_code, response.json()["code"]) == (400, "nothing_chosen")
    assert len(open_ids(operator)) == 1


@pytest.mark.parametrize("body", [{"ids": ["x"]}, {"ids": 7}, {"ids": [2**70]}, {"severity": "odd"}, {"from": "now"}])
def test_a_bad_choice_is_refused_by_its_name(operator: Person, body: dict[str, Any]) -> None:
    response = acknowledge(operator, **body)
    assert response.status_code == 400
    assert any(name.startswith(next(iter(body))) for name in response.json()["errors"])


def test_bilbycast_tells_an_unknown_word_from_a_broken_rule(operator: Person) -> None:
    assert operator.caller.post(f"/bilbycast{EVENTS}/ack", {"severity": "odd"}).status_code == 422


def test_a_viewer_only_looks(viewer: Person) -> None:
    says(node())
    (pk,) = open_ids(viewer)
    assert viewer.caller.post(f"{EVENTS}/{pk}/ack").status_code == 403
    assert acknowledge(viewer, ids=[pk]).status_code == 403
