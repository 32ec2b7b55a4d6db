"""What a node should be configured like, what it reports, and what one does about the difference."""

from typing import Any

import pytest
from django.utils import timezone

from devices.choices import Side
from devices.models import Node, Twin
from devices.services import config_versions, twins
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.fleet import page as place
from tests.console.fleet import reports
from tests.devices.told import configured, go, node, receive, settle, yes
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def desire(person: Person, one: Node, config: dict[str, Any]) -> None:
    twins.set_desired(actor=person.actor, node=one, config=config, at=timezone.now())


def desired_of(one: Node) -> Any:
    version = config_versions.latest(one.pk, Side.DESIRED)
    return config_versions.content_of(version) if version else None


def test_drift_appears_while_somebody_looks_and_goes_when_it_is_mended(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(operator)
    page = browser.go(f"{place(arm)}/config")
    browser.sees("Nothing is desired of this node, and it has reported nothing.")
    browser.picture("config-nothing")
    page.get_by_role("button", name="Ask the node").click()
    browser.sees("What it reports appears below by itself.")
    (letter,) = receive()
    settle(configured(letter, {"speed": 1, "name": "arm"}), yes(letter))
    browser.looks_again()
    browser.sees("Nothing is desired of this node yet.")
    page.get_by_role("button", name="Take over what it reports").click()
    browser.sees("As desired")
    desire(operator, arm, {"speed": 2, "grip": True})
    browser.looks_again()
    for text in ("Drifted", "Missing", "Extra", "Different", "version 2 by oskar"):
        browser.sees(text)
    browser.picture("config-drift")
    assert '"grip": true' in page.get_by_label("Desired configuration").input_value()
    page.get_by_role("button", name="Send what is desired").click()
    browser.sees("The desired configuration is on its way.")
    (letter,) = receive()
    assert letter.action == {"type": "update_config", "config": {"speed": 2, "grip": True}}
    reports(arm, {"speed": 2, "grip": True})
    browser.looks_again()
    browser.sees("The node reports what is desired of it.")
    browser.is_content()


def test_what_is_desired_is_written_by_hand_and_a_mistake_is_told_by_its_line(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot", connected=False)
    browser = visit(operator)
    page = browser.go(f"{place(arm)}/config")
    browser.sees("It is offline: ask it for its configuration when it is back.")
    page.get_by_label("Desired configuration").fill('{\n  "speed": \n}')
    page.get_by_role("button", name="Save as desired").click()
    browser.sees("Line 3, column 1")
    browser.picture("config-mistake")
    page.get_by_label("Desired configuration").fill('{"speed": 3}')
    page.get_by_role("button", name="Save as desired").click()
    browser.sees("That is what is desired of it from now on.")
    browser.sees("The node has not reported its configuration yet.")
    assert desired_of(arm) == {"speed": 3}
    browser.is_content()


def test_what_somebody_is_writing_is_left_alone_while_the_rest_stays_true(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot")
    desire(operator, arm, {"speed": 1})
    browser = visit(operator)
    page = browser.go(f"{place(arm)}/config")
    page.get_by_label("Desired configuration").fill('{"speed": 9')
    reports(arm, {"speed": 5})
    browser.looks_again()
    browser.sees("Drifted")
    go(arm)
    browser.looks_again()
    browser.sees("Offline")
    assert page.get_by_label("Desired configuration").input_value() == '{"speed": 9'
    assert page.evaluate("document.activeElement.name") == "desired"
    browser.is_content()


def test_the_policy_is_chosen_and_kept(visit: Visit, operator: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(operator)
    page = browser.go(f"{place(arm)}/config")
    page.get_by_label("When it drifts").select_option("heal")
    page.get_by_role("button", name="Save", exact=True).click()
    browser.sees("The choice is kept.")
    assert Twin.objects.get().policy == "heal"
    assert page.get_by_label("When it drifts").input_value() == "heal"
    browser.is_content()


@pytest.mark.parametrize(
    ("path", "why"),
    [("send", "desired"), ("adopt", "reported"), ("ask", "not connected")],
)
def test_what_cannot_be_done_is_said(operator: Person, path: str, why: str) -> None:
    arm = node("arm", "robot", connected=False)
    page = at_desk(operator).post(f"{place(arm)}/config/{path}", follow=True)
    (message,) = page.context["messages"]
    assert message.level_tag == "error" and why in str(message).lower()


def test_a_viewer_reads_it_without_its_secrets_and_without_buttons(viewer: Person, operator: Person) -> None:
    arm = node("arm", "robot")
    desire(operator, arm, {"stream": {"passphrase": "hush-one"}, "speed": 2})
    reports(arm, {"stream": {"passphrase": "hush-two"}, "speed": 1})
    for path in ("", "/fresh"):
        page = at_desk(viewer).get(f"{place(arm)}/config{path}").content.decode()
        assert "Drifted" in page and "speed" in page
        for absent in ("hush-one", "hush-two", "<textarea", "Save", "Ask the node"):
            assert absent not in page, absent
    # In the list of differences nobody reads them.
    page = at_desk(operator).get(f"{place(arm)}/config/fresh").content.decode()
    assert page.count("hush-two") == 1 and "(hidden)" in page


def test_the_connection_log_grows_by_itself_and_says_why_each_ended(visit: Visit, viewer: Person) -> None:
    arm = node("arm", "robot")
    browser = visit(viewer)
    page = browser.go(f"{place(arm)}/connections")
    page.locator("tbody").get_by_text("Open").wait_for()
    go(arm)
    page.locator("tbody").get_by_text("gone 1006").wait_for()
    browser.picture("connections")
    lamp = node("lamp", connected=False)
    browser.go(f"{place(lamp)}/connections")
    browser.sees("It has never connected. An administrator can issue a token for it.")
    browser.is_content()


def test_settings_change_only_what_differs_and_tell_a_taken_key(visit: Visit, admin: Person) -> None:
    past = timezone.now().replace(second=7, microsecond=9) - timezone.timedelta(days=1)
    arm = node("arm", "robot", expires_at=past, labels={"site": "graz"})
    node("lamp")
    browser = visit(admin)
    page = browser.go(f"{place(arm)}/settings")
    page.get_by_label("Key").fill("lamp")
    page.get_by_role("button", name="Save").click()
    browser.sees("Another node has this key.")
    page.get_by_label("Key").fill("arm")
    page.get_by_label("Name").fill("Left arm")
    page.get_by_label("Commands nobody may send it").fill("restart\nstop")
    page.get_by_role("button", name="Save").click()
    browser.sees("Left arm was changed.")
    browser.picture("node-settings")
    arm.refresh_from_db()
    assert (arm.name, arm.key, arm.denied_commands) == ("Left arm", "arm", ["restart", "stop"])
    assert (arm.expires_at, arm.labels) == (past, {"site": "graz"})
    browser.is_content()


def test_the_page_asks_few_questions(operator: Person, django_assert_max_num_queries: object) -> None:
    arm = node("arm", "robot")
    desire(operator, arm, {"speed": 2})
    reports(arm, {"speed": 1})
    client = at_desk(operator)
    for path in ("", "/fresh"):
        with django_assert_max_num_queries(11):  # type: ignore[operator]
            client.get(f"{place(arm)}/config{path}")
