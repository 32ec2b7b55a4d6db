"""A node dials in: by its token once, then by id and secret, and in no other way."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from devices.models import Connection, Node
from devices.services import admission, tokens
from rdos.kernel.models import JournalEntry
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode, new_id
from tests.devices.hub import Hub
from tests.people import Person


def refusal(node: FakeNode) -> str:
    """The words of an auth_error, which must be followed by a Close frame."""
    answer = node.hear()
    assert answer["type"] == "auth_error" and answer["message"] == answer["payload"]["message"]
    assert node.closed()[0] == 1008
    return str(answer["message"])


def test_a_token_makes_a_node_known_and_online(new_node: Any) -> None:
    row, node, token = new_node()
    node.register(token)
    assert node.node_id == str(row.pk) and re.fullmatch("[0-9a-f]{64}", node.secret)
    row.refresh_from_db()
    assert (row.status, row.software_version, row.protocol_version) == ("online", "0.10.6", 1)
    assert row.token_digest == "" and node.secret not in str(row.__dict__)
    logged = Connection.objects.get(node=row)
    assert logged.pk == row.session_id and logged.address == "127.0.0.1" and logged.closed_at is None


def test_the_first_answer_is_all_a_client_waits_for(new_node: Any) -> None:
    _, node, token = new_node()
    node.dial().send("auth", {"registration_token": token})
    frame = json.loads(node.line.recv(timeout=5))
    assert frame["type"] == "register_ack" and set(frame["payload"]) == {"node_id", "node_secret"}


def test_it_comes_back_with_its_secret(online: Any) -> None:
    node = online()
    node.leave()
    becomes(node, "offline")
    node.come_back()
    assert row_of(node).status == "online" and row_of(node).software_version == "0.106.0"


def test_a_token_wins_over_an_id(new_node: Any) -> None:
    row, node, token = new_node()
    node.dial().send("auth", {"registration_token": token, "node_id": new_id(), "node_secret": "x"})
    assert node.hear()["payload"]["node_id"] == str(row.pk)


def test_a_used_token_is_refused_once_its_secret_was_shown(new_node: Any) -> None:
    _, node, token = new_node()
    node.register(token).leave()
    becomes(node, "offline")
    node.come_back().leave()
    again = FakeNode(node.url).dial()
    again.send("auth", {"registration_token": token})
    assert refusal(again) == "Invalid registration token"


def test_a_used_token_is_good_once_more_while_its_secret_was_never_shown(new_node: Any) -> None:
    _, node, token = new_node()
    node.register(token)
    first = node.secret
    node.vanish()
    again = FakeNode(node.url).register(token)
    assert again.secret != first and again.node_id == node.node_id
    again.leave()
    # The first secret was replaced with the second registration.
    assert node.dial().show(node.node_id, first)["type"] == "auth_error"


def test_a_used_token_is_not_good_for_ever(new_node: Any) -> None:
    _, node, token = new_node()
    node.register(token).leave()
    Node.objects.filter(pk=node.node_id).update(spent_token_at=timezone.now() - timedelta(minutes=6))
    again = FakeNode(node.url).dial()
    again.send("auth", {"registration_token": token})
    assert refusal(again) == "This registration token was used already"


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("not json", "The frame is not JSON."),
        ("[]", "The frame is not a JSON object."),
        ('{"payload":{}}', "The frame has no type."),
        ('{"type":"stats","payload":{}}', "The first frame must be auth"),
        ('{"type":"auth"}', "Missing node_id or node_secret"),
        ('{"type":"auth","payload":null}', "Missing node_id or node_secret"),
        ('{"type":"auth","payload":{}}', "Missing node_id or node_secret"),
        ('{"type":"auth","payload":{"node_id":"x"}}', "Missing node_id or node_secret"),
        ('{"type":"auth","payload":{"node_id":"x","node_secret":"y"}}', "This node is not registered"),
        ('{"type":"auth","payload":{"registration_token":"nonsense"}}', "Invalid registration token"),
        ('{"type":"auth","payload":{"registration_token":17,"node_secret":[]}}', "Missing node_id or node_secret"),
        (b"\x00\xff\x17", "The first frame must be text"),
        ('{"type":"auth","payload":"' + "x" * 70_000 + '"}', "The first frame is too large"),
    ],
)  # fmt: skip
def test_whoever_is_refused_hears_why_and_a_close_frame(hub: Hub, first: str | bytes, words: str) -> None:
    node = FakeNode(hub.socket_url).dial()
    node.say(first)
    assert refusal(node) == words


def test_a_silent_caller_is_closed(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.consumers.node_socket.FIRST_FRAME_SECONDS", 0.2)
    node = FakeNode(hub.socket_url).dial()
    assert refusal(node) == "No authentication within 10 seconds"


def test_an_expired_node_is_refused_either_way(new_node: Any) -> None:
    row, node, token = new_node()
    node.register(token).leave()
    becomes(node, "offline")
    Node.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    node.dial().send("auth", {"node_id": node.node_id, "node_secret": node.secret})
    assert refusal(node) == "This node has expired"


def test_five_wrong_secrets_lock_a_node_out_even_with_the_right_one(online: Any) -> None:
    node = online()
    node.leave()
    for _ in range(5):
        guess = FakeNode(node.url).dial()
        guess.send("auth", {"node_id": node.node_id, "node_secret": "wrong"})
        assert refusal(guess) == "Wrong node secret"
    node.dial().send("auth", {"node_id": node.node_id, "node_secret": node.secret})
    assert refusal(node) == "Too many failed attempts; try again later"


def test_a_hundred_wrong_secrets_are_one_line_in_the_journal_and_hurt_nobody_else(online: Any, hub: Hub) -> None:
    node, other = online(), online("Other")
    for _ in range(100):
        guess = FakeNode(hub.socket_url).dial()
        guess.send("auth", {"node_id": node.node_id, "node_secret": "wrong"})
        refusal(guess)
    entries = until(lambda: list(JournalEntry.objects.filter(action="node.refused")), 15)
    assert len(entries) <= 4
    other.leave()
    other.come_back()


def test_a_success_forgets_the_failures(online: Any) -> None:
    node = online()
    node.leave()
    for _ in range(2):
        for _ in range(4):
            FakeNode(node.url).dial().show(node.node_id, "wrong")
        node.come_back().leave()


def test_unknown_nodes_count_against_themselves(hub: Hub) -> None:
    nobody = new_id()
    words = [FakeNode(hub.socket_url).dial().show(nobody, "x")["message"] for _ in range(6)]
    assert words == ["This node is not registered"] * 5 + ["Too many failed attempts; try again later"]


def test_a_new_token_ends_the_old_secret_and_the_connection(online: Any, admin: Person) -> None:
    node = online()
    token = tokens.issue(actor=admin.actor, pk=row_of(node).pk, at=timezone.now())
    assert node.closed() == (4002, "a new registration token was issued")
    assert row_of(node).status == "pending"
    assert FakeNode(node.url).dial().show(node.node_id, node.secret)["type"] == "auth_error"
    assert FakeNode(node.url).register(token).node_id == node.node_id


def test_a_strange_protocol_or_type_is_let_in_and_told_in_the_journal(new_node: Any) -> None:
    _, old, token = new_node("Old")
    old.register(token, protocol_version=9)
    _, other, token = new_node("Odd")
    other.register(token, device_type="relay")
    reasons = [
        entry.details["reason"] for entry in JournalEntry.objects.filter(action="node.incompatible").order_by("id")
    ]
    assert reasons == [
        "It speaks protocol 9, which this hub does not know.",
        "It calls itself relay, but was added as edge.",
    ]


@pytest.mark.parametrize("version", [1, 2, 3, 4, None, "4", 10**12])
def test_known_and_absent_protocols_are_no_news(new_node: Any, version: object) -> None:
    _, node, token = new_node()
    node.register(token, protocol_version=version)
    assert not JournalEntry.objects.filter(action="node.incompatible").exists()


def test_many_unknown_callers_do_not_keep_a_known_node_out(
    hub: Hub, online: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = online()
    monkeypatch.setattr("rdos.kernel.sockets.doorway.MOST_OF_ONE_PLACE", 3)
    idle = [FakeNode(hub.socket_url).dial() for _ in range(3)]
    late = FakeNode(hub.socket_url).dial()
    assert late.closed() == (1013, "the hub is busy; try again")
    for one in idle:
        one.leave()
    node.leave()
    until(lambda: _returns(node))


def _returns(node: FakeNode) -> bool:
    try:
        node.come_back()
    except ConnectionClosed:
        return False
    return True


def test_the_token_grace_is_minutes() -> None:
    assert timedelta(minutes=1) <= admission.TOKEN_GRACE <= timedelta(minutes=10)
