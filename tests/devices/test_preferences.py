"""What people arranged for themselves."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from tests.devices import told
from tests.people import MakePerson, Person, bearer

pytestmark = pytest.mark.django_db
ORDER = "/api/v1/preferences/flow_table_order"
POSITIONS = "/api/v1/topology/positions"


def test_a_preference_is_kept_as_it_was_given(viewer: Person) -> None:
    assert viewer.caller.get(ORDER).status_code == 404
    for value in ('["f2", "f1"]', " spaced ", ""):
        assert viewer.caller.put(ORDER, {"value": value}).status_code == 204
        assert viewer.caller.get(ORDER).json() == {"value": value}
    assert viewer.caller.delete(ORDER).status_code == 204
    assert viewer.caller.delete(ORDER).status_code == 204
    assert viewer.caller.get(ORDER).status_code == 404


def test_everybody_has_their_own(viewer: Person, stranger: Person) -> None:
    viewer.caller.put(ORDER, {"value": "mine"})
    assert stranger.caller.get(ORDER).status_code == 404
    assert bearer(viewer.token()).get(ORDER).json() == {"value": "mine"}


def test_only_known_keys_are_kept(viewer: Person) -> None:
    for method in ("get", "put", "delete"):
        response = getattr(viewer.caller, method)("/api/v1/preferences/colour", {"value": "red"})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["key"])


def test_a_value_has_a_largest_size(viewer: Person) -> None:
    assert viewer.caller.put(ORDER, {"value": "x" * 50 * 1024}).status_code == 204
    assert viewer.caller.put(ORDER, {"value": "x" * (50 * 1024 + 1)}).status_code == 413
    assert viewer.caller.put(ORDER, {"value": "é" * 50 * 1024}).status_code == 413


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {}}])
def test_a_value_is_a_text(viewer: Person, body: dict[str, Any]) -> None:
    assert viewer.caller.put(ORDER, body).status_code == 400
    assert viewer.caller.put("/bilbycast" + ORDER, body).status_code == 422


def test_a_key_from_the_environment_is_nobody_with_preferences(settings: Settings) -> None:
    settings.ADMIN_API_KEY = "k" * 40
    for address in (ORDER, POSITIONS):
        assert bearer("k" * 40).get(address).status_code == 403


def test_positions_are_kept_by_person_and_view(viewer: Person, stranger: Person) -> None:
    pk = str(uuid4())
    places = {pk: {"x": 1.5, "y": -2}}
    assert viewer.caller.get(POSITIONS).json() == {"positions": {}}
    assert viewer.caller.put(POSITIONS, {"view": "flow", "positions": places}).status_code == 204
    assert viewer.caller.get(POSITIONS + "?view=flow").json() == {"positions": {pk: {"x": 1.5, "y": -2.0}}}
    assert viewer.caller.get(POSITIONS).json() == {"positions": {}}
    assert stranger.caller.get(POSITIONS + "?view=flow").json() == {"positions": {}}
    assert viewer.caller.delete(POSITIONS + "?view=flow").status_code == 204
    assert viewer.caller.get(POSITIONS + "?view=flow").json() == {"positions": {}}


def test_a_new_set_replaces_the_whole_one(viewer: Person) -> None:
    for pk in (uuid4(), last := uuid4()):
        viewer.caller.put(POSITIONS, {"positions": {str(pk): {"x": 0, "y": 0}}})
    assert list(viewer.caller.get(POSITIONS).json()["positions"]) == [str(last)]


def test_positions_show_only_nodes_that_are_seen(make_person: MakePerson) -> None:
    seen, denied = str(told.node("a").pk), str(told.node("b").pk)
    person = make_person("dora", "viewer", denied_node_ids=[denied])
    person.caller.put(POSITIONS, {"positions": {pk: {"x": 0, "y": 0} for pk in (seen, denied)}})
    assert list(person.caller.get(POSITIONS).json()["positions"]) == [seen]


@pytest.mark.parametrize(
    "place", [{"x": 1}, {"x": "1", "y": 1}, {"x": True, "y": 1}, {"x": None, "y": 1}, [1, 2], 7, None]
)
def test_a_place_is_two_numbers(viewer: Person, place: Any) -> None:
    response = viewer.caller.put(POSITIONS, {"positions": {str(uuid4()): place}})
    assert response.status_code == 400
    assert next(iter(response.json()["errors"])).startswith("positions.")


def test_positions_name_nodes_and_a_known_view(viewer: Person) -> None:
    assert viewer.caller.put(POSITIONS, {"positions": {"node": {"x": 1, "y": 1}}}).status_code == 400
    for prefix in ("", "/bilbycast"):
        assert viewer.caller.get(prefix + POSITIONS + "?view=moon").status_code == 400
        assert viewer.caller.put(prefix + POSITIONS, {"view": "moon", "positions": {}}).status_code == 400
        assert viewer.caller.delete(prefix + POSITIONS + "?view=moon").status_code == 400


def test_positions_have_a_largest_size(viewer: Person) -> None:
    many = {str(uuid4()): {"x": 1.25, "y": 1.25} for _ in range(1000)}
    assert viewer.caller.put(POSITIONS, {"positions": many}).status_code == 413
