"""What Bloxserver's clients make is run by the hub itself, from their first call to the end of the run."""

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.utils import timezone

from flows import definition, tasks
from flows.models import Execution, Flow, RunLine, Step
from flows.services import queueing, switching
from rdos.kernel.journal import SYSTEM
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


def listening(**handlers: str) -> str:
    return orjson.dumps({"listeners": [{"name": one, "handler": handlers[one]} for one in handlers]}).decode()


def run(caller: Caller, payload: str | None = "hello", **said: Any) -> tuple[dict[str, Any], Execution]:
    flow = caller.post(FLOWS, {"name": "Patrol", **said}).json()
    assert caller.post(f"{FLOWS}/{flow['id']}/start").status_code == 200
    switching.settle_all(timezone.now())
    query = "" if payload is None else f"?{urlencode({'input_payload': payload})}"
    begun = caller.post(f"{FLOWS}/{flow['id']}/executions/run{query}")
    assert begun.status_code == 201, begun.content
    assert begun.json()["status"] == "running"
    tasks.run_on_hub(begun.json()["id"])
    told = caller.get(f"{FLOWS}/{flow['id']}/executions/{begun.json()['id']}").json()
    return told, Execution.objects.get()


def steps() -> list[tuple[str, str]]:
    return list(Step.objects.order_by("id").values_list("node_id", "status"))


def told_by(told: dict[str, Any]) -> dict[str, Any]:
    """The variables of what a run answered."""
    variables: dict[str, Any] = orjson.loads(told["outputPayload"])["variables"]
    return variables


def test_the_template_runs_without_any_robot(caller: Caller) -> None:
    told, _ = run(caller)
    assert told["status"] == "success" and told["completedAt"] and told["errorMessage"] is None
    assert told_by(told) == {"input": "hello", "output": "hello"}
    assert steps() == [("in", "completed"), ("greeter", "completed"), ("out", "completed")]
    assert not RunLine.objects.exists()


def test_listeners_do_what_is_built_in_one_after_the_other(caller: Caller) -> None:
    told, row = run(caller, organismYaml=listening(first="rdos.log", out="rdos.echo", last="rdos.log"))
    assert told_by(told)["output"] == "hello"
    assert [name for name, _ in steps()] == ["in", "first", "out", "last", "out (4)"]
    lines = RunLine.objects.filter(execution=row).order_by("id").values_list("source", "level", "message")
    assert list(lines) == [("first", "info", "hello"), ("last", "info", "hello")]


@pytest.mark.parametrize(
    ("payload", "output"),
    [("hello", "hello"), ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}), ("[1]", [1]), ("7.5", 7.5)],
)
@pytest.mark.parametrize("text", ["organism: {name: deaf}", "listeners: []", "listeners:"])
def test_where_nobody_listens_the_output_is_the_input(caller: Caller, text: str, payload: str, output: Any) -> None:
    told, row = run(caller, payload, organismYaml=text)
    assert (told["status"], told_by(told)["output"]) == ("success", output)
    assert RunLine.objects.get(execution=row).message == "Nobody listens."


@pytest.mark.parametrize("given", ["hello", {"a": 1}])
def test_what_a_webhooks_call_was_like_is_no_part_of_the_message(caller: Caller, given: Any) -> None:
    flow = caller.post(FLOWS, {"name": "Patrol"}).json()
    caller.post(f"{FLOWS}/{flow['id']}/start")
    switching.settle_all(timezone.now())
    start = queueing.Start(who=SYSTEM, came_with={"address": "203.0.113.9"})
    row = queueing.enqueue(flow=Flow.objects.get(), start=start, given=given, at=timezone.now())

    tasks.run_on_hub(str(row.pk))

    variables = Execution.objects.get().result["variables"]
    assert (variables["output"], variables["webhook"]) == (given, {"address": "203.0.113.9"})


def test_a_run_without_input_passes_nothing_on(caller: Caller) -> None:
    told, _ = run(caller, None)
    assert told_by(told) == {"output": None}


def test_a_handler_that_the_hub_does_not_have_fails_the_run_at_once(caller: Caller) -> None:
    told, row = run(caller, organismYaml=listening(doorman="rdos.log", greeter="greetings.answer", out="rdos.echo"))
    assert told["status"] == "error" and told["outputPayload"] is None
    assert told["errorMessage"] == (
        "The listener greeter wants the handler greetings.answer, which is not built in. Draw the flow as a graph, "
        "use a built-in handler (rdos.echo, rdos.log), or run it on a robot that has the handler."
    )
    assert (row.status, row.error_type, row.retry_count) == ("failed", "UnknownHandlerError", 0)
    assert row.max_retries > 0
    assert steps() == [("in", "completed"), ("doorman", "completed"), ("greeter", "failed")]


@pytest.mark.parametrize("listener", ["greeter", {"name": "greeter"}, {"name": "greeter", "handler": ["rdos.echo"]}])
def test_a_listener_without_a_handler_fails_the_run_too(caller: Caller, listener: Any) -> None:
    told, row = run(caller, organismYaml=orjson.dumps({"listeners": [listener]}).decode())
    assert told["status"] == "error" and told["errorMessage"].startswith("The listener ")
    assert (row.error_type, row.retry_count) == ("UnknownHandlerError", 0)


def test_a_text_that_holds_a_graph_runs_it(caller: Caller) -> None:
    told, row = run(caller, organismYaml=GRAPH)
    assert told["status"] == "success"
    assert row.result["variables"] == {"input": "hello", "n": "hello"}


@pytest.mark.parametrize(
    "text", ["{ not: yaml", "just words", "nodes: {a: {node_type: 7}}", "a: &a [1]\nb: *a", "listeners: words"]
)
def test_a_text_that_nobody_can_run_fails_and_says_so(caller: Caller, text: str) -> None:
    told, row = run(caller, organismYaml=text)
    assert told["status"] == "error"
    assert told["errorMessage"] == "The hub finds nothing in this flow that it could run."
    assert row.retry_count == 0


def test_listeners_of_any_shape_give_a_graph_that_runs() -> None:
    many = ["in", {"name": "out"}, {"name": "note", "handler": "a.b"}, 7, None, {"name": {"deep": 1}}]
    found = definition.program(orjson.dumps({"listeners": many}).decode())
    assert found and len(found["nodes"]) == len(many) + 2
    assert definition.program("[" * 20_000) is None


def test_no_listener_is_left_out_for_being_one_too_many() -> None:
    most = definition.program(orjson.dumps({"listeners": [{"handler": "rdos.echo"}] * 500}).decode())
    assert most and len(most["nodes"]) == 502
    assert definition.program(orjson.dumps({"listeners": [{"handler": "rdos.echo"}] * 501}).decode()) is None
