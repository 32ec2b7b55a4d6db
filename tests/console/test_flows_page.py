"""Flows as people read, start and run them: what one does, what changed, and what it is given."""

import json
from typing import Any

import pytest
from django.utils import timezone

from flows.models import Deployment, Execution, Flow
from flows.services import switching
from rdos.kernel.clock import database_now
from tests.console.browsing import at_desk, until
from tests.console.conftest import Visit
from tests.console.fleet import see_only
from tests.console.flows import FLOWS, do, edit, flow_of, graph, page_of, run_of
from tests.devices.told import node
from tests.people import Person, bearer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def settled(flow: Flow) -> None:
    """As the task does that the bell wakes."""
    switching.settle(flow.pk, database_now())


def run_page(flow: Flow) -> str:
    return page_of(flow).replace("change/", "run/")


def test_a_flow_is_started_run_and_stopped_by_hand(visit: Visit, operator: Person, developer: Person) -> None:
    flow = flow_of(developer, status="stopped")
    browser = visit(operator)
    page = browser.go(page_of(flow))
    page.mouse.move(5, 5)
    assert page.get_by_role("link", name="Run it…").count() == 0
    page.get_by_role("button", name="Start").press("Enter")
    browser.sees("It is starting.")
    settled(flow)
    browser.looks_again()
    page.get_by_role("link", name="Run it…").click()
    page.get_by_label("Input").fill('{"order": 17}')
    page.get_by_role("button", name="Run it").click()
    browser.sees("It is in the queue.")
    execution = Execution.objects.get()
    assert (execution.input, execution.created_by_label) == ({"order": 17}, "oskar")
    browser.go(page_of(flow)).get_by_role("button", name="Stop…").click()
    browser.sees("What runs or waits of it is cancelled for good.")
    page.get_by_role("button", name="Stop", exact=True).click()
    browser.sees("It is stopping.")
    settled(flow)
    execution.refresh_from_db()
    assert execution.status == "cancelled"
    browser.is_content()


def test_the_form_has_a_field_for_each_variable_and_sends_what_was_changed(operator: Person, developer: Person) -> None:
    variables = {
        "order": 17,
        "express": False,
        "rate": 0.5,
        "customer": "Maier",
        "lines": [1],
        "api_key": "Hidden-Word",
    }
    flow, desk = flow_of(developer, content=graph(**variables)), at_desk(operator)
    page = desk.get(run_page(flow)).content.decode()
    assert all(name in page for name in variables) and "Hidden-Word" not in page
    sent = {"given-0": "18", "given-1": "true", "given-2": "0.5", "given-3": "Maier", "given-4": "[1, 2]"}
    answer = desk.post(run_page(flow), {**sent, "more": '{"note": "soon"}', "priority": "0"})
    execution = Execution.objects.get()
    assert answer.headers["Location"] == page_of(execution)
    assert execution.input == {"order": 18, "express": True, "lines": [1, 2], "note": "soon"}
    assert execution.priority == 0


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"given-0": "many"}, "Enter a whole number."),
        ({"more": '{"note": '}, "Line 1, column"),
        ({"more": "[1]"}, "This must be an object in braces."),
        ({"more": "[" * 100_000}, "This is no JSON that the hub can read."),
        ({"priority": "21"}, "less than or equal to 20"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(developer: Person, sent: dict[str, str], said: str) -> None:
    flow = flow_of(developer, content=graph(order=17))
    answer = at_desk(developer).post(run_page(flow), {"given-0": "17", **sent})
    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert not Execution.objects.exists()


def test_a_flow_that_is_stopped_says_so_and_does_not_run(developer: Person) -> None:
    flow = flow_of(developer, status="stopped")
    page = at_desk(developer).get(run_page(flow)).content.decode()
    assert ("Flow must be running to execute" in page, ">Run it</button>" in page) == (True, False)
    assert "must be running" in at_desk(developer).post(run_page(flow), {}).content.decode()
    assert not Execution.objects.exists()


def test_versions_are_compared_side_by_side_and_come_back(visit: Visit, developer: Person) -> None:
    flow = flow_of(developer, content=graph("read", "check", limit=5))
    edit(developer, flow, graph("read", "book", limit=7), "Books at once")
    browser = visit(developer)
    page = browser.go(page_of(flow))
    browser.sees("Books at once")
    page.get_by_role("link", name="What version 2 changed").click()
    for name, kind in (("check", "removed"), ("book", "added")):
        assert page.locator(f".r-node.is-{kind}").get_by_text(name, exact=True).is_visible()
    row = page.get_by_role("row").filter(has_text="variables.limit")
    assert row.locator(".c-before").inner_text() == "5" and row.locator(".c-after").inner_text() == "7"
    browser.picture("e-difference-1280")
    page.get_by_label("Before", exact=True).select_option("2")
    page.get_by_role("button", name="Compare").press("Enter")
    browser.sees("The two are the same.")
    page.get_by_role("link", name="Back to Invoices").click()
    page.get_by_role("button", name="Restore version 1").click()
    browser.sees("Version 1 is back, as version 3.")
    browser.sees("Version 1 again")
    browser.is_content()


def test_texts_are_compared_line_by_line(developer: Person) -> None:
    before, after = "name: line\nsteps:\n  - cut\n  - token: Hidden-Word-1\n", "name: line\nsteps:\n  - bend\n"
    flow = flow_of(developer, kind="organism", content=before)
    edit(developer, flow, after)
    page = at_desk(developer).get(page_of(flow).replace("change/", "difference/")).content.decode()
    assert all(word in page for word in ("- cut", "- bend", "name: line")) and "Hidden-Word" not in page


def test_the_drawing_has_a_list_beside_it_and_gives_way_to_it_where_it_is_narrow(
    visit: Visit, developer: Person
) -> None:
    flow = flow_of(developer, content=graph("read", "check"))
    browser = visit(developer)
    page = browser.go(page_of(flow))
    assert page.get_by_role("img", name="Invoices: 3 nodes, 2 connections").is_visible()
    assert not page.get_by_role("listitem").filter(has_text="LogNode → check").is_visible()
    page.get_by_text("As a list: 3 nodes").press("Enter")
    assert page.get_by_role("listitem").filter(has_text="LogNode → check").is_visible()
    browser.is_content()
    narrow = visit(developer, narrow=True, color_scheme="dark")
    page = narrow.go(page_of(flow))
    assert not page.get_by_role("img", name="Invoices").is_visible()
    assert page.get_by_role("listitem").filter(has_text="LogNode → check").is_visible()
    narrow.fits()
    narrow.is_content()


SHEET = [
    {"id": "a", "type": "inject", "z": "t", "x": 10, "y": 20, "wires": [["b"]]},
    {"id": "b", "type": "debug", "z": "t", "x": 30, "y": 20, "wires": []},
    {"id": "t", "type": "tab"},
]
MANY = {str(number): {"node_id": str(number), "node_type": "LogNode"} for number in range(400)}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("graph", {"nodes": {"a": {"node_id": "a", "node_type": "EndNode"}}, "connections": []}),
        ("graph", {"nodes": MANY, "connections": []}),
        ("nodered", SHEET),
        ("nodered", {"flows": None}),
        ("organism", "name: <b>line</b>"),
        ("media", {"id": "studio", "inputs": []}),
    ],
)
def test_every_kind_of_flow_has_a_page(developer: Person, kind: str, content: Any) -> None:
    flow, desk = flow_of(developer, "Odd", kind=kind, content=content), at_desk(developer)
    for place in ("change/", "run/", "difference/", "versions/1/"):
        page = desk.get(page_of(flow).replace("change/", place))
        assert page.status_code == 200 and "<b>line</b>" not in page.content.decode()
    assert desk.get(FLOWS).status_code == 200


