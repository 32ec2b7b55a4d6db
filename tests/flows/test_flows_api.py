"""Flows in the hub's own form: made, shown, changed side by side, versioned for ever."""

import json
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from flows.models import Execution, Flow, FlowVersion
from flows.services import claiming, switching
from flows.tasks import settle_flow
from rdos.kernel.clock import database_now
from rdos.kernel.models import JournalEntry
from tests.flows import story
from tests.people import Caller, Person

pytestmark = pytest.mark.django_db
FLOWS = "/api/v1/flows"
GRAPH: dict[str, Any] = {"nodes": [{"id": "start", "type": "StartNode"}], "connections": []}
OTHER: dict[str, Any] = {"nodes": [{"id": "start", "type": "StartNode"}, {"id": "end", "type": "EndNode"}]}
CANVAS = {"nodes": [{"b": 1, "a": {"x": None}}], "strange": ["kept"], "viewport": {"zoom": 1.5}}


@pytest.fixture
def dana(developer: Person) -> Caller:
    return developer.caller


def made(caller: Caller, **said: Any) -> dict[str, Any]:
    response = caller.post(FLOWS, {"name": "Patrol", **said})
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def change(caller: Caller, flow: dict[str, Any], tag: str | None = None, **said: Any) -> Any:
    headers = {} if tag is None else {"if-match": tag}
    return caller.patch(f"{FLOWS}/{flow['id']}", said, headers=headers)


def test_a_new_flow_is_stopped_and_shared_and_its_makers(dana: Caller, developer: Person) -> None:
    flow = made(dana, definition=GRAPH, description="By night", message="First")
    assert (flow["status"], flow["access"], flow["user_id"]) == ("stopped", "shared", str(developer.id))
    assert (flow["kind"], flow["runs_on"], flow["version"], flow["revision"]) == ("graph", "robot", 1, 1)
    assert json.dumps(flow["definition"]) == json.dumps(GRAPH)
    assert FlowVersion.objects.get().message == "First"
    assert dana.get(f"{FLOWS}/{flow['id']}").json() == flow


@pytest.mark.parametrize(
    ("said", "kind", "runs_on", "definition"),
    [
        ({}, "graph", "robot", {"nodes": {}, "connections": []}),
        ({"kind": "nodered"}, "nodered", "node", {"flows": []}),
        ({"kind": "media", "definition": {"id": "cam"}}, "media", "node", {"id": "cam"}),
        ({"organism_yaml": "organism: {}\n"}, "organism", "hub", "organism: {}\n"),
        ({"kind": "organism", "definition": " a text "}, "organism", "hub", " a text "),
        ({"runs_on": "hub"}, "graph", "hub", {"nodes": {}, "connections": []}),
    ],
)
def test_every_kind_begins_with_something(dana: Caller, said: Any, kind: str, runs_on: str, definition: Any) -> None:
    flow = made(dana, **said)
    assert (flow["kind"], flow["runs_on"], flow["definition"]) == (kind, runs_on, definition)
    assert flow["organism_yaml"] == (definition if kind == "organism" else None)


def test_an_organism_begins_with_a_greeter(dana: Caller) -> None:
    assert "name: my-flow" in made(dana, kind="organism")["definition"]


def test_the_canvas_comes_back_untouched(dana: Caller) -> None:
    flow = made(dana, canvas_state=CANVAS)
    assert flow["canvas_state"] == CANVAS
    assert change(dana, flow, canvas_state=None).json()["canvas_state"] is None


def test_a_number_beyond_all_integers_spoils_no_answer(dana: Caller) -> None:
    flow = made(dana, canvas_state={"zoom": 1e29, "least": -(2**63), "most": 2**64 - 1})
    shown = dana.get(f"{FLOWS}/{flow['id']}").json()
    assert (float(shown["canvas_state"]["zoom"]), shown["canvas_state"]["most"]) == (1e29, 2**64 - 1)
    assert (shown["created_at"], shown["updated_at"]) == (flow["created_at"], flow["updated_at"])
    assert b'"zoom"' in dana.get(f"{FLOWS}/{flow['id']}/export").content


