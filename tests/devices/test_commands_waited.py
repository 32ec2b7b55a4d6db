"""A command that somebody waits for: what they hear, and what becomes of it when they hear nothing."""

from typing import Any

import pytest
from django.utils import timezone

from devices.models import Command
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.people import Person, bearer

pytestmark = pytest.mark.django_db(transaction=True)
STOP = {"action": {"type": "stop_flow", "flow_id": "f1"}}


def test_a_node_that_does_it_answers_200_with_what_it_said(operator: Person) -> None:
    node = told.node()
    with told.answering(lambda letter: [told.yes(letter, {"stopped": 1})]) as letters:
        response = operator.caller.post(told.command_url(node), STOP)
    command = Command.objects.get()
    assert response.status_code == 200
    assert response.json() == {"command_id": str(command.pk), "success": True, "data": {"stopped": 1}}
    assert [letter.action for letter in letters] == [STOP["action"]]
    assert (command.status, command.awaited, command.created_by_label) == ("acked", True, operator.user.username)


def test_data_is_left_out_when_there_is_none(operator: Person) -> None:
    node = told.node()
    with told.answering(lambda letter: [told.yes(letter)]):
        assert "data" not in operator.caller.post(told.command_url(node), STOP).json()


def test_a_node_that_refuses_answers_422_with_its_reason(operator: Person) -> None:
    node = told.node()
    with told.answering(lambda letter: [told.no(letter, details={"port": 9000})]):
        response = operator.caller.post("/bilbycast" + told.command_url(node), STOP)
    assert response.status_code == 422
    body = response.json()
    assert (body["error"], body["error_code"], body["details"]) == ("port in use", "port_conflict", {"port": 9000})


def test_a_node_that_is_not_there_answers_502_and_is_never_told_later(operator: Person) -> None:
    node = told.node(connected=False)
    response = operator.caller.post(told.command_url(node), STOP)
    assert response.status_code == 502
    command = Command.objects.get()
    assert (command.status, command.error_code) == ("cancelled", "not_connected")
    assert response.json()["command_id"] == str(command.pk)
    told.come(node)
    assert told.receive() == []


def test_a_node_that_says_nothing_answers_504_and_is_never_told_again(operator: Person) -> None:
    node = told.node()
    with told.answering(lambda letter: []):
        response = operator.caller.post(told.command_url(node) + "?wait=0.2", STOP)
    assert response.status_code == 504
    command = Command.objects.get()
    assert (command.status, command.error_code) == ("cancelled", "no_answer")
    told.come(node)
    assert told.receive() == []


def test_an_answer_that_comes_too_late_changes_nothing(operator: Person) -> None:
    node = told.node()
    with told.answering(lambda letter: []) as letters:
        operator.caller.post(told.command_url(node) + "?wait=2", STOP)
    told.settle(told.yes(letters[0]))
    assert Command.objects.get().status == "cancelled"


def test_a_node_that_goes_meanwhile_answers_502_at_once(operator: Person) -> None:
    node = told.node()

    def leave(letter: Any) -> list[Any]:
        told.go(node)
        return []

    began = timezone.now()
    with told.answering(leave):
        response = operator.caller.post(told.command_url(node), STOP)
    assert response.status_code == 502 and response.json()["code"] == "connection_lost"
    assert (timezone.now() - began).total_seconds() < 5
    told.come(node)
    assert told.receive() == []


def test_another_nodes_answer_is_not_heard(operator: Person) -> None:
    node, other = told.node(), told.node("other")

    def foreign(letter: Any) -> list[Any]:
        return [told.Reply(letter.command_id, other.pk, True)]

    with told.answering(foreign):
        assert operator.caller.post(told.command_url(node) + "?wait=0.3", STOP).status_code == 504


def test_the_history_and_the_journal_keep_no_secret(operator: Person) -> None:
    node = told.node(device_type="generic")
    action = {"type": "join", "network": "studio", "password": "opensesame-7"}
    with told.answering(lambda letter: [told.yes(letter)]) as letters:
        operator.caller.post(told.command_url(node), {"action": action})
    assert letters[0].action == action
    shown = operator.caller.get("/api/v1/commands")
    assert shown.json()[0]["action"] == {"type": "join", "network": "studio", "password": "(hidden)"}
    entry = JournalEntry.objects.get(action="command.create")
    assert "opensesame-7" not in shown.content.decode() + str(vars(entry)) + str(vars(Command.objects.get()))


def test_asking_for_the_configuration_is_answered_by_the_report(operator: Person) -> None:
    node = told.node()
    config = {"flows": [], "manager": {"node_secret": "s3cret-of-the-node", "url": "wss://hub"}}
    with told.answering(lambda letter: [told.configured(letter, config)]):
        body = operator.caller.post(told.command_url(node), {"action": {"type": "get_config"}}).json()
    assert body["success"] is True
    assert body["data"] == {"flows": [], "manager": {"url": "wss://hub"}}


def test_a_kit_that_acknowledges_before_it_reports_is_waited_for(operator: Person) -> None:
    node = told.node(device_type="gateway")
    told.report(node, {"rate": 1})

    def both(letter: Any) -> list[Any]:
        told.settle(told.yes(letter))
        return [told.configured(letter, {"rate": 2})]

    with told.answering(both):
        body = operator.caller.post(told.command_url(node), {"action": {"type": "get_config"}}).json()
    assert body["data"] == {"rate": 2}


def test_a_configuration_inside_the_acknowledgement_loses_its_credentials_too(operator: Person) -> None:
    node = told.node(device_type="gateway")
    config = {"rate": 1, "manager": {"node_secret": "s3cret-of-the-node"}, "srt": {"passphrase": "opensesame"}}
    question = {"action": {"type": "get_config"}}
    with told.answering(lambda letter: [told.yes(letter, config)]):
        body = operator.caller.post(told.command_url(node), question).json()
        narrow = bearer(operator.token("commands")).post(told.command_url(node), question).json()
    assert body["data"] == {"rate": 1, "manager": {}, "srt": {"passphrase": "opensesame"}}
    # Who may give commands and not configure sees no passphrases, whichever way they ask.
    assert narrow["data"]["srt"] == {"passphrase": "(hidden)"}