def test_nodes_lie_where_their_editor_put_them(developer: Person) -> None:
    canvas = {
        "nodes": [{"id": "start", "position": {"x": 0, "y": 300}}, {"id": "read", "position": {"x": 400, "y": 0}}]
    }
    flow = flow_of(developer, content=graph("read"), canvas=canvas)
    drawn = at_desk(developer).get(page_of(flow)).context["picture"]
    places = {box.part.id: (box.x, box.y) for box in drawn.boxes}
    assert places["start"][1] > places["read"][1] and places["start"][0] < places["read"][0]


def test_a_viewer_reads_and_presses_nothing(viewer: Person, developer: Person) -> None:
    flow, desk = flow_of(developer), at_desk(viewer)
    edit(developer, flow, graph("other"))
    page = desk.get(page_of(flow)).content.decode()
    assert not any(word in page for word in ('form="presses"', "Run it", "Restore"))
    assert desk.get(run_page(flow)).status_code == 403
    assert desk.post(run_page(flow), {}).status_code == 403
    restore = page_of(flow).replace("change/", "versions/1/restore/")
    assert [desk.post(place).status_code for place in (do(flow, "start"), do(flow, "stop"), restore)] == [403] * 3
    flow.refresh_from_db()
    assert (flow.status, flow.version, Execution.objects.count()) == ("running", 2, 0)


def test_an_operator_stops_but_does_not_delete_or_restore(operator: Person, developer: Person) -> None:
    flow, desk = flow_of(developer), at_desk(operator)
    assert desk.post(do(flow, "delete"), {"confirmed": "yes"}).status_code == 403
    assert desk.post(page_of(flow).replace("change/", "versions/1/restore/")).status_code == 403
    assert desk.post(do(flow, "stop"), {"confirmed": "yes"}).status_code == 302
    assert Flow.objects.get().status == "stopping"