def test_settings_are_kept(dana: Caller) -> None:
    robot = story.robot_named("arm-7")
    said: dict[str, Any] = {
        "environment": "hall", "priority": 3, "capabilities": ["browser"], "labels": {"site": "north"},
        "target_node_id": str(robot.pk), "max_concurrent": 2, "timeout_seconds": 60, "max_retries": 0,
        "metadata": {"ticket": 7}, "access": "private",
    }  # fmt: skip
    flow = made(dana, **said)
    assert {name: flow[name] for name in said} == said
    assert change(dana, flow, max_concurrent=None, target_node_id=None).json()["max_concurrent"] is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"kind": "song"}, "kind"),
        ({"kind": "media"}, "definition"),
        ({"definition": None}, "definition"),
        ({"definition": {"nodes": 7}}, "nodes"),
        ({"kind": "organism", "definition": {}}, "definition"),
        ({"canvas_state": [1]}, "canvas_state"),
        ({"metadata": None}, "metadata"),
        ({"access": "mine"}, "access"),
        ({"runs_on": "moon"}, "runs_on"),
        ({"priority": 21}, "priority"),
        ({"labels": {"": "x"}}, "labels"),
        ({"labels": {"a": {}}}, "labels.a"),
        ({"capabilities": ["x" * 65]}, "capabilities.0"),
        ({"target_node_id": str(uuid4())}, "target_node_id"),
        ({"target_node_id": "7"}, "target_node_id"),
        ({"max_concurrent": 0}, "max_concurrent"),
        ({"timeout_seconds": 10**9}, "timeout_seconds"),
    ],
)
def test_bad_input_is_refused_by_its_field(dana: Caller, said: dict[str, Any], field: str) -> None:
    response = dana.post(FLOWS, {"name": "Patrol", **said})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert not Flow.objects.exists()


def test_an_organism_of_eleven_megabytes_is_413(dana: Caller) -> None:
    assert dana.post(FLOWS, {"name": "Big", "organism_yaml": "x" * 11 * 2**20}).status_code == 413


# --- The list


