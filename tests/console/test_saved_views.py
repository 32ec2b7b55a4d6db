"""Views of the node list that a person keeps under a name of their own."""

import pytest

from devices.models import Preference
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.fleet import LIST
from tests.devices.told import node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEEP, FORGET = "/nodes/views", "/nodes/views/forget"


def names(person: Person) -> list[str]:
    return [view.name for view in at_desk(person).get(LIST).context["views"]]


def test_a_view_is_kept_opened_and_forgotten(visit: Visit, viewer: Person) -> None:
    node("arm", labels={"site": "graz"})
    node("attic", connected=False)
    browser = visit(viewer)
    page = browser.go(LIST)
    assert page.get_by_text("Save this view").count() == 0
    browser.go(f"{LIST}?status=online&label=site%3Agraz")
    page.get_by_text("Save this view").press("Enter")
    assert page.get_by_label("Name").evaluate("field => field === document.activeElement")
    page.get_by_label("Name").fill("Graz, online")
    browser.picture("views-saving")
    page.keyboard.press("Enter")
    page.locator("[aria-current=true]", has_text="Graz, online").wait_for()
    page.get_by_role("link", name="All nodes").click()
    browser.sees("Attic")
    page.get_by_role("link", name="Graz, online").click()
    page.locator("[aria-current=true]", has_text="Graz, online").wait_for()
    assert page.get_by_text("Attic").count() == 0
    browser.picture("views")
    page.get_by_role("button", name="Forget the view Graz, online").click()
    browser.sees("Attic")
    assert page.get_by_role("link", name="Graz, online").count() == 0
    browser.is_content()


def test_views_are_ones_own(viewer: Person, stranger: Person) -> None:
    at_desk(viewer).post(KEEP, {"name": "Mine", "query": "status=offline"})
    assert names(viewer) == ["Mine"] and names(stranger) == []
    at_desk(stranger).post(FORGET, {"name": "Mine"})
    assert names(viewer) == ["Mine"]


def test_the_same_name_again_replaces_it_and_only_filters_are_kept(viewer: Person) -> None:
    client = at_desk(viewer)
    client.post(KEEP, {"name": "Trouble", "query": "status=offline"})
    client.post(KEEP, {"name": "trouble", "query": "attention=yes&next=//evil.example&q=arm&status="})
    (view,) = client.get(LIST).context["views"]
    assert (view.name, view.query) == ("trouble", "q=arm&attention=yes")
    assert client.post(KEEP, {"name": "x", "query": "next=//evil.example"}).headers["Location"] == LIST


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_needs_a_name(viewer: Person, name: str) -> None:
    assert at_desk(viewer).post(KEEP, {"name": name, "query": "status=offline"}).status_code == 400


def test_as_many_as_fit_are_kept_and_names_are_only_text(viewer: Person) -> None:
    client = at_desk(viewer)
    for number in range(32):
        client.post(KEEP, {"name": f"View {number:02}", "query": "status=offline"})
    assert len(names(viewer)) == 30
    client.post(KEEP, {"name": "<script>alert(1)</script>", "query": "status=offline"})
    assert "<script>alert" not in client.get(LIST).content.decode()


@pytest.mark.parametrize("value", ["", "null", "[1, {}]", '{"name": 1}', '[{"name": "x"}]', "nonsense"])
def test_whatever_stands_there_breaks_no_list(viewer: Person, value: str) -> None:
    Preference.objects.create(user=viewer.user, key="node_views", value=value)
    assert names(viewer) == []
