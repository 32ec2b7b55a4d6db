"""Flows as people write them: a new one, the next version, and two people at one flow."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from flows.models import Flow, FlowVersion
from flows.services.versions import content_of
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.flows import FLOWS, edit, flow_of, graph, page_of
from tests.console.without_scripts import fields_of
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = f"{FLOWS}add/"
FORBIDDEN = {"nodes": {"a": {"node_id": "a", "node_type": "X", "config": {"x": "eval(1)"}}}}


def edit_page(flow: Flow) -> str:
    return page_of(flow).replace("change/", "edit/")


def opened(who: Person, place: str) -> dict[str, Any]:
    return fields_of(at_desk(who).get(place))


def present(flow: Flow) -> Any:
    flow.refresh_from_db()
    return content_of(flow, flow.current)  # type: ignore[arg-type] # every flow here has one


def test_a_flow_is_written_by_hand_from_the_empty_list_on(visit: Visit, developer: Person) -> None:
    browser = visit(developer)
    page = browser.go(FLOWS)
    page.locator("#nothing").get_by_role("link", name="Add a flow").press("Enter")
    page.get_by_label("Name").fill("Parcels")
    editor = page.get_by_label("Definition")
    assert "StartNode" in editor.input_value()
    assert page.locator(".e-lines").inner_text().startswith("1\n2\n3")
    editor.fill(json.dumps(graph("weigh"), indent=2))
    page.get_by_label("Message").fill("Weighs what comes")
    page.get_by_text("How it runs").click()
    page.get_by_label("Capabilities").fill("scale\nprinter")
    page.get_by_role("button", name="Add the flow").click()
    browser.sees("Parcels is there now.")
    browser.sees("Weighs what comes")
    flow = Flow.objects.get()
    assert (flow.status, flow.runs_on, flow.capabilities) == ("stopped", "robot", ["scale", "printer"])
    assert (present(flow), flow.owner_id) == (graph("weigh"), developer.id)
    browser.is_content()


def test_a_new_flow_begins_as_its_kind_does(visit: Visit, developer: Person) -> None:
    browser = visit(developer)
    page = browser.go(ADD)
    editor = page.get_by_label("Definition")
    page.get_by_label("Kind").select_option("organism")
    assert editor.input_value().startswith("organism:")
    page.get_by_label("Kind").select_option("media")
    assert json.loads(editor.input_value())["id"] == "my-flow"
    editor.fill("mine")
    page.get_by_label("Kind").select_option("graph")
    assert editor.input_value() == "mine"
    browser.is_content()


@pytest.mark.parametrize("kind", ["graph", "nodered", "organism", "media"])
def test_what_a_kind_begins_with_is_valid(developer: Person, kind: str) -> None:
    desk = at_desk(developer)
    text = desk.get(ADD).context["beginnings"][kind]
    sent = opened(developer, ADD) | {"name": "New", "kind": kind, "definition": text}
    assert desk.post(ADD, sent).status_code == 302
    assert Flow.objects.get().kind == kind


def test_a_file_is_looked_at_in_the_editor_before_it_is_sent(visit: Visit, developer: Person) -> None:
    browser = visit(developer)
    page = browser.go(ADD)
    page.get_by_label("Name").fill("Parcels")
    file = {"name": "parcels.json", "mimeType": "application/json", "buffer": json.dumps(graph("scan")).encode()}
    page.get_by_label("Or take it from a file").set_input_files(file)  # type: ignore[arg-type] # as its stubs say
    browser.sees("From parcels.json")
    assert json.loads(page.get_by_label("Definition").input_value()) == graph("scan")
    page.get_by_role("button", name="Add the flow").click()
    browser.sees("Parcels is there now.")
    assert present(Flow.objects.get()) == graph("scan")
    browser.is_content()


def test_a_file_does_without_a_script_and_keeps_its_text_when_it_is_refused(developer: Person) -> None:
    desk, form = at_desk(developer), opened(developer, ADD)
    bad = SimpleUploadedFile("a.json", b'\xef\xbb\xbf{"nodes": {"a": {"node_id": "a"}}}')
    page = desk.post(ADD, form | {"name": "Parcels", "upload": bad}).context["form"]
    assert '{"nodes": {"a": {"node_id": "a"}}}' in page["definition"].value()
    good = SimpleUploadedFile("a.json", json.dumps(graph("scan")).encode())
    assert desk.post(ADD, form | {"name": "Parcels", "upload": good}).status_code == 302
    assert present(Flow.objects.get()) == graph("scan")
    assert "no text in UTF-8" in str(desk.post(ADD, form | {"upload": SimpleUploadedFile("a", b"\xff")}).content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"nodes": {', "Line 1, column"),
        ("null", "`null` is no definition."),
        ("  ", "Write what the flow does."),
        ('{"nodes": {"a": {"node_id": "a"}}}', "nodes.a: MISSING_REQUIRED_FIELD"),
        (json.dumps(graph("a", x=float("inf"))), "variables.x: INVALID_VALUE"),
        (
            json.dumps({"nodes": {"a": {"node_id": "a", "node_type": "X", "config": {"x": "eval(1)"}}}}),
            "nodes.a.config.x",
        ),
        ("[" * 5000, "no JSON that the hub can read"),
    ],
)
def test_what_is_wrong_stands_beside_the_text_with_its_place(developer: Person, text: str, said: str) -> None:
    desk = at_desk(developer)
    answer = desk.post(ADD, opened(developer, ADD) | {"name": "Odd", "definition": text})
    assert answer.status_code == 200
    assert any(said in error for error in answer.context["form"].errors["definition"])
    assert answer.context["form"]["definition"].value() == text
    assert not Flow.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("priority", "21"), ("labels", ": x"), ("capabilities", "x" * 65), ("runs_on", "moon")],
)
def test_each_field_has_its_bounds(developer: Person, field: str, value: str) -> None:
    desk = at_desk(developer)
    answer = desk.post(ADD, opened(developer, ADD) | {"name": "Odd", field: value})
    assert list(answer.context["form"].errors) == [field]


def test_an_edit_is_the_next_version_and_touches_nothing_else(visit: Visit, developer: Person) -> None:
    flow = flow_of(developer, labels={"site": "graz"}, canvas={"zoom": 2}, metadata={"team": "books"})
    browser = visit(developer)
    page = browser.go(page_of(flow))
    page.get_by_role("link", name="Edit", exact=True).press("Enter")
    page.get_by_label("Definition").fill(json.dumps(graph("read", "book")))
    page.get_by_label("Message").fill("Books at once")
    page.get_by_role("button", name="Save").click()
    browser.sees("Version 2 is there.")
    browser.sees("Books at once")
    assert present(flow) == graph("read", "book")
    assert (flow.labels, flow.canvas, flow.metadata) == ({"site": "graz"}, {"zoom": 2}, {"team": "books"})
    browser.is_content()


def test_the_same_text_again_is_no_version_and_other_facts_are_kept(developer: Person) -> None:
    flow, desk = flow_of(developer), at_desk(developer)
    place = edit_page(flow)
    form = opened(developer, place)
    assert desk.post(place, form).status_code == 302
    flow.refresh_from_db()
    assert (flow.version, flow.revision) == (1, 1)
    desk.post(place, form | {"priority": "3", "definition": form["definition"].replace("\n", "\r\n")})
    flow.refresh_from_db()
    assert (flow.version, flow.revision, flow.priority) == (1, 2, 3)


def test_secrets_in_a_definition_survive_an_edit(developer: Person) -> None:
    flow = flow_of(developer, content=graph("read", api_key="Hidden-Word-7"))
    place = edit_page(flow)
    form = opened(developer, place)
    text = form["definition"].replace('"read"', '"scan"')
    at_desk(developer).post(place, form | {"definition": text})
    assert present(flow)["variables"] == {"api_key": "Hidden-Word-7"}


def test_who_saves_second_sees_both_sides_and_loses_nothing(visit: Visit, developer: Person, admin: Person) -> None:
    flow = flow_of(developer, content=graph("read", limit=5))
    browser = visit(developer)
    page = browser.go(edit_page(flow))
    edit(admin, flow, graph("read", limit=7), "Seven")
    page.get_by_label("Definition").fill(json.dumps(graph("read", limit=9)))
    page.get_by_label("Description").fill("Mine")
    page.get_by_role("button", name="Save").click()
    browser.sees("Somebody saved meanwhile")
    browser.sees("alice has changed this flow")
    row = page.get_by_role("row").filter(has_text="variables.limit")
    assert row.locator(".c-before").inner_text() == "7" and row.locator(".c-after").inner_text() == "9"
    browser.picture("flow-met-light-1280")
    page.set_viewport_size({"width": 360, "height": 740})
    browser.fits()
    assert FlowVersion.objects.filter(flow=flow).count() == 2
    assert json.loads(page.get_by_label("Definition").input_value()) == graph("read", limit=9)
    page.get_by_role("button", name="Save yours on top").click()
    browser.sees("Version 3 is there.")
    assert (present(flow), flow.description) == (graph("read", limit=9), "Mine")
    assert FlowVersion.objects.filter(flow=flow, message="Seven").exists()
    browser.is_content()


def test_what_two_people_change_apart_fits_together(developer: Person, admin: Person) -> None:
    flow, desk = flow_of(developer, content=graph("read")), at_desk(developer)
    place = edit_page(flow)
    mine, theirs = opened(developer, place), opened(admin, place)
    sent = theirs | {"definition": json.dumps(graph("scan")), "priority": "3", "name": "Bills"}
    assert at_desk(admin).post(place, sent).status_code == 302
    answer = desk.post(place, mine | {"description": "Books bills", "name": "Slips"})
    met, form = answer.context["met"], fields_of(answer)
    assert [(row["label"], row["theirs"], row["mine"]) for row in met.both] == [("Name", "Bills", "Slips")]
    assert [(row["label"], row["before"], row["theirs"]) for row in met.theirs] == [("Priority", "10", "3")]
    assert (met.takes_definition, met.definition) == (True, None)
    assert desk.post(place, form).status_code == 302
    assert present(flow) == graph("scan")
    assert (flow.name, flow.description, flow.priority, flow.version) == ("Slips", "Books bills", 3, 2)


def test_an_edit_that_crosses_again_is_told_again(developer: Person, admin: Person) -> None:
    flow, desk = flow_of(developer, content=graph("read")), at_desk(developer)
    place = edit_page(flow)
    sent = opened(developer, place) | {"definition": json.dumps(graph("mine"))}
    edit(admin, flow, graph("theirs"))
    form = fields_of(desk.post(place, sent))
    edit(admin, flow, graph("again"))
    met = desk.post(place, form).context["met"]
    assert any(row["about"] == "Node" and row["before"] is not None for row in met.definition["rows"])
    assert present(flow) == graph("again")


def test_only_developers_write(operator: Person, viewer: Person, developer: Person) -> None:
    flow = flow_of(developer)
    for person in (operator, viewer):
        desk = at_desk(person)
        for place in (ADD, edit_page(flow)):
            assert (desk.get(place).status_code, desk.post(place, {}).status_code) == (403, 403), place
        assert edit_page(flow) not in desk.get(page_of(flow)).content.decode()
        assert ADD not in desk.get(FLOWS).content.decode()
    assert Flow.objects.count() == 1


def test_only_the_owner_hides_a_flow(developer: Person, make_person: Any) -> None:
    flow, other = flow_of(developer), make_person("dora", "developer")
    form = opened(other, edit_page(flow))
    answer = at_desk(other).post(edit_page(flow), form | {"access": "private"})
    assert "Only its owner and admins" in answer.content.decode()
    flow.refresh_from_db()
    assert flow.access == "shared"


def test_a_private_flow_of_somebody_else_cannot_be_edited(developer: Person, make_person: Any) -> None:
    flow = flow_of(developer, access="private")
    assert at_desk(make_person("dora", "developer")).get(edit_page(flow)).status_code == 404