def test_the_list_is_newest_first_without_definitions_and_asks_no_more_for_more(
    dana: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        made(dana, name=f"Flow {number}", definition=GRAPH)
    with django_assert_num_queries(2):
        rows = dana.get(FLOWS).json()
    assert [row["name"] for row in rows] == [f"Flow {number}" for number in (4, 3, 2, 1, 0)]
    assert not {"definition", "canvas_state"} & set(rows[0])


def test_pages_follow_a_cursor_and_repeat_nothing(dana: Caller) -> None:
    for number in range(5):
        made(dana, name=f"Flow {number}")
    names, address = [], f"{FLOWS}?limit=2"
    while address:
        response = dana.get(address)
        names += [row["name"] for row in response.json()]
        address = response["Link"].split(">")[0].lstrip("<") if "Link" in response else ""
    assert names == [f"Flow {number}" for number in (4, 3, 2, 1, 0)]


def test_filters_narrow_it(dana: Caller) -> None:
    made(dana, name="A graph")
    made(dana, name="An organism", kind="organism")
    story.flow_that_runs("Running")
    found = {query: [row["name"] for row in dana.get(f"{FLOWS}?{query}").json()] for query in
             ("kind=organism", "status=running", "search=GRAPH", "search=%25")}  # fmt: skip
    assert list(found.values()) == [["An organism"], ["Running"], ["A graph"], []]
    assert dana.get(f"{FLOWS}?kind=song").status_code == 400


def test_one_flow_is_three_questions(dana: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    flow = made(dana)
    with django_assert_num_queries(3):
        dana.get(f"{FLOWS}/{flow['id']}")


# --- Changing


def test_what_is_not_sent_stays(dana: Caller) -> None:
    flow = made(dana, description="Old", definition=GRAPH, priority=3)
    changed = change(dana, flow, name="Renamed").json()
    expected = flow | {"name": "Renamed", "revision": 2, "updated_at": changed["updated_at"]}
    assert changed == expected
    assert change(dana, flow, description=None).json()["description"] is None


def test_another_definition_is_the_next_version_and_the_same_is_none(dana: Caller) -> None:
    flow = made(dana, definition=GRAPH)
    assert change(dana, flow, definition=OTHER, message="An end").json()["version"] == 2
    again = change(dana, flow, definition=OTHER).json()
    assert (again["version"], again["revision"]) == (2, 2)


def test_a_broken_definition_changes_nothing(dana: Caller) -> None:
    flow = made(dana, definition=GRAPH)
    response = change(dana, flow, name="Renamed", definition={"nodes": [{"id": "a", "type": "X"}] * 2})
    assert response.status_code == 400
    assert dana.get(f"{FLOWS}/{flow['id']}").json() == flow


def test_of_two_who_edit_the_same_the_second_sees_both_sides(dana: Caller, make_person: Any) -> None:
    bob = make_person("bob", "developer").caller
    flow = made(dana, definition=GRAPH)
    tag = dana.get(f"{FLOWS}/{flow['id']}")["ETag"]
    assert change(bob, flow, tag, name="By Bob", definition=OTHER).status_code == 200
    refused = change(dana, flow, tag, name="By Dana")
    assert refused.status_code == 412
    body = refused.json()
    assert (body["code"], body["yours"]) == ("edited_meanwhile", {"revision": 1, "name": "By Dana"})
    theirs = body["theirs"]
    assert (theirs["revision"], theirs["version"], theirs["changed_by"]) == (2, 2, "bob")
    assert (theirs["name"], theirs["definition"]) == ("By Bob", OTHER)
    assert change(dana, flow, f'"{theirs["revision"]}"', name="By Dana").status_code == 200


def test_a_tag_is_taken_as_gzip_leaves_it_and_a_star_is_any(dana: Caller) -> None:
    flow = made(dana)
    assert change(dana, flow, 'W/"1"', name="A").status_code == 200
    assert change(dana, flow, "*", name="B").status_code == 200
    for tag in ("1", '"x"', '"1", "2"', '""', '"-1"'):
        response = change(dana, flow, tag, name="C")
        assert (response.status_code, list(response.json()["errors"])) == (400, ["If-Match"])


def test_an_edit_is_told_by_name_and_without_its_drawing(dana: Caller) -> None:
    change(dana, made(dana), name="Renamed", canvas_state=CANVAS)
    entry = JournalEntry.objects.get(action="flow.update")
    assert (entry.before, entry.after) == ({"name": "Patrol"}, {"name": "Renamed"})


# --- Versions


def test_versions_are_listed_shown_and_compared(dana: Caller, developer: Person) -> None:
    flow = made(dana, definition=GRAPH, message="First")
    change(dana, flow, definition=OTHER, message="An end")
    address = f"{FLOWS}/{flow['id']}/versions"
    rows = dana.get(address).json()
    assert [(row["number"], row["message"], row["author"]) for row in rows] == [
        (2, "An end", developer.name),
        (1, "First", developer.name),
    ]
    first = dana.get(f"{address}?limit=1")
    assert [row["number"] for row in dana.get(first["Link"].split(">")[0].lstrip("<")).json()] == [1]
    assert dana.get(f"{address}/1").json()["definition"] == GRAPH
    difference = dana.get(f"{address}/diff?from=1&to=2").json()
    assert difference["nodes"]["added"] == [{"id": "end", "type": "EndNode"}]
    assert dana.get(f"{address}/diff?from=1").json() == difference
    assert len(dana.get(f"{address}/diff?from=0&to=2").json()["nodes"]["added"]) == 2


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("from=x", 400),
        ("from=-1", 400),
        ("from=1&to=0", 400),
        ("from=1&to=9", 404),
        ("from=99999999999", 400),
    ],
)
def test_a_comparison_needs_two_versions(dana: Caller, query: str, status: int) -> None:
    flow = made(dana)
    assert dana.get(f"{FLOWS}/{flow['id']}/versions/diff?{query}").status_code == status


def test_a_version_brought_back_is_the_newest(dana: Caller) -> None:
    flow = made(dana, definition=GRAPH)
    change(dana, flow, definition=OTHER)
    address = f"{FLOWS}/{flow['id']}/versions"
    restored = dana.post(f"{address}/1/restore", {}).json()
    assert (restored["version"], restored["definition"], restored["revision"]) == (3, GRAPH, 3)
    newest = dana.get(address).json()[0]
    assert (newest["number"], newest["message"], newest["restored_from"]) == (3, "Version 1 again", 1)
    stale = dana.post(f"{address}/1/restore", {}, headers={"if-match": '"1"'})
    assert stale.status_code == 412
    for missing in (9, 99999999999):
        assert dana.post(f"{address}/{missing}/restore", {}).status_code == 404
        assert dana.get(f"{address}/{missing}").status_code == 404


