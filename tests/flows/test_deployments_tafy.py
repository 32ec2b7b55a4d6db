"""Flows as Tafy's clients know them: their shapes, their versions, and the words of their refusals."""

from typing import Any
from uuid import uuid4

import pytest

from devices.models import Command
from tests.devices import told
from tests.flows.deploying import actions, flow_of, obey
from tests.people import Person

pytestmark = pytest.mark.django_db
FLOWS = "/tafy/api/v1/flows/"
KEYS = [
    *("id", "name", "description", "config", "target_nodes", "flow_metadata", "deployed", "deployed_at", "version"),
    *("created_at", "updated_at"),
]
CONFIG = {"flows": [{"id": "n1", "type": "inject"}]}


def made(who: Person, **fields: Any) -> Any:
    response = who.caller.post(FLOWS, {"name": "Teleop", "config": CONFIG, "metadata": {"x": 1}, **fields})
    assert response.status_code == 200, response.content
    return response.json()


def one(flow: Any, verb: str = "") -> str:
    return f"{FLOWS}{flow['id']}" + (f"/{verb}" if verb else "")


def test_a_flow_has_all_of_its_keys_from_the_beginning(developer: Person) -> None:
    flow = made(developer, target_nodes=["esp32-1"], flow_metadata={"by": "me"})
    assert list(flow) == KEYS
    assert (flow["version"], flow["deployed"], flow["deployed_at"], flow["description"]) == (1, False, None, None)
    assert (flow["config"], flow["target_nodes"], flow["flow_metadata"]) == (CONFIG, ["esp32-1"], {"by": "me"})
    assert developer.caller.get(one(flow)).json() == flow
    assert flow["created_at"].endswith("Z")


def test_only_a_name_is_needed(developer: Person) -> None:
    response = developer.caller.post(FLOWS, {"name": "Bare"})
    assert (response.json()["config"], response.json()["target_nodes"]) == ({}, [])


def test_the_list_is_bare_and_in_the_order_of_making(developer: Person) -> None:
    first, second = made(developer, target_nodes=["a"]), made(developer)
    listed = developer.caller.get(FLOWS).json()
    assert [flow["id"] for flow in listed] == [first["id"], second["id"]]
    developer.caller.post(one(first, "deploy"))
    for word in ("true", "1", "yes", "on"):
        assert [flow["id"] for flow in developer.caller.get(f"{FLOWS}?deployed_only={word}").json()] == [first["id"]]
    assert len(developer.caller.get(f"{FLOWS}?deployed_only=no").json()) == 2
    assert developer.caller.get(f"{FLOWS}?deployed_only=perhaps").status_code == 422


def test_flows_of_other_kinds_are_shown_as_objects(developer: Person) -> None:
    flow_of("organism", "name: x")
    flow_of("nodered", [{"id": "n1", "type": "inject"}])
    configs = [flow["config"] for flow in developer.caller.get(FLOWS).json()]
    assert configs == [{"text": "name: x"}, {"flows": [{"id": "n1", "type": "inject"}]}]


def test_each_edit_that_names_a_field_is_a_version(developer: Person) -> None:
    flow = made(developer)
    for number, body in enumerate([{"name": "Teleop"}, {"config": CONFIG}, {"description": None}], start=2):
        assert developer.caller.patch(one(flow), body).json()["version"] == number
    unchanged = developer.caller.patch(one(flow), {}).json()
    assert unchanged["version"] == 4
    assert developer.caller.patch(one(flow), {"unknown": 1}).json() == unchanged


def test_another_configuration_is_deployed_nowhere_and_takes_nothing_away(developer: Person) -> None:
    told.node("esp", "robot")
    flow = made(developer, target_nodes=["esp"])
    deployed = developer.caller.post(one(flow, "deploy"), {}).json()
    assert (deployed["deployed"], deployed["version"]) == (True, 1)
    obey()
    renamed = developer.caller.patch(one(flow), {"name": "Other"}).json()
    assert (renamed["deployed"], renamed["deployed_at"]) == (True, deployed["deployed_at"])
    edited = developer.caller.patch(one(flow), {"config": CONFIG}).json()
    assert (edited["deployed"], edited["deployed_at"], edited["version"]) == (False, None, 3)
    assert told.receive() == []
    again = developer.caller.post(one(flow, "deploy"), {"force": "true"}).json()
    assert (again["deployed"], again["version"]) == (True, 3)
    assert [letter.action["version"] for letter in obey()] == [3]


def test_targets_of_one_deployment_are_not_stored_but_undeployed(developer: Person) -> None:
    told.node("own", "robot"), told.node("other", "robot")
    flow = made(developer, target_nodes=["own"])
    assert developer.caller.post(one(flow, "deploy"), {"target_nodes": ["other"]}).json()["target_nodes"] == ["own"]
    assert Command.objects.get().node.key == "other"
    obey()
    response = developer.caller.delete(one(flow, "undeploy"))
    assert (response.status_code, response.json()["deployed"]) == (200, False)
    assert actions(obey()) == ["undeploy_flow"]


def test_nodes_that_the_hub_does_not_know_yet_are_no_error(developer: Person) -> None:
    flow = made(developer, target_nodes=["esp32-unknown"])
    assert developer.caller.post(one(flow, "deploy")).json()["deployed"] is True
    assert developer.caller.delete(one(flow, "undeploy")).json()["deployed"] is False


def test_refusals_have_the_words_of_the_contract(developer: Person) -> None:
    flow, nowhere = made(developer), {"id": str(uuid4())}
    unknown = {"error": "Flow not found", "status_code": 404}
    assert developer.caller.get(one(nowhere)).json() == unknown
    assert developer.caller.get(f"{FLOWS}not-an-id").json() == unknown
    assert developer.caller.patch(one(nowhere), {"name": "x"}).json() == unknown
    assert developer.caller.post(one(nowhere, "deploy"), {"target_nodes": ["a"]}).json() == unknown
    assert developer.caller.post(one(flow, "deploy"), {}).json() == unknown
    absent = {"error": "Flow not found or not deployed", "status_code": 404}
    assert developer.caller.delete(one(nowhere, "undeploy")).json() == absent
    assert developer.caller.delete(one(flow, "undeploy")).json() == absent
    for method in ("delete", "put"):
        response = getattr(developer.caller, method)(one(flow))
        assert (response.status_code, response.json()["error"]) == (405, "Method Not Allowed")


@pytest.mark.parametrize(
    ("body", "kind", "place"),
    [
        ({}, "missing", ["body", "name"]),
        ({"name": ""}, "string_too_short", ["body", "name"]),
        ({"name": "x" * 256}, "string_too_long", ["body", "name"]),
        ({"name": 7}, None, ["body", "name"]),
        ({"name": "x", "config": []}, None, ["body", "config"]),
        ({"name": "x", "target_nodes": [7]}, None, ["body", "target_nodes", 0]),
    ],
)
def test_what_is_not_valid_is_a_422_that_names_the_field(
    developer: Person, body: Any, kind: str | None, place: list[str | int]
) -> None:
    response = developer.caller.post(FLOWS, body)
    assert (response.status_code, response.json()["error"]) == (422, "Validation failed")
    detail = response.json()["details"][0]
    assert detail["loc"] == place and (kind is None or detail["type"] == kind)


def test_null_where_nothing_may_be_null_poisons_no_record(developer: Person) -> None:
    flow = made(developer)
    for name in ("name", "config", "target_nodes", "flow_metadata"):
        assert developer.caller.patch(one(flow), {name: None}).status_code == 422
    assert developer.caller.get(one(flow)).json() == flow
