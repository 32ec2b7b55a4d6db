"""What one may tell a node from its page: forms made of the driver's words, and each command's fate."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from devices import drivers
from devices.models import Command
from tests.console.conftest import Visit
from tests.console.fleet import page as place
from tests.devices.told import come, no, node, receive, settle, yes
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIFT = {
    "type": "object",
    "properties": {
        "hook": {"type": "string", "enum": ["left", "right"], "description": "Which one."},
        "metres": {"type": "integer", "minimum": 1, "maximum": 40},
        "gently": {"type": "boolean"},
        "straps": {"type": "array", "items": {"type": "string"}},
        "load": {"type": "object"},
    },
    "required": ["hook", "metres"],
}
CRANE = {
    "device_type": "crane",
    "display_name": "Crane",
    "commands": [
        {"name": "lift", "description": "Lift the load", "arguments": LIFT},
        {"name": "lower", "description": "Lower the load"},
        {"name": "rebuild", "description": "Put it up elsewhere", "requires_role": "admin"},
    ],
}


@pytest.fixture
def crane(tmp_path: Path) -> Iterator[None]:
    """A kind of node that this hub alone knows."""
    file = tmp_path / "drivers.json"
    file.write_text(json.dumps([CRANE]))
    drivers.configure(str(file))
    yield
    drivers.configure()


def test_a_form_is_made_of_what_the_driver_says(visit: Visit, operator: Person, crane: None) -> None:
    one = node("north", "crane")
    browser = visit(operator)
    page = browser.go(place(one))
    page.locator("summary", has_text="Lift the load").press("Enter")
    browser.sees("Which one.")
    browser.sees("From 1 to 40.")
    page.get_by_label("hook").select_option("left")
    page.get_by_label("metres").fill("12")
    page.get_by_label("gently").select_option("No")
    page.get_by_label("straps").fill("red\n\nblue ")
    page.get_by_label("load").fill('{"kind": "steel",}')
    page.get_by_role("button", name="Send lift").click()
    browser.sees("Line 1, column 18")
    browser.picture("node-schema-form")
    page.get_by_label("load").fill('{"kind": "steel"}')
    page.get_by_role("button", name="Send lift").click()
    browser.sees("lift is on its way.")
    wanted = {"hook": "left", "metres": 12, "gently": False, "straps": ["red", "blue"], "load": {"kind": "steel"}}
    assert receive()[0].action == {"type": "lift", **wanted}
    browser.is_content()


def test_a_command_is_sent_from_its_form_and_its_fate_appears(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(operator)
    page = browser.go(place(arm))
    page.get_by_text("Run a script from the node's own folder").click()
    browser.picture("node-command-form")
    page.get_by_label("script").fill("greet.sh")
    page.get_by_label("timeout").fill("4000")
    page.get_by_role("button", name="Send run").click()
    browser.sees("less than or equal to 3600")
    assert page.get_by_label("script").input_value() == "greet.sh"
    page.get_by_label("timeout").fill("5")
    page.get_by_label("arguments").first.fill("--name\nVera")
    page.get_by_role("button", name="Send run").click()
    browser.sees("run is on its way.")
    (letter,) = receive()
    assert letter.action == {"type": "run", "script": "greet.sh", "timeout": 5.0, "arguments": ["--name", "Vera"]}
    browser.looks_again()
    page.locator("[data-rows=commands]").get_by_text("Sent").wait_for()
    settle(yes(letter, {"output": "hello"}))
    browser.looks_again()
    page.locator("[data-rows=commands]").get_by_text("Done").wait_for()
    page.get_by_text("What came back").click()
    browser.sees('"output": "hello"')
    browser.picture("node-command-done")
    browser.is_content()


def test_a_refusal_is_told_beside_the_command(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(operator)
    page = browser.go(place(arm))
    page.get_by_text("Ask for a sign of life").click()
    page.get_by_role("button", name="Send ping").click()
    (letter,) = receive()
    settle(no(letter, "The line is bad", "line_bad"))
    browser.looks_again()
    browser.sees("The line is bad")
    page.locator("[data-rows=commands]").get_by_text("Rejected").wait_for()
    browser.is_content()


def test_what_waits_for_an_offline_node_is_said_and_can_be_cancelled(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot", connected=False)
    browser = visit(operator)
    page = browser.go(place(arm))
    browser.sees("What can wait is kept for it")
    browser.sees("The node is offline, and this command cannot wait.")
    page.get_by_text("Ask for a sign of life").click()
    page.get_by_label("An offline node gets it").first.select_option("1h")
    page.get_by_role("button", name="Send ping").click()
    browser.sees("ping waits for the node until")
    waits = Command.objects.get().expires_at - timezone.now()
    assert timedelta(minutes=58) < waits < timedelta(minutes=61)
    page.get_by_role("button", name="Cancel ping").click()
    browser.sees("ping is cancelled.")
    come(arm)
    browser.looks_again()
    page.locator("summary", has_text="Stop what it is doing now").click()
    page.get_by_role("button", name="Send stop").wait_for()
    browser.is_content()


def test_a_dangerous_command_is_asked_twice_even_by_another_way(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(operator)
    page = browser.go(place(arm))
    page.get_by_text("Start the node's program again").click()
    page.get_by_role("button", name="Send restart…").click()
    browser.sees("This command is dangerous.")
    browser.picture("node-sure")
    page.get_by_role("link", name="Leave it as it is").click()
    assert not Command.objects.exists()
    page.get_by_text("Another command").click()
    page.get_by_label("Name").fill("restart")
    page.get_by_label("arguments").last.fill('{"after": 3, "password": "hush"}')
    page.get_by_role("button", name="Send it").click()
    browser.sees("This command is dangerous.")
    browser.sees('"after": 3')
    assert "hush" not in page.locator("pre").inner_text()
    page.get_by_role("button", name="Send restart").click()
    browser.sees("restart is on its way.")
    assert receive()[0].action == {"type": "restart", "after": 3, "password": "hush"}
    page.get_by_text("What it was told with").click()
    assert "hush" not in page.content()
    browser.is_content()


def test_denied_commands_and_those_above_ones_role_say_why(visit: Visit, operator: Person, crane: None) -> None:
    arm = node("north", "crane", denied_commands=["lift"])
    browser = visit(operator)
    page = browser.go(place(arm))
    browser.sees("This command is denied for this node.")
    browser.sees("It needs the role Admin.")
    browser.picture("node-denied")
    page.get_by_text("Another command").click()
    refusals = {
        "lift": "This command is denied for this node.",
        "rebuild": "This command needs the role admin.",
    }
    for name, why in refusals.items():
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Send it").click()
        page.get_by_role("alert").get_by_text(why).wait_for()
    assert not Command.objects.exists()
    browser.is_content()
