"""Flows as Bloxserver's frontends know them."""

from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.utils import timezone

from flows.models import Flow, FlowVersion
from flows.services import switching
from tests.flows import story
from tests.people import Caller, MakePerson, Person

pytestmark = pytest.mark.django_db
FLOWS = "/bloxserver/api/v1/flows"
CANVAS = {
    "nodes": [{"id": "n1", "type": "trigger", "position": {"x": 0, "y": 0.5}, "data": {"name": "start", "own_key": 1}}],
    "edges": [{"id": "e", "source": "n1", "target": "n1", "sourceHandle": None, "label": "kept"}],
    "viewport": {"x": 0, "y": 0, "zoom": 1},
}
KEYS = [
    *("id", "userId", "name", "description", "organismYaml", "canvasState", "status", "containerId", "errorMessage"),
    *("createdAt", "updatedAt"),
]


@pytest.fixture
def alice(make_person: MakePerson) -> Person:
    return make_person("anna", "developer", tier="pro")


@pytest.fixture
def caller(alice: Person) -> Caller:
    return alice.caller


def made(caller: Caller, **said: Any) -> dict[str, Any]:
    response = caller.post(FLOWS, {"name": "Night patrol", **said})
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def test_a_new_flow_has_the_template_and_every_key(caller: Caller, alice: Person) -> None:
    flow = made(caller)
    assert list(flow) == KEYS
    assert (flow["userId"], flow["status"], flow["description"]) == (str(alice.id), "stopped", None)
    assert (flow["canvasState"], flow["containerId"], flow["errorMessage"]) == (None, None, None)
    assert "my-flow" in flow["organismYaml"]
    assert flow["createdAt"].endswith("Z")
    assert caller.get(f"{FLOWS}/{flow['id']}").json() == flow
    stored = Flow.objects.get()
    assert (stored.kind, stored.runs_on, stored.access) == ("organism", "hub", "private")


def test_the_template_has_a_greeter_whose_handler_the_hub_has(caller: Caller) -> None:
    template = yaml.safe_load(made(caller)["organismYaml"])
    (greeter,) = template["listeners"]
    assert list(greeter) == ["name", "payload_class", "handler", "description", "agent", "peers"]
    assert (greeter["name"], greeter["agent"], greeter["peers"]) == ("greeter", True, [])
    assert greeter["handler"] == "rdos.echo"


def test_a_text_is_kept_to_the_last_space(caller: Caller) -> None:
    text = "  organism:\n  name: patrol \n\n"
    assert made(caller, organismYaml=text)["organismYaml"] == text
    assert made(caller, organism_yaml=text)["organismYaml"] == text
    assert made(caller, organismYaml="{ not: yaml")["organismYaml"] == "{ not: yaml"


def test_the_canvas_comes_back_untouched(caller: Caller) -> None:
    flow = made(caller)
    changed = caller.patch(f"{FLOWS}/{flow['id']}", {"canvasState": CANVAS})
    assert changed.status_code == 200, changed.content
    assert changed.json()["canvasState"] == CANVAS
    assert list(changed.json()["canvasState"]["nodes"][0]["data"]) == ["name", "own_key"]


def test_null_and_absent_change_nothing(caller: Caller) -> None:
    flow = made(caller, description="Guards", organismYaml="a: 1\n")
    nothing = {"name": None, "description": None, "organismYaml": None, "canvasState": None, "more": 1}
    for said in ({}, nothing):
        assert caller.patch(f"{FLOWS}/{flow['id']}", said).json() == flow
    changed = caller.patch(f"{FLOWS}/{flow['id']}", {"organismYaml": "a: 2\n", "description": ""}).json()
    assert (changed["organismYaml"], changed["description"]) == ("a: 2\n", None)
    assert FlowVersion.objects.count() == 2


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({}, "body.name"),
        ({"name": ""}, "body.name"),
        ({"name": "x" * 101}, "body.name"),
        ({"name": "a", "description": "x" * 501}, "body.description"),
        ({"name": "a", "organismYaml": {}}, "body.organismYaml"),
    ],
)
def test_bad_input_is_422_by_its_place(caller: Caller, said: dict[str, Any], place: str) -> None:
    response = caller.post(FLOWS, said)
    body = response.json()
    assert (response.status_code, body["code"], list(body["details"])) == (422, "validation_error", [place])


@pytest.mark.parametrize(
    ("canvas", "place"),
    [
        ({"edges": [], "viewport": {}}, "body.canvasState.nodes"),
        ({"nodes": [{"id": "a"}], "edges": [], "viewport": {}}, None),
        ({"nodes": [], "edges": [], "viewport": {"x": "wide"}}, None),
        ({"nodes": [], "edges": [{"id": "e"}], "viewport": {}}, None),
        ([], "body.canvasState"),
    ],
)
def test_a_canvas_has_its_shape(caller: Caller, canvas: Any, place: str | None) -> None:
    flow = made(caller)
    response = caller.patch(f"{FLOWS}/{flow['id']}", {"canvasState": canvas})
    assert response.status_code == 422
    assert all(name.startswith("body.canvasState") for name in response.json()["details"])
    assert place is None or place in response.json()["details"]


