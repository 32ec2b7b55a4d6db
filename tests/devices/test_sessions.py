"""What holds while a node is on the line, and what becomes of it when the wire breaks."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from devices.models import Connection, Node
from devices.services import commands, gateways, nodes
from rdos.kernel.journal import SYSTEM
from rdos.kernel.models import JournalEntry
from rdos.kernel.sockets import budget
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode
from tests.devices.hub import Hub, serving
from tests.people import Person


def test_the_end_of_a_connection_is_offline_with_a_reason(online: Any) -> None:
    node = online()
    session = row_of(node).session_id
    node.leave()
    row = becomes(node, "offline")
    assert (row.session_id, row.gateway_id, row.status_reason) == (None, None, "closed by the node")
    logged = until(lambda: Connection.objects.filter(pk=session, closed_at__isnull=False).first())
    assert logged.close_code == 1000
    entry = JournalEntry.objects.get(action="node.disconnect")
    assert entry.object_id == node.node_id and entry.details["maintenance"] is False


def test_a_wire_that_is_cut_is_offline_too(online: Any) -> None:
    node = online()
    node.vanish()
    assert becomes(node, "offline").status_reason == "connection lost"


def test_the_newest_connection_wins_and_the_older_is_closed(online: Any) -> None:
    node = online()
    newer = FakeNode(node.url, node.node_id, node.secret).come_back()
    assert node.closed() == (4000, "replaced by a newer connection")
    time.sleep(0.3)
    assert row_of(newer).status == "online"
    newer.send("health", {"status": "ok", "version": "9"})
    until(lambda: row_of(newer).software_version == "9")
    newer.leave()


def test_the_cleanup_of_an_old_connection_touches_nothing(online: Any) -> None:
    node = online()
    for _ in range(5):
        newer = FakeNode(node.url, node.node_id, node.secret).come_back()
        node.vanish()
        node = newer
    until(lambda: Connection.objects.filter(node=row_of(node), closed_at=None).count() == 1)
    assert row_of(node).status == "online"


def test_deleting_a_node_closes_it(online: Any, admin: Person) -> None:
    node = online()
    nodes.delete(actor=admin.actor, pk=row_of(node).pk, at=timezone.now())
    assert node.closed() == (4001, "the node was deleted")


def test_a_node_that_expires_is_closed(online: Any, admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.consumers.switchboard.COMPARE_SECONDS", 0.2)
    node = online()
    Node.objects.filter(pk=node.node_id).update(expires_at=timezone.now() + timedelta(milliseconds=300))
    assert node.closed() == (4003, "the node has expired")
    becomes(node, "offline")


def test_a_session_that_was_taken_without_a_bell_is_closed(online: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.consumers.switchboard.COMPARE_SECONDS", 0.2)
    node = online()
    Node.objects.filter(pk=node.node_id).update(status="offline", session_id=None, gateway=None)
    assert node.closed()[0] == 4000


def test_the_hub_pings_and_any_frame_is_life(settings: Settings, transactional_db: None, admin: Person) -> None:
    settings.NODE_KEEPALIVE_SECONDS, settings.NODE_OFFLINE_SECONDS = 1, 2
    row, token = nodes.create(actor=admin.actor, name="Venue", at=timezone.now())
    with serving() as hub, FakeNode(hub.socket_url).register(token) as node:
        until_ = time.monotonic() + 3.2
        while time.monotonic() < until_:
            frame = json.loads(node.line.recv(timeout=5))
            assert frame["type"] == "ping" and frame["payload"] is None
            node.send("stats", {"anything": 1})
        row.refresh_from_db()
        assert row.status == "online"


def test_a_half_open_socket_is_closed_and_offline(settings: Settings, transactional_db: None, admin: Person) -> None:
    settings.NODE_KEEPALIVE_SECONDS, settings.NODE_OFFLINE_SECONDS = 1, 2
    row, token = nodes.create(actor=admin.actor, name="Venue", at=timezone.now())
    with serving() as hub, FakeNode(hub.socket_url).register(token) as node:
        # Nothing is read and nothing said: the other end of the wire hangs in the air.
        row = until(lambda: Node.objects.filter(pk=row.pk, status="offline").first(), 8)
        assert row.status_reason == "nothing was heard for too long"
        assert node.closed() == (4008, "nothing was heard for too long")


def test_a_node_that_is_busy_with_a_command_may_be_silent(
    settings: Settings, transactional_db: None, admin: Person
) -> None:
    settings.NODE_KEEPALIVE_SECONDS, settings.NODE_OFFLINE_SECONDS = 1, 2
    row, token = nodes.create(actor=admin.actor, name="Venue", at=timezone.now())
    with serving() as hub, FakeNode(hub.socket_url).register(token) as node:
        later = timezone.now() + timedelta(minutes=1)
        commands.create(who=SYSTEM, node_id=row.pk, action={"type": "restart_flow"}, expires_at=later)
        command = node.command()
        time.sleep(3.5)
        row.refresh_from_db()
        assert row.status == "online"
        node.ack(command)
        becomes(node, "offline")


def test_health_is_kept_and_judged(online: Any) -> None:
    node = online()
    node.send("health", {"status": "ok", "version": "0.5.4" + "x" * 400, "uptime_secs": 3})
    row = until(lambda: Node.objects.filter(pk=node.node_id, last_health__isnull=False).first())
    assert row.last_health["uptime_secs"] == 3 and len(row.software_version) == 256 and row.status == "online"
    node.send("health", {"status": "degraded", "version": "1"})
    assert becomes(node, "degraded").is_connected
    node.send("health", {"status": "error"})
    becomes(node, "error")
    node.send("health", {"status": "ok"})
    becomes(node, "online")
    assert JournalEntry.objects.filter(action="node.health").count() == 3
    node.leave()
    becomes(node, "offline")


def test_a_stopping_hub_says_goodbye_and_raises_no_alarm(transactional_db: None, admin: Person) -> None:
    rows = [nodes.create(actor=admin.actor, name=name, at=timezone.now()) for name in ("One", "Two")]
    with serving() as hub:
        found = [FakeNode(hub.socket_url).register(token) for _, token in rows]
        hub.stop()
        assert [node.closed()[0] for node in found] == [1012, 1012]
    assert set(Node.objects.values_list("status", flat=True)) == {"offline"}
    assert not JournalEntry.objects.filter(action="node.disconnect").exists()
    assert JournalEntry.objects.get(action="gateway.stop").details["nodes"] == 2


def test_a_node_refused_for_its_first_session_gets_a_close_frame_when_the_hub_stops(
    transactional_db: None, admin: Person
) -> None:
    """Edge and relay come back with a used token for ever if the first session merely breaks off."""
    _, token = nodes.create(actor=admin.actor, name="Venue", at=timezone.now())
    with serving() as hub:
        node = FakeNode(hub.socket_url).register(token)
        hub.stop()
        assert node.closed()[0] == 1012
    with serving() as hub:
        node.url = hub.socket_url
        node.come_back().leave()


def test_nodes_of_a_process_that_died_are_swept_offline(online: Any, hub: Hub) -> None:
    node = online()
    Node.objects.filter(pk=node.node_id).update(status="online")
    gateway = row_of(node).gateway
    assert gateway is not None
    assert gateways.sweep(timezone.now()) == 0
    gateway.host = "elsewhere"
    gateway.save()
    assert gateways.sweep(timezone.now() + timedelta(seconds=10)) == 0
    assert gateways.sweep(timezone.now() + timedelta(seconds=16)) == 1
    row = row_of(node)
    assert (row.status, row.status_reason, row.session_id) == ("offline", "the hub lost its socket", None)
    assert JournalEntry.objects.get(action="gateway.lost").details["nodes"] == 1


def test_a_dead_process_on_this_machine_is_seen_at_once(online: Any) -> None:
    node = online()
    gateway = row_of(node).gateway
    assert gateway is not None
    gateway.process_started -= 100
    gateway.save()
    assert gateways.sweep(timezone.now()) == 1


def test_a_process_taken_for_dead_lets_its_nodes_dial_in_again(online: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.services.gateways.RENEW_SECONDS", 0.2)
    node = online()
    gateways.sweep(timezone.now() + timedelta(seconds=60))
    assert node.closed()[0] in (1013, 4000)
    node.come_back()
    assert row_of(node).status == "online"


def test_two_nodes_never_speak_for_each_other(online: Any) -> None:
    one, two = online("One"), online("Two")
    later = timezone.now() + timedelta(minutes=1)
    command = commands.create(who=SYSTEM, node_id=row_of(one).pk, action={"type": "stop"}, expires_at=later)
    sent = one.command()
    two.ack(sent)
    two.send("health", {"status": "error", "node_id": one.node_id})
    becomes(two, "error")
    command.refresh_from_db()
    assert command.status == "sent" and row_of(one).status == "online"
    one.ack(sent)
    until(lambda: type(command).objects.filter(pk=command.pk, status="acked").exists())


class TestFrames:
    @pytest.mark.parametrize(
        ("frame", "name"),
        [
            ("{", "not_json"),
            ("17", "not_an_object"),
            ("null", "not_an_object"),
            ('{"type":5}', "no_type"),
            ('{"type":"' + "x" * 65 + '"}', "no_type"),
            ('{"type":"stats","payload":[]}', "bad_payload"),
            ('{"type":"health","payload":"ok"}', "bad_payload"),
            ('{"type":"event","payload":{}}', "bad_payload"),
            ('{"type":"command_ack","payload":{"success":true}}', "bad_payload"),
            ('{"type":"command_ack","payload":{"command_id":"x","success":true}}', "bad_payload"),
            ('{"type":"command_ack","payload":{"command_id":"' + "0" * 32 + '","success":1}}', "bad_payload"),
            ('{"type":"config_response","payload":7}', "bad_payload"),
            ('{"type":"log","payload":{"lines":7}}', "bad_payload"),
            ('{"type":"health","payload":' + '{"a":' * 200 + "1" + "}" * 200 + "}", "too_deep"),
            ("[" * 200_000, "not_json"),
            (b"\x00\x01\xff" * 100, "binary"),
        ],
    )  # fmt: skip
    def test_a_malformed_frame_is_refused_by_name_and_the_node_stays(self, online: Any, frame: Any, name: str) -> None:
        node = online()
        node.say(frame)
        answer = node.hear()
        assert (answer["type"], answer["payload"]["code"]) == ("error", name)
        node.send("health", {"status": "ok", "version": "still here"})
        until(lambda: row_of(node).software_version == "still here")

    def test_too_many_of_them_end_the_connection(self, online: Any) -> None:
        node = online()
        for _ in range(20):
            node.say("{")
        assert node.closed() == (1007, "too many malformed frames")

    def test_unknown_types_odd_times_and_absent_payloads_are_no_offence(self, online: Any) -> None:
        node = online()
        for text in (
            '{"type":"weather","payload":{"rain":true}}',
            '{"type":"pong"}',
            '{"type":"pong","payload":null,"timestamp":"yesterday"}',
            '{"type":"thumbnail","payload":{"flow_id":"f1","data":"AAAA"}}',
            '{"type":"stats","timestamp":17,"payload":{"flows":"junk"}}',
        ):
            node.say(text)
        node.send("health", {"status": "ok", "version": "2"})
        until(lambda: row_of(node).software_version == "2")

    def test_five_mebibytes_pass_and_six_are_refused_by_name(self, online: Any) -> None:
        node = online()
        node.send("stats", {"blob": "x" * (5 * 2**20 - 100)})
        node.send("health", {"status": "ok", "version": "after"})
        until(lambda: row_of(node).software_version == "after")
        node.send("stats", {"blob": "x" * (6 * 2**20)})
        assert node.hear()["payload"]["code"] == "too_large"
        node.send("health", {"status": "ok", "version": "still here"})
        until(lambda: row_of(node).software_version == "still here")

    def test_a_node_that_sends_too_much_loses_telemetry_and_no_answer(self, online: Any) -> None:
        node = online()
        later = timezone.now() + timedelta(minutes=1)
        for _ in range(int(budget.MOST_FRAMES) * 2):
            node.send("stats", {"n": 1})
        command = commands.create(who=SYSTEM, node_id=row_of(node).pk, action={"type": "stop"}, expires_at=later)
        node.ack(node.command())
        until(lambda: type(command).objects.filter(pk=command.pk, status="acked").exists(), 20)
