"""Commands and events of all nodes: who, when, what came back; what a person ends, and what they acknowledge."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devices.models import Command, Node
from devices.services import operations, telling
from rdos.kernel.models import JournalEntry
from telemetry.models import Event
from tests.console.browsing import session_of
from tests.console.conftest import Visit
from tests.console.fleet import see_only
from tests.devices.told import no, node, receive, settle, yes
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COMMANDS = "/console/devices/command/"
EVENTS = "/console/telemetry/event/"


def tell(who: Person, one: Node, **arguments: Any) -> Command:
    action = {"type": "get_config", **arguments}
    return telling.tell(actor=who.actor, node=one, action=action, at=timezone.now(), wait=None, ttl=timedelta(hours=1))


def happened(one: Node | None, message: str = "A port is taken", severity: str = "warning", **fields: Any) -> Event:
    at = timezone.now()
    return Event.objects.create(
        node=one, created_at=at, last_at=at, severity=severity, category="bind_failed", message=message, **fields
    )


def page_of(row: Command | Event) -> str:
    return f"{COMMANDS if isinstance(row, Command) else EVENTS}{row.pk}/change/"


def test_the_history_says_who_when_and_what_came_back_as_it_happens(visit: Visit, operator: Person) -> None:
    tell(operator, node("arm"))
    browser = visit(operator)
    page = browser.go(COMMANDS)
    page.mouse.move(5, 5)
    line = page.get_by_role("row").filter(has_text="get_config")
    assert line.get_by_text("Queued").is_visible()
    assert "oskar" in line.inner_text()
    settle(*(no(letter, error="The cable is out: password=Hidden-Word-1") for letter in receive()))
    line.get_by_text("The cable is out").wait_for()
    browser.picture("b-commands-1280")
    assert "Hidden-Word" not in page.content()
    browser.is_content()


def test_a_command_is_followed_on_its_page_and_cancelled(visit: Visit, operator: Person) -> None:
    first, second = tell(operator, node("arm")), tell(operator, node("belt"), api_key="Hidden-Word-2")
    browser = visit(operator, narrow=True)
    page = browser.go(page_of(first))
    browser.sees("not yet")
    # Wherever the pointer rests, the facts stay true.
    page.get_by_text("Waits until").hover()
    letter = next(one for one in receive() if one.command_id == first.pk)
    settle(yes(letter, data={"speed": 2, "token": "Hidden-Word-3"}))
    page.get_by_text('"speed": 2').wait_for()
    page.get_by_role("button", name="Cancel it").wait_for(state="detached")
    browser.picture("b-command-light-360")
    browser.fits()
    assert "Hidden-Word" not in page.content()
    browser.go(page_of(second))
    assert "Hidden-Word" not in page.content()
    page.get_by_role("button", name="Cancel it").press("Enter")
    browser.sees("Cancelled.")
    browser.sees("Cancelled by oskar")
    assert JournalEntry.objects.filter(action="command.cancel", actor_label="oskar").exists()
    browser.is_content()


def test_chosen_ones_stay_chosen_while_the_list_lives_and_are_cancelled(visit: Visit, operator: Person) -> None:
    arm, belt = node("arm", connected=False), node("belt")
    tell(operator, arm)
    tell(operator, belt)
    browser = visit(operator)
    page = browser.go(f"{COMMANDS}?status=open")
    page.get_by_role("row").filter(has_text="Arm").get_by_role("checkbox").check()
    page.mouse.move(5, 5)
    receive()
    page.get_by_role("row").filter(has_text="Belt").get_by_text("Sent").wait_for()
    assert page.get_by_role("row").filter(has_text="Arm").get_by_role("checkbox").is_checked()
    browser.picture("b-commands-chosen")
    page.locator("select[name=action]").select_option("cancel_commands")
    page.get_by_role("button", name="Run").click()
    browser.sees("What was not sent yet never will be.")
    page.get_by_role("button", name="Cancel", exact=True).click()
    browser.sees("cancelled.")
    assert list(Command.objects.filter(status="cancelled").values_list("node__name", flat=True)) == ["Arm"]
    browser.is_content()


def test_a_command_leads_to_its_operation_and_back(client: Client, operator: Person) -> None:
    target = operations.Target(node_ids=[node("arm").pk, node("belt").pk])
    operation = operations.create(
        actor=operator.actor, action={"type": "get_config"}, target=target, at=timezone.now(), title="Morning round"
    )
    tell(operator, node("crane"))
    client.cookies["session"] = session_of(operator)
    command = operation.commands.first()
    assert command
    assert "Morning round" in client.get(page_of(command)).content.decode()
    page = client.get(f"{COMMANDS}?operation={operation.pk}").content.decode()
    assert ("Arm" in page, "2 rows" in page) == (True, True)


def test_a_viewer_reads_and_somebody_limited_reads_only_theirs(
    client: Client, operator: Person, viewer: Person
) -> None:
    mine, other = node("mine"), node("other")
    own, foreign = tell(operator, mine), tell(operator, other)
    seen, unseen, hub = happened(mine), happened(other, "Not theirs"), happened(None, "About the hub")
    see_only(viewer, mine)
    client.cookies["session"] = session_of(viewer)
    for place in (COMMANDS, EVENTS):
        page = client.get(place).content.decode()
        assert ("Mine" in page, "_selected_action" in page) == (True, False)
        assert not any(word in page for word in ("Other", "Not theirs", "About the hub"))
    for row, verb in ((own, "cancel"), (seen, "acknowledge")):
        page = client.get(page_of(row)).content.decode()
        assert 'form="presses"' not in page
        assert client.post(page_of(row).replace("change/", f"do/{verb}/")).status_code == 403
    for row in (foreign, unseen, hub):
        assert client.get(page_of(row)).status_code == 404
        assert client.get(page_of(row).replace("change/", "live/")).status_code == 404
    assert not Command.objects.filter(status="cancelled").exists()


def test_events_arrive_by_themselves_and_are_acknowledged_together(visit: Visit, operator: Person) -> None:
    arm = node("arm")
    happened(arm)
    browser = visit(operator)
    page = browser.go(EVENTS)
    happened(arm, "The belt slips: token=Hidden-Word-4", "critical", details={"reason": "oil", "secret": "Hidden-Word"})
    page.mouse.move(5, 5)
    browser.sees("The belt slips")
    browser.picture("b-events-1280")
    # The box above all others takes the row that came later, too.
    page.locator("#action-toggle").check()
    browser.sees("2 of 2 selected")
    page.locator("select[name=action]").select_option("acknowledge")
    page.get_by_role("button", name="Run").click()
    browser.sees("2 acknowledged.")
    assert not Event.objects.filter(acknowledged=False).exists()
    assert "Hidden-Word" not in page.content()
    browser.is_content()


def test_an_event_is_read_and_acknowledged_on_its_page(visit: Visit, operator: Person) -> None:
    event = happened(
        node("arm"),
        "password=Hidden-Word-5",
        severity="critical",
        details={"reason": "oil", "secret": "Hidden-Word"},
        times=3,
    )
    browser = visit(operator, narrow=True, color_scheme="dark")
    page = browser.go(page_of(event))
    browser.sees("3 times, lastly")
    browser.picture("b-event-dark-360")
    assert "Hidden-Word" not in page.content()
    page.get_by_role("button", name="Acknowledge").press("Enter")
    browser.sees("UTC by oskar")
    assert page.get_by_role("button", name="Acknowledge").count() == 0
    browser.fits()
    browser.is_content()


def test_an_empty_history_says_what_will_be_there(client: Client, operator: Person) -> None:
    client.cookies["session"] = session_of(operator)
    page = client.get(COMMANDS).content.decode()
    assert ("No command yet" in page, "Go to the nodes" in page) == (True, True)
    assert "No event yet" in client.get(EVENTS).content.decode()
    assert "Show everything" in client.get(f"{COMMANDS}?status=open").content.decode()


def test_the_lists_ask_few_questions(client: Client, operator: Person, django_assert_max_num_queries: Any) -> None:
    for number in range(8):
        one = node(f"n{number}")
        tell(operator, one)
        happened(one)
    client.cookies["session"] = session_of(operator)
    for place in (COMMANDS, EVENTS):
        client.get(place)
        with django_assert_max_num_queries(12):
            client.get(place, headers={"x-part": "rows"})