def test_the_list_is_numbered_and_what_changed_last_is_first(caller: Caller) -> None:
    first, *_ = [made(caller, name=name) for name in "abc"]
    caller.patch(f"{FLOWS}/{first['id']}", {"description": "Touched"})
    page = caller.get(FLOWS).json()
    assert [row["name"] for row in page["items"]] == ["a", "c", "b"]
    assert list(page["items"][0]) == ["id", "name", "description", "status", "updatedAt"]
    assert {name: page[name] for name in ("total", "page", "pageSize", "hasMore")} == {
        "total": 3,
        "page": 1,
        "pageSize": 20,
        "hasMore": False,
    }
    page = caller.get(f"{FLOWS}?page=1&page_size=2").json()
    assert ([row["name"] for row in page["items"]], page["hasMore"]) == (["a", "c"], True)
    page = caller.get(f"{FLOWS}?page=2&page_size=2").json()
    assert ([row["name"] for row in page["items"]], page["hasMore"]) == (["b"], False)
    assert caller.get(f"{FLOWS}?pageSize=1").json()["pageSize"] == 20


@pytest.mark.parametrize("query", ["page=0", "page_size=0", "page_size=-1", "page_size=101", "page=x"])
def test_a_page_that_cannot_be_is_422(caller: Caller, query: str) -> None:
    response = caller.get(f"{FLOWS}?{query}")
    assert (response.status_code, list(response.json()["details"])) == (422, [f"query.{query.split('=')[0]}"])


def settle() -> None:
    switching.settle_all(timezone.now())


def test_it_lives_through_its_five_states(caller: Caller) -> None:
    flow = made(caller)
    address = f"{FLOWS}/{flow['id']}"
    started = caller.post(f"{address}/start")
    assert (started.status_code, started.json()["status"], started.json()["errorMessage"]) == (200, "starting", None)
    settle()
    running = caller.get(address).json()
    assert running["status"] == "running"
    assert running["containerId"]
    assert running["updatedAt"] > flow["updatedAt"]
    refused = caller.post(f"{address}/start")
    assert refused.status_code == 400
    assert refused.json()["detail"] == refused.json()["message"] == "Cannot start flow in running state"
    assert caller.post(f"{address}/stop").json()["status"] == "stopping"
    settle()
    stopped = caller.get(address).json()
    assert (stopped["status"], stopped["containerId"]) == ("stopped", None)
    refused = caller.post(f"{address}/stop")
    assert (refused.status_code, refused.json()["detail"]) == (400, "Cannot stop flow in stopped state")


def test_an_error_is_told_and_cleared_by_the_next_start(caller: Caller) -> None:
    flow = made(caller)
    Flow.objects.update(status="error", status_reason="The runner fell over")
    address = f"{FLOWS}/{flow['id']}"
    assert caller.get(address).json()["errorMessage"] == "The runner fell over"
    started = caller.post(f"{address}/start").json()
    assert (started["status"], started["errorMessage"]) == ("starting", None)
    assert caller.post(f"{address}/stop").json()["status"] == "stopping"


def test_a_removed_flow_is_204_and_gone(caller: Caller) -> None:
    address = f"{FLOWS}/{made(caller)['id']}"
    response = caller.delete(address)
    assert (response.status_code, response.content) == (204, b"")
    refused = caller.get(address)
    assert (refused.status_code, refused.json()["detail"]) == (404, "Flow not found")


def test_an_id_is_a_uuid(caller: Caller) -> None:
    for method, tail in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/start"), ("POST", "/stop")):
        response = caller.generic(method, f"{FLOWS}/seven{tail}", "{}", "application/json")
        assert (response.status_code, list(response.json()["details"])) == (422, ["path.flow_id"])
        response = caller.generic(method, f"{FLOWS}/{uuid4()}{tail}", "{}", "application/json")
        assert (response.status_code, response.json()["message"]) == (404, "Flow not found")


def test_a_graph_shows_and_takes_its_text_as_json(caller: Caller) -> None:
    graph = story.flow_that_runs(access="shared")
    address = f"{FLOWS}/{graph.pk}"
    text = caller.get(address).json()["organismYaml"]
    assert text == '{"nodes":{"a":{"node_id":"a","node_type":"StartNode","config":{}}},"connections":[]}'
    changed = caller.patch(address, {"organismYaml": '{"nodes": {}}'})
    assert (changed.status_code, changed.json()["organismYaml"]) == (200, '{"nodes":{}}')
    for text in ("organism: {}", '{"nodes": 7}'):
        assert caller.patch(address, {"organismYaml": text}).status_code == 422


# --- Whose


def test_what_is_made_here_is_its_makers_own(
    caller: Caller, make_person: MakePerson, admin: Person, viewer: Person
) -> None:
    flow = made(caller)
    bob = make_person("bob", "developer", tier="pro").caller
    address = f"/api/v1/flows/{flow['id']}"
    for stranger in (bob, viewer.caller):
        for prefix in ("", "/bloxserver"):
            assert stranger.get(prefix + address).status_code == 404
        assert stranger.get(FLOWS).json()["items"] == []
    for method, tail in (("PATCH", ""), ("DELETE", ""), ("POST", "/start")):
        response = bob.generic(method, f"{FLOWS}/{flow['id']}{tail}", "{}", "application/json")
        assert (response.status_code, response.json()["detail"]) == (404, "Flow not found")
    assert admin.caller.get(address).status_code == 200
    assert caller.get(address).json()["access"] == "private"


@pytest.mark.parametrize(("tier", "most"), [("free", 1), ("pro", 100)])
def test_a_tier_allows_so_many(make_person: MakePerson, tier: str, most: int) -> None:
    person = make_person("carl", "developer", tier=tier)
    Flow.objects.bulk_create(Flow(name=f"{n}", owner=person.user, access="private") for n in range(most - 1))
    made(person.caller)
    refused = person.caller.post(FLOWS, {"name": "One more"})
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        f"Flow limit reached ({most}). Upgrade to create more flows.",
    )
    assert person.caller.post("/api/v1/flows", {"name": "Not counted"}).status_code == 201