def test_a_private_flow_of_somebody_else_is_not_there(operator: Person, developer: Person) -> None:
    flow, desk = flow_of(developer, "Diary", access="private"), at_desk(operator)
    execution = run_of(developer, flow)
    for place in ("change/", "live/", "run/", "difference/", "versions/1/"):
        assert desk.get(page_of(flow).replace("change/", place)).status_code == 404, place
    assert desk.post(do(flow, "stop"), {"confirmed": "yes"}).status_code == 404
    for place in ("change/", "live/", "lines/"):
        assert desk.get(page_of(execution).replace("change/", place)).status_code == 404, place
    for place in (FLOWS, "/console/flows/execution/", "/queue", "/"):
        assert "Diary" not in desk.get(place).content.decode(), place
    assert at_desk(developer).get(page_of(flow)).status_code == 200


def test_a_developer_deletes_a_flow_after_a_question(developer: Person) -> None:
    flow, desk = flow_of(developer), at_desk(developer)
    assert "Its versions and its runs go with it" in desk.post(do(flow, "delete")).content.decode()
    assert Flow.objects.exists()
    assert desk.post(do(flow, "delete"), {"confirmed": "yes"}).headers["Location"] == FLOWS
    assert not Flow.objects.exists()


def test_an_empty_list_says_how_the_first_flow_is_made(visit: Visit, developer: Person, viewer: Person) -> None:
    browser = visit(developer)
    page = browser.go(FLOWS)
    browser.sees("No flow yet")
    line = page.locator("#line").inner_text()
    sent = json.loads(line.rpartition("-d ")[2].strip("'"))
    assert "/api/v1/workflows" in line and "Bearer $TOKEN" in line
    browser.picture("e-flows-empty")
    browser.is_content()
    assert "A developer makes them." in at_desk(viewer).get(FLOWS).content.decode()
    assert bearer(developer.token()).post("/api/v1/workflows", sent).status_code in (200, 201)
    assert Flow.objects.get().name == "Hello"


def test_the_list_stays_true_and_keeps_the_focus(visit: Visit, developer: Person) -> None:
    flow = flow_of(developer)
    browser = visit(developer)
    page = browser.go(FLOWS)
    page.mouse.move(5, 5)
    page.get_by_role("link", name="Invoices").focus()
    Flow.objects.filter(pk=flow.pk).update(status="error")
    flow_of(developer, "Parcels")
    browser.looks_again()
    page.get_by_role("row").filter(has_text="Invoices").get_by_text("Error").wait_for()
    assert page.evaluate("document.activeElement.textContent").startswith("Invoices")
    assert page.get_by_text("Parcels").count() == 0
    page.evaluate("document.activeElement.blur()")
    browser.looks_again()
    until(lambda: page.get_by_text("Parcels").count())
    browser.is_content()


def test_where_it_is_deployed_stands_on_its_page_and_on_the_nodes(
    visit: Visit, developer: Person, operator: Person
) -> None:
    flow, at = flow_of(developer, runs_on="node"), timezone.now()
    browser = visit(developer)
    page = browser.go(page_of(flow))
    browser.sees("On no node yet.")
    lamp, other = node("lamp"), node("other")
    facts = {"flow": flow, "wanted": flow.current, "wanted_at": at}
    Deployment.objects.create(node=lamp, status="failed", error="no space: token=Hidden-Word", **facts)
    Deployment.objects.create(node=other, status="deployed", present=flow.current, drift="missing", **facts)
    browser.looks_again()
    row = page.get_by_role("listitem").filter(has_text="Lamp")
    row.get_by_text("version 1 is wanted").wait_for()
    assert row.get_by_text("Failed").is_visible() and "Hidden-Word" not in page.content()
    browser.sees("it says otherwise: not there")
    row.get_by_role("link").click()
    page.wait_for_url(f"**/nodes/{lamp.pk}")
    browser.sees("Flows on it")
    see_only(operator, lamp)
    assert "Other" not in at_desk(operator).get(page_of(flow)).content.decode()
    browser.is_content()


def test_damaged_addresses_are_nobodys_page(developer: Person) -> None:
    flow, desk = flow_of(developer), at_desk(developer)
    place = page_of(flow).replace("change/", "")
    for address in (f"{place}versions/9/", f"{place}versions/99999999999999/", f"{FLOWS}nonsense/change/"):
        assert desk.get(address).status_code == 404, address
    assert desk.get(f"{place}difference/?before=x&after=-1").status_code == 200
    assert desk.get(f"{place}difference/?before=7").status_code == 404
    assert desk.get(f"{place}versions/1/restore/").status_code == 404


def test_the_list_and_the_page_ask_few_questions(developer: Person, django_assert_max_num_queries: Any) -> None:
    found = [flow_of(developer, f"Flow {number}") for number in range(12)]
    for flow in found:
        run_of(developer, flow)
    desk = at_desk(developer)
    desk.get(FLOWS)
    with django_assert_max_num_queries(12):
        desk.get(FLOWS)
    with django_assert_max_num_queries(10):
        desk.get(page_of(found[0]).replace("change/", "live/"))