# --- Its life


def settled(caller: Caller, flow: dict[str, Any]) -> str:
    """As the worker does it, whether by its bell or by the tick."""
    switching.settle_all(timezone.now())
    answer: str = caller.get(f"{FLOWS}/{flow['id']}").json()["status"]
    return answer


def test_a_flow_is_started_and_stopped_by_and_by(dana: Caller) -> None:
    flow = made(dana)
    assert dana.post(f"{FLOWS}/{flow['id']}/start").json()["status"] == "starting"
    assert settled(dana, flow) == "running"
    refused = dana.post(f"{FLOWS}/{flow['id']}/start")
    assert (refused.status_code, refused.json()["detail"]) == (400, "Cannot start flow in running state")
    assert dana.post(f"{FLOWS}/{flow['id']}/stop").json()["status"] == "stopping"
    assert settled(dana, flow) == "stopped"
    refused = dana.post(f"{FLOWS}/{flow['id']}/stop")
    assert (refused.status_code, refused.json()["detail"]) == (400, "Cannot stop flow in stopped state")


def test_the_worker_is_called_by_name_after_the_commit(
    dana: Caller, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_: sent.append((name, list(args))))
    flow = made(dana)
    with django_capture_on_commit_callbacks(execute=True):
        dana.post(f"{FLOWS}/{flow['id']}/start")
        assert sent == []
    assert sent == [(settle_flow.name, [flow["id"]])]
    # Delivered twice, it does nothing the second time.
    for _ in range(2):
        settle_flow(flow["id"])
        assert dana.get(f"{FLOWS}/{flow['id']}").json()["status"] == "running"


def test_a_flow_without_a_version_cannot_run_and_says_so(dana: Caller) -> None:
    flow = {"id": Flow.objects.create(name="Empty").pk}
    dana.post(f"{FLOWS}/{flow['id']}/start")
    assert settled(dana, flow) == "error"
    assert dana.get(f"{FLOWS}/{flow['id']}").json()["error_message"] == "It has no version to run"


def test_a_run_may_take_as_long_as_the_hub_says(dana: Caller, settings: Settings) -> None:
    settings.JOB_TIMEOUT_DEFAULT = 77
    assert made(dana)["timeout_seconds"] == 77


def test_stopping_ends_what_is_under_way(dana: Caller) -> None:
    running = story.flow_that_runs()
    held, queued = story.run_of(running), story.run_of(running)
    claiming.claim(robot=story.robot_named("arm-7"), at=database_now())
    assert Execution.objects.get(pk=held).status == "claimed"
    assert dana.post(f"{FLOWS}/{running.pk}/stop").status_code == 200
    switching.settle_all(timezone.now())
    for pk in (held, queued):
        run = Execution.objects.get(pk=pk)
        assert (run.status, run.error, run.lease_until) == ("cancelled", "The flow was stopped", None)


def test_body_and_type_do_not_matter_to_start_and_stop(dana: Caller) -> None:
    flow = made(dana)
    assert dana.post(f"{FLOWS}/{flow['id']}/start", b"", "application/octet-stream").status_code == 200
    assert dana.post(f"{FLOWS}/{flow['id']}/stop", b"not json", "text/plain").status_code == 200


def test_a_flow_is_deleted_with_its_history(dana: Caller) -> None:
    running = story.flow_that_runs()
    story.run_of(running)
    assert dana.delete(f"{FLOWS}/{running.pk}").status_code == 204
    assert not Flow.objects.exists()
    assert not Execution.objects.exists()
    assert not FlowVersion.objects.exists()
    assert dana.delete(f"{FLOWS}/{running.pk}").status_code == 404


def test_what_is_not_there_is_404(dana: Caller) -> None:
    for pk in (uuid4(), "seven"):
        for method, tail in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/start"), ("POST", "/stop")):
            response = dana.generic(method, f"{FLOWS}/{pk}{tail}", "{}", "application/json")
            assert (response.status_code, response.json()["detail"]) == (404, "Flow not found")
