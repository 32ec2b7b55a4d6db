"""Workflows as Casare's clients submit, upload, read and remove them."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT, encode_multipart

from devices.models import Node
from flows.models import Execution, Flow, FlowVersion
from tests.flows import story
from tests.people import Caller, Person, bearer

pytestmark = pytest.mark.django_db
WORKFLOWS = "/api/v1/workflows"
UPLOAD = f"{WORKFLOWS}/upload"
BOUNDARY = "BoUnDaRyStRiNg"
GRAPH: dict[str, Any] = {
    "nodes": [{"id": "start", "type": "StartNode"}, {"id": "end", "type": "EndNode"}],
    "connections": [{"from": "start", "to": "end"}],
}
PREFIXES = ["", "/casare"]


@pytest.fixture
def dana(developer: Person) -> Caller:
    return developer.caller


def submit(caller: Caller, prefix: str = "", **said: Any) -> Any:
    return caller.post(prefix + WORKFLOWS, {"workflow_name": "Scraper", "workflow_json": GRAPH, **said})


def submitted(caller: Caller, **said: Any) -> dict[str, Any]:
    response = submit(caller, **said)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_submitted_workflow_is_queued_at_once(dana: Caller, prefix: str) -> None:
    response = submit(dana, prefix, priority=5, metadata={"description": "Example workflow"})
    assert response.status_code == 200
    answer = response.json()
    assert set(answer) == {"workflow_id", "job_id", "schedule_id", "status", "message", "created_at"}
    assert answer["message"] == "Workflow submitted and queued for lan execution"
    assert (answer["status"], answer["schedule_id"]) == ("success", None)
    run = Execution.objects.get(pk=answer["job_id"])
    assert (run.status, run.priority, run.environment, run.flow_name) == ("queued", 5, "lan", "Scraper")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_it_is_shown_as_it_was_sent(dana: Caller, prefix: str) -> None:
    made = submitted(dana, metadata={"description": "Example workflow"})
    shown = dana.get(f"{prefix}{WORKFLOWS}/{made['workflow_id']}")
    assert shown.status_code == 200
    answer = shown.json()
    assert json.dumps(answer["workflow_json"]) == json.dumps(GRAPH)
    assert (answer["workflow_name"], answer["version"]) == ("Scraper", 1)
    assert (answer["description"], answer["created_at"]) == ("Example workflow", made["created_at"])
    assert answer["updated_at"].endswith("Z")


def test_what_has_no_description_has_an_empty_one(dana: Caller) -> None:
    made = submitted(dana)
    assert dana.get(f"{WORKFLOWS}/{made['workflow_id']}").json()["description"] == ""


def test_it_is_born_running_and_shared(dana: Caller, developer: Person) -> None:
    flow = Flow.objects.get(pk=submitted(dana)["workflow_id"])
    assert (flow.status, flow.access, flow.runs_on, flow.owner_id) == ("running", "shared", "robot", developer.id)


def test_a_robot_claims_what_was_submitted(dana: Caller, admin: Person) -> None:
    made = submitted(dana, metadata={"variables": {"x": 1}})
    claimed = bearer(admin.robot_token("arm-7")).post("/api/v1/jobs/claim", {}).json()
    assert (claimed["job_id"], claimed["variables"]) == (made["job_id"], {"x": 1})
    assert set(json.loads(claimed["workflow_json"])["nodes"]) == {"start", "end"}


def test_the_robot_that_is_named_is_the_one_that_gets_it(dana: Caller) -> None:
    robot = story.robot_named("arm-7")
    for name in ("arm-7", str(robot.pk)):
        made = submitted(dana, metadata={"robot_id": name})
        assert Execution.objects.get(pk=made["job_id"]).target_node_id == robot.pk


def test_a_robot_that_nobody_knows_is_refused_by_name(dana: Caller) -> None:
    response = submit(dana, metadata={"robot_id": "ghost"})
    assert response.status_code == 400
    assert response.json()["errors"] == {"metadata.robot_id": ["Robot ghost not found"]}
    assert not Flow.objects.exists()


def test_a_robot_one_does_not_see_is_a_robot_nobody_knows(developer: Person) -> None:
    story.robot_named("hidden")
    seen = Node.objects.create(key="seen", name="Seen", device_type="robot")
    developer.user.allowed_node_ids = [str(seen.pk)]
    developer.user.save()
    assert submit(developer.caller, metadata={"robot_id": "hidden"}).status_code == 400
    assert submit(developer.caller, metadata={"robot_id": "seen"}).status_code == 200


def test_the_same_id_again_is_the_next_version(dana: Caller) -> None:
    pk = str(uuid4())
    assert submitted(dana, workflow_id=pk)["workflow_id"] == pk
    submitted(dana, workflow_id=pk, workflow_name="Renamed")
    shown = dana.get(f"{WORKFLOWS}/{pk}").json()
    assert (shown["version"], shown["workflow_name"]) == (2, "Renamed")
    assert FlowVersion.objects.filter(flow_id=pk).count() == 2


def test_nobody_writes_over_what_they_do_not_see(dana: Caller, make_person: Any) -> None:
    foreign = story.flow_that_runs(access="private", owner=make_person("bob", "developer").user)
    response = submit(dana, workflow_id=str(foreign.pk))
    assert (response.status_code, response.json()["detail"]) == (404, f"Workflow not found: {foreign.pk}")
    assert FlowVersion.objects.filter(flow=foreign).count() == 1


def test_a_scheduled_one_says_when(dana: Caller) -> None:
    for cron in (None, "", "  "):
        response = submit(dana, trigger_type="scheduled", schedule_cron=cron)
        assert (response.status_code, list(response.json()["errors"])) == (400, ["schedule_cron"])


@pytest.mark.parametrize("prefix", ["", "/casare", "/bilbycast", "/tafy", "/nodetool"])
def test_a_removed_workflow_is_gone_with_its_runs(dana: Caller, prefix: str) -> None:
    made = submitted(dana)
    address = f"{prefix}{WORKFLOWS}/{made['workflow_id']}"
    response = dana.delete(address)
    assert response.status_code == 200
    assert response.json() == {"status": "success", "message": f"Workflow deleted: {made['workflow_id']}"}
    assert not Execution.objects.exists()
    assert [dana.get(address).status_code, dana.delete(address).status_code] == [404, 404]


def test_what_is_not_there_is_named(dana: Caller) -> None:
    pk = uuid4()
    for prefix in PREFIXES:
        for method in (dana.get, dana.delete):
            response = method(f"{prefix}{WORKFLOWS}/{pk}")
            assert (response.status_code, response.json()["detail"]) == (404, f"Workflow not found: {pk}")


@pytest.mark.parametrize("pk", ["7", "not-a-uuid", "upload.json", "٣"])
def test_an_id_is_a_uuid(dana: Caller, pk: str) -> None:
    for method in (dana.get, dana.delete):
        response = method(f"/casare{WORKFLOWS}/{pk}")
        assert (response.status_code, response.json()) == (
            400,
            {"detail": "Invalid workflow_id format. Expected UUID."},
        )


def test_the_list_is_newest_first_and_asks_no_more_for_more(
    dana: Caller, django_assert_num_queries: Any, developer: Person
) -> None:
    names = [f"Flow {number}" for number in range(5)]
    for name in names:
        submitted(dana, workflow_name=name)
    Flow.objects.create(name="An organism", kind="organism")
    with django_assert_num_queries(2):
        rows = dana.get(WORKFLOWS).json()
    assert [row["workflow_name"] for row in rows] == names[::-1]
    assert "workflow_json" not in rows[0]
    first = dana.get(f"{WORKFLOWS}?limit=3")
    assert 'rel="next"' in first["Link"]
    assert [row["workflow_name"] for row in dana.get(f"{WORKFLOWS}?search=FLOW%204").json()] == ["Flow 4"]


def config(value: Any) -> dict[str, Any]:
    return {"nodes": {"a": {"node_id": "a", "node_type": "LogNode", "config": {"message": value}}}}


def deep(levels: int) -> Any:
    return {"deeper": deep(levels - 1)} if levels else "end"


def chain(*pairs: tuple[str, str]) -> dict[str, Any]:
    names = sorted({name for pair in pairs for name in pair} | {"a", "b"} - {"ghost"})
    nodes = [{"id": name, "type": "LogNode"} for name in names if name != "ghost"]
    return {"nodes": nodes, "connections": [{"from": one, "to": other} for one, other in pairs]}


BAD_GRAPHS: dict[str, tuple[Any, str]] = {
    "no nodes": ({"connections": []}, "MISSING_REQUIRED_FIELD"),
    "1001 nodes": ({"nodes": [{"id": str(n), "type": "LogNode"} for n in range(1001)]}, "TOO_MANY_NODES"),
    "a circle": (chain(("a", "b"), ("b", "a")), "CIRCULAR_DEPENDENCY"),
    "an end that leads nowhere": (chain(("a", "ghost")), "ORPHANED_CONNECTION"),
    "itself": (chain(("a", "a")), "SELF_CONNECTION"),
    "depth 11": (config(deep(10)), "TOO_DEEP"),
    "an import": (config("__import__('os')"), "FORBIDDEN_TEXT"),
    "a shell": (config("Os.System('rm')"), "FORBIDDEN_TEXT"),
    "twins": ({"nodes": [{"id": "a", "type": "X"}, {"id": "a", "type": "X"}]}, "DUPLICATE_NODE_ID"),
    "another's name": ({"nodes": {"a": {"node_id": "b", "node_type": "X"}}}, "NODE_ID_MISMATCH"),
}


@pytest.mark.parametrize(("graph", "code"), BAD_GRAPHS.values(), ids=BAD_GRAPHS.keys())
def test_a_graph_that_no_robot_could_run_is_refused_with_its_code(dana: Caller, graph: Any, code: str) -> None:
    assert code in submit(dana, workflow_json=graph).content.decode()
    response = submit(dana, "/casare", workflow_json=graph)
    assert response.status_code == 400
    assert code in response.json()["detail"]
    assert not Flow.objects.exists()


def test_depth_10_and_1000_nodes_are_still_allowed(dana: Caller) -> None:
    submitted(dana, workflow_json=config(deep(8)))
    submitted(dana, workflow_json={"nodes": [{"id": str(n), "type": "LogNode"} for n in range(1000)]})


def test_more_than_ten_megabytes_are_413(dana: Caller) -> None:
    heavy = {"nodes": [], "more": ["x" * 1_000_000] * 10 + ["y" * 600_000]}
    assert submit(dana, "/casare", workflow_json=heavy).status_code == 413


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"workflow_name": ""}, "workflow_name"),
        ({"workflow_name": "x" * 256}, "workflow_name"),
        ({"workflow_name": None}, "workflow_name"),
        ({"workflow_json": None}, "workflow_json"),
        ({"workflow_json": [1]}, "workflow_json"),
        ({"workflow_json": "{}"}, "workflow_json"),
        ({"trigger_type": "moon"}, "trigger_type"),
        ({"execution_mode": "wan"}, "execution_mode"),
        ({"priority": 21}, "priority"),
        ({"priority": -1}, "priority"),
        ({"priority": "high"}, "priority"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"variables": [1]}}, "metadata.variables"),
        ({"metadata": {"description": {}}}, "metadata.description"),
        ({"workflow_id": "7"}, "workflow_id"),
    ],
)
def test_bad_input_is_refused_by_its_field(dana: Caller, said: dict[str, Any], field: str) -> None:
    response = submit(dana, **said)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


# --- Uploading


def upload(
    caller: Caller,
    content: Any = GRAPH,
    *,
    name: str = "night_patrol.json",
    kind: str = "application/json",
    query: str = "",
    **fields: Any,
) -> Any:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    form = {"file": SimpleUploadedFile(name, raw, kind), **fields}
    return caller.post(f"/casare{UPLOAD}{query}", form, MULTIPART_CONTENT)


def test_an_uploaded_workflow_is_called_like_its_file(dana: Caller) -> None:
    response = upload(dana)
    assert response.status_code == 200, response.content
    flow = Flow.objects.get(pk=response.json()["workflow_id"])
    assert (flow.name, flow.status) == ("night_patrol", "running")
    assert Execution.objects.get(pk=response.json()["job_id"]).priority == 10


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {"priority": "3", "execution_mode": "internet"}),
        ("?priority=3&execution_mode=internet", {}),
        ("?priority=9&execution_mode=internet", {"priority": "3"}),
    ],
)
def test_other_fields_stand_in_the_form_or_in_the_query(dana: Caller, query: str, fields: dict[str, str]) -> None:
    run = Execution.objects.get(pk=upload(dana, query=query, **fields).json()["job_id"])
    assert (run.priority, run.environment) == (3, "internet")


def test_the_file_may_hold_the_workflow_inside_an_object(dana: Caller) -> None:
    whole = {"workflow_name": "Ignored", "workflow_json": GRAPH, "metadata": {"description": "Told"}}
    flow = Flow.objects.get(pk=upload(dana, whole, name="Patrol.JSON").json()["workflow_id"])
    assert (flow.name, flow.description) == ("Patrol", "Told")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream"])
def test_three_content_types_are_taken(dana: Caller, kind: str) -> None:
    assert upload(dana, kind=kind).status_code == 200


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ({"name": "flow.yaml"}, 400, "File must be a .json file"),
        ({"name": "json"}, 400, "File must be a .json file"),
        ({"kind": "image/png"}, 400, "Invalid content type"),
        ({"content": b"{"}, 400, "Invalid JSON: "),
        ({"content": b"\xff\xfe"}, 400, "Invalid JSON: "),
        ({"content": b""}, 400, "Invalid JSON: "),
        ({"content": [1]}, 400, "Invalid JSON: "),
        ({"content": {"workflow_json": 7}}, 400, "workflow_json"),
        ({"content": {"nodes": 7}}, 400, "nodes"),
        ({"priority": "high"}, 400, "priority"),
        ({"execution_mode": "wan"}, 400, "execution_mode"),
        ({"trigger_type": "scheduled"}, 400, "schedule_cron"),
        ({"content": b"[" * 30_000 + b"]" * 30_000}, 400, ""),
        ({"content": b'{"nodes": [], "a": "\\u0000"}'}, 400, "NUL"),
        ({"content": b"x" * (50 * 1024 * 1024 + 1)}, 413, "File too large. Maximum size: 50MB"),
    ],
    ids=range(15),
)
def test_a_bad_file_is_refused_with_the_reason(dana: Caller, options: Any, status: int, words: str) -> None:
    response = upload(dana, **options)
    assert response.status_code == status, response.content
    assert words in response.json()["detail"]
    assert not Flow.objects.exists()


def test_a_file_is_needed(dana: Caller) -> None:
    form = {"priority": "3"}
    for content, kind in ((form, MULTIPART_CONTENT), ({}, "application/json"), (b"", "application/octet-stream")):
        response = dana.post(UPLOAD, content, kind)
        assert (response.status_code, list(response.json()["errors"])) == (400, ["file"])


def test_a_name_is_no_path(dana: Caller) -> None:
    form = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("NAME.json", json.dumps(GRAPH).encode())})
    raw = form.replace(b"NAME.json", b"../../etc/passwd.json")
    response = dana.generic("POST", UPLOAD, raw, MULTIPART_CONTENT)
    assert Flow.objects.get(pk=response.json()["workflow_id"]).name == "passwd"


# --- Who may


def test_who_may_submit_and_remove(viewer: Person, operator: Person, developer: Person) -> None:
    made = submitted(developer.caller)
    for person in (viewer, operator):
        assert submit(person.caller).status_code == 403
        assert person.caller.delete(f"{WORKFLOWS}/{made['workflow_id']}").status_code == 403
        assert person.caller.get(f"{WORKFLOWS}/{made['workflow_id']}").status_code == 200
