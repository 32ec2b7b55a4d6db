"""What Tafy's clients hear when a flow or its deployment is refused."""

from typing import Any

import pytest

from devices.models import Command
from flows.models import AwaitedDeployment
from tests.devices import told
from tests.devices.tafy import problem
from tests.flows.deploying import flow_of
from tests.people import Person

pytestmark = pytest.mark.django_db
FLOWS = "/tafy/api/v1/flows/"
CONFIG = {"flows": [{"id": "n1", "type": "inject"}]}


def made(who: Person, **fields: Any) -> Any:
    response = who.caller.post(FLOWS, {"name": "Teleop", "config": CONFIG, **fields})
    assert response.status_code == 200, response.content
    return response.json()


def one(flow: Any, verb: str = "") -> str:
    return f"{FLOWS}{flow['id']}" + (f"/{verb}" if verb else "")


@pytest.mark.parametrize("key", ["a.b", "*", ">", "x y", "ä", "a\n"])
def test_what_no_node_can_be_called_is_no_target(developer: Person, key: str) -> None:
    flow = made(developer, target_nodes=["esp32-1"])
    wanted = {"target_nodes": ["esp32-1", key]}
    for answer in (
        developer.caller.post(FLOWS, {"name": "x", **wanted}),
        developer.caller.patch(one(flow), wanted),
        developer.caller.post(one(flow, "deploy"), wanted),
    ):
        kind, place = problem(answer)
        assert (kind, place[:2]) == ("string_pattern_mismatch", ["body", "target_nodes"])
    assert developer.caller.get(one(flow)).json() == flow
    assert not AwaitedDeployment.objects.exists()


def test_a_target_is_64_letters_long_at_most(developer: Person) -> None:
    assert made(developer, target_nodes=["x" * 64])["target_nodes"] == ["x" * 64]
    assert problem(developer.caller.post(FLOWS, {"name": "x", "target_nodes": ["x" * 65]}))[0] == "string_too_long"


def test_what_can_be_told_to_nobody_is_not_called_deployed(developer: Person) -> None:
    told.node("esp", "robot")
    flow = made(developer, config={"flows": [], "text": "x" * 2**20}, target_nodes=["esp"])
    refused = developer.caller.post(one(flow, "deploy"))
    assert problem(refused) == ("value_error", ["body"])
    assert refused.json()["details"][0]["msg"].startswith("Esp: The flow is larger than 1 MiB")
    assert developer.caller.get(one(flow)).json() == flow
    assert not Command.objects.exists()


def test_whoever_can_be_told_is_told_beside_one_who_cannot(developer: Person) -> None:
    told.node("esp", "robot")
    told.node("shut", "robot", denied_commands=["deploy_flow"])
    flow = made(developer, target_nodes=["shut", "esp"])
    assert developer.caller.post(one(flow, "deploy")).json()["deployed"] is True
    assert [command.node.key for command in Command.objects.all()] == ["esp"]


def test_targets_of_old_that_no_node_can_have_are_refused_by_name(developer: Person) -> None:
    row = flow_of("nodered", [], target_nodes=["a.b", "*"])
    refused = developer.caller.post(f"{FLOWS}{row.pk}/deploy")
    assert problem(refused) == ("value_error", ["body"])
    assert refused.json()["details"][0]["msg"].startswith("a.b: There is no such node")


def test_what_is_no_id_is_no_flow(developer: Person) -> None:
    nowhere = {"id": "nope"}
    unknown = {"error": "Flow not found", "status_code": 404}
    absent = {"error": "Flow not found or not deployed", "status_code": 404}
    assert developer.caller.post(one(nowhere, "deploy"), {"target_nodes": ["a"]}).json() == unknown
    assert developer.caller.delete(one(nowhere, "undeploy")).json() == absent
    for answer in (
        developer.caller.post("/api/v1/flows/nope/deploy", {}),
        developer.caller.delete("/api/v1/flows/nope/undeploy"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "flow_not_found")


YES = ("true", "True", "TRUE", "t", "yes", "Yes", "y", "Y", "on", "ON", "1", True, 1, 1.0)
NO = ("false", "False", "f", "no", "NO", "n", "off", "Off", "0", False, 0, 0.0)


def test_yes_and_no_are_read_in_capitals_and_as_numbers(developer: Person) -> None:
    flow = made(developer, target_nodes=["esp32-1"])
    for said in YES + NO:
        answer = developer.caller.post(one(flow, "deploy"), {"force": said})
        assert answer.status_code == 200, said
        assert AwaitedDeployment.objects.get().force is (said in YES), said
    for word in YES[:11]:
        assert len(developer.caller.get(f"{FLOWS}?deployed_only={word}").json()) == 1, word
    developer.caller.delete(one(flow, "undeploy"))
    for word in YES[:11]:
        assert developer.caller.get(f"{FLOWS}?deployed_only={word}").json() == [], word


@pytest.mark.parametrize(
    ("said", "kind"),
    [("maybe", "bool_parsing"), ("", "bool_parsing"), (2, "bool_parsing"), (1.5, "bool_type"), ([], "bool_type")],
)
def test_what_is_neither_yes_nor_no(developer: Person, said: Any, kind: str) -> None:
    flow = made(developer, target_nodes=["esp32-1"])
    assert problem(developer.caller.post(one(flow, "deploy"), {"force": said})) == (kind, ["body", "force"])


@pytest.mark.parametrize("config", [{"flows": [{"id": "a"}]}, {"flows": [1, None]}, {"flows": {"a": 1}}, {"flows": 5}])
def test_a_configuration_is_any_object(developer: Person, config: Any) -> None:
    flow = made(developer, config={})
    edited = developer.caller.patch(one(flow), {"config": config})
    assert (edited.status_code, edited.json()["config"]) == (200, config)
    assert developer.caller.patch(one(flow), {"name": "Other"}).json()["config"] == config
    own = f"/api/v1/flows/{flow['id']}"
    assert developer.caller.get(own).json()["definition"] == config
    difference = developer.caller.get(f"{own}/versions/diff?from=1&to=2")
    assert difference.status_code == 200 and "flows" in difference.content.decode()
    assert developer.caller.patch(own, {"definition": config}).status_code == 400
    told.node("esp", "robot")
    assert developer.caller.post(one(flow, "deploy"), {"target_nodes": ["esp"]}).json()["deployed"] is True


def test_a_configuration_that_could_not_be_kept_is_refused_by_its_place(developer: Person) -> None:
    deep: Any = {}
    for _ in range(70):
        deep = {"a": deep}
    flow = made(developer)
    for answer in (
        developer.caller.post(FLOWS, {"name": "x", "config": deep}),
        developer.caller.patch(one(flow), {"config": deep}),
    ):
        assert problem(answer)[0] == "too_deep" and problem(answer)[1][:3] == ["body", "config", "a"]


def test_what_is_wrong_inside_a_list_is_shown_by_its_place(developer: Person) -> None:
    body = {"name": "x", "target_nodes": ["a", 1, {"b": 2}, "c d"]}
    details = developer.caller.post(FLOWS, body).json()["details"]
    assert [(one["loc"], one["input"], one["type"]) for one in details] == [
        (["body", "target_nodes", 1], 1, "string_type"),
        (["body", "target_nodes", 2], {"b": 2}, "string_type"),
        (["body", "target_nodes", 3], "c d", "string_pattern_mismatch"),
    ]
