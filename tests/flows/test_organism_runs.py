"""What Bloxserver's clients make is run by the hub itself, from their first call to the end of the run."""

from typing import Any

import orjson
import pytest
from django.utils import timezone

from flows import definition, tasks
from flows.models import Execution, RunLine, Step
from flows.services import switching
from tests.people import Caller, MakePerson

pytestmark = pytest.mark.django_db(transaction=True)
FLOWS = "/bloxserver/api/v1/flows"
GRAPH = """
nodes:
  begin: {node_type: StartNode}
  double: {node_type: SetVariableNode, config: {variable_name: n, value: "{{input}}"}}
connections:
  - {source_node: begin, source_port: exec_out, target_node: double, target_port: exec_in}
"""


@pytest.fixture
def caller(make_person: MakePerson, monkeypatch: pytest.MonkeyPatch) -> Caller:
    monkeypatch.setattr("flows.doorbell.current_app.send_task", lambda name, args, **_: None)
    return make_person("anna", "developer", tier="pro").caller


def run(caller: Caller, **said: Any) -> tuple[dict[str, Any], Execution]:
    flow = caller.post(FLOWS, {"name": "Patrol", **said}).json()
    assert caller.post(f"{FLOWS}/{flow['id']}/start").status_code == 200
    switching.settle_all(timezone.now())
    begun = caller.post(f"{FLOWS}/{flow['id']}/executions/run?input_payload=hello")
    assert begun.status_code == 201, begun.content
    assert begun.json()["status"] == "running"
    tasks.run_on_hub(begun.json()["id"])
    told = caller.get(f"{FLOWS}/{flow['id']}/executions/{begun.json()['id']}").json()
    return told, Execution.objects.get()


def test_the_template_runs_without_any_robot(caller: Caller) -> None:
    told, row = run(caller)
    assert told["status"] == "success" and told["completedAt"] and told["errorMessage"] is None
    assert orjson.loads(told["outputPayload"])["variables"] == {"input": "hello"}
    assert list(Step.objects.order_by("id").values_list("node_id", "status")) == [
        ("in", "completed"), ("note", "completed"), ("greeter", "skipped"), ("out", "completed"),
    ]  # fmt: skip
    line = RunLine.objects.get(execution=row)
    assert (line.level, "greetings.answer" in line.message) == ("warning", True)


def test_a_text_that_holds_a_graph_runs_it(caller: Caller) -> None:
    told, row = run(caller, organismYaml=GRAPH)
    assert told["status"] == "success"
    assert row.result["variables"] == {"input": "hello", "n": "hello"}


@pytest.mark.parametrize("text", ["{ not: yaml", "just words", "nodes: {a: {node_type: 7}}", "a: &a [1]\nb: *a"])
def test_a_text_that_nobody_can_run_fails_and_says_so(caller: Caller, text: str) -> None:
    told, row = run(caller, organismYaml=text)
    assert told["status"] == "error"
    assert told["errorMessage"] == "The hub finds nothing in this flow that it could run."
    assert row.retry_count == 0


def test_listeners_of_any_shape_give_a_graph_that_runs() -> None:
    many = ["in", {"name": "out"}, {"name": "note", "handler": "a.b"}, 7, None, {"name": {"deep": 1}}]
    found = definition.program(orjson.dumps({"listeners": many}).decode())
    assert found and len(found["nodes"]) == len(many) + 3
    assert definition.program("listeners: text") is not None
    assert definition.program("[" * 20_000) is None
