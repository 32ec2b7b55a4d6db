"""What people draw and write comes back with its keys in their order and its numbers as they were."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT

from tests.people import Caller, MakePerson

pytestmark = pytest.mark.django_db
ODD = (
    '{"zebra":1.0,"a":100000.0,"B":-0.0,"aa":0.1,"é 漢字 🤖":"\u2028\\"","":null,"10":1e-7,"9":[1,1.0,true],'
    '"big":9007199254740993,"small":5e-324,"huge":1.7976931348623157e+308,"deep":{"y":{"z":0,"a":{}},"x":[]}}'
)
CANVAS = f'{{"viewport":{{"zoom":1.0,"y":-0.5,"x":0}},"more":{ODD},"edges":[],"nodes":[]}}'
NODES = '{"z":{"type":"StartNode","config":{"b":1.0,"a":2}},"a":{"node_type":"EndNode","id":"a"}}'
WIRE = '{"target_port":"exec_in","target_node":"a","source_port":"exec_out","source_node":"z"}'
GRAPH = f'{{"variables":{ODD},"nodes":{NODES},"connections":[{WIRE}]}}'
NAMED = '{"name":"Patrol"}'


@pytest.fixture
def caller(make_person: MakePerson) -> Caller:
    return make_person("dana", "developer", tier="pro").caller


def sent(caller: Caller, method: str, path: str, body: str) -> Any:
    response = caller.generic(method, path, body, "application/json")
    assert response.status_code in (200, 201), response.content
    return response.json()


@pytest.mark.parametrize("prefix", ["", "/bloxserver"])
def test_a_canvas(caller: Caller, prefix: str) -> None:
    word = "canvasState" if prefix else "canvas_state"
    path = f"{prefix}/api/v1/flows"
    address = f"{path}/{sent(caller, 'POST', path, NAMED)['id']}"
    sent(caller, "PATCH", address, f'{{"{word}":{CANVAS}}}')
    assert f'"{word}":{CANVAS}' in caller.get(address).content.decode()


def test_a_canvas_whose_numbers_are_written_in_another_way_keeps_their_kind(caller: Caller) -> None:
    address = f"/api/v1/flows/{sent(caller, 'POST', '/api/v1/flows', NAMED)['id']}"
    sent(caller, "PATCH", address, '{"canvas_state":{"b":1e5,"a":1E-1,"c":1.50}}')
    assert '"canvas_state":{"b":100000.0,"a":0.1,"c":1.5}' in caller.get(address).content.decode()


def test_metadata_and_a_definition(caller: Caller) -> None:
    body = f'{{"name":"Patrol","metadata":{ODD},"definition":{GRAPH}}}'
    answer = caller.get(f"/api/v1/flows/{sent(caller, 'POST', '/api/v1/flows', body)['id']}").content.decode()
    assert f'"metadata":{ODD}' in answer
    assert f'"definition":{GRAPH}' in answer


def test_a_workflow(caller: Caller) -> None:
    body = f'{{"workflow_name":"Patrol","workflow_json":{GRAPH},"trigger_type":"manual","execution_mode":"lan"}}'
    answer = caller.get(f"/api/v1/workflows/{sent(caller, 'POST', '/api/v1/workflows', body)['workflow_id']}")
    assert f'"workflow_json":{GRAPH}' in answer.content.decode()


def test_an_exported_flow_is_imported_as_it_was(caller: Caller) -> None:
    flow = sent(caller, "POST", "/api/v1/flows", f'{{"name":"Patrol","canvas_state":{CANVAS},"metadata":{ODD}}}')
    document = caller.get(f"/api/v1/flows/{flow['id']}/export").content.decode()
    assert caller.delete(f"/api/v1/flows/{flow['id']}").status_code == 204
    file = SimpleUploadedFile("flow.json", document.encode())
    assert caller.post("/api/v1/flows/import", {"file": file}, MULTIPART_CONTENT).status_code == 200
    (again,) = caller.get("/api/v1/flows").json()
    answer = caller.get(f"/api/v1/flows/{again['id']}").content.decode()
    assert f'"canvas_state":{CANVAS}' in answer and f'"metadata":{ODD}' in answer
