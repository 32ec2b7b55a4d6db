"""Many commands for one node, and nodes that do not read: everything in its order, nothing too late, nothing stuck."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed

from devices.models import Command, Node
from devices.services import commands, nodes
from rdos.kernel.journal import SYSTEM
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode
from tests.devices.hub import serving
from tests.people import Person


def queue(node: FakeNode, count: int, lives: timedelta = timedelta(hours=1), size: int = 0) -> list[str]:
    later = timezone.now() + lives
    drafts = [
        commands.draft(
            who=SYSTEM,
            node_id=row_of(node).pk,
            action={"type": "stop_flow", "flow_id": str(number), "filler": "x" * size},
            expires_at=later,
        )
        for number in range(count)
    ]
    commands.keep(drafts)
    return [str(command.pk) for command in Command.objects.filter(node_id=node.node_id).order_by("number")[:count]]


def test_a_node_comes_back_to_more_commands_than_fit_into_memory_at_once(online: Any) -> None:
    node = online()
    node.leave()
    becomes(node, "offline")
    told = queue(node, 1500)
    node.come_back()
    seen = []
    for _ in told:
        command = node.command()
        seen.append(command["command_id"])
        node.ack(command)
    assert seen == told
    until(lambda: Command.objects.filter(status="acked").count() == 1500, 20)
    assert set(Command.objects.values_list("attempts", flat=True)) == {1}


def test_new_commands_never_overtake_what_waits(online: Any) -> None:
    node = online()
    told: list[str] = []
    later = timezone.now() + timedelta(hours=1)
    for number in range(300):
        action = {"type": "stop_flow", "flow_id": str(number)}
        told.append(str(commands.create(who=SYSTEM, node_id=row_of(node).pk, action=action, expires_at=later).pk))
    assert [node.command()["command_id"] for _ in told] == told


@contextmanager
def deaf(url: str, node_id: str, secret: str) -> Iterator[socket.socket]:
    """A node that is let in and then reads nothing more, behind a small buffer."""
    host, port = url.removeprefix("ws://").split("/")[0].split(":")
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.connect((host, int(port)))
        head = f"GET /ws/node HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        wire.sendall(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
        wire.recv(1000)
        shown = json.dumps({"type": "auth", "payload": {"node_id": node_id, "node_secret": secret}}).encode()
        wire.sendall(bytes([0x81, 0xFE]) + len(shown).to_bytes(2, "big") + bytes(4) + shown)
        yield wire


def test_a_node_that_reads_nothing_is_offline_though_its_wire_is_full(
    settings: Settings, transactional_db: None, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NODE_KEEPALIVE_SECONDS, settings.NODE_OFFLINE_SECONDS = 1, 2
    monkeypatch.setattr("devices.consumers.session.PATIENCE_WITH_BUSY_NODES", 1.0)
    monkeypatch.setattr("rdos.kernel.sockets.wire.CLOSE_SECONDS", 0.5)
    _, token = nodes.create(actor=admin.actor, name="Venue", at=timezone.now())
    with serving() as hub:
        node = FakeNode(hub.socket_url).register(token)
        node.leave()
        becomes(node, "offline")
        queue(node, 200, size=90_000)
        with deaf(hub.socket_url, node.node_id, node.secret):
            becomes(node, "online")
            until(lambda: Command.objects.filter(status="sent").exists())
            row = becomes(node, "offline")
            assert row.status_reason == "nothing was heard for too long"
        # What it took with it is told again, in order.
        node.come_back()
        assert node.command()["action"]["flow_id"] == "0"


def test_what_is_read_too_late_is_not_told_any_more(online: Any) -> None:
    """The asker heard 504 long ago: a node that wakes up must not carry it out."""
    node = online()
    node.leave()
    becomes(node, "offline")
    with deaf(node.url, node.node_id, node.secret) as wire:
        becomes(node, "online")
        queue(node, 60, size=90_000)
        until(lambda: Command.objects.filter(status="sent").count() >= 40)
        late = commands.create(
            who=SYSTEM,
            node_id=row_of(node).pk,
            action={"type": "move"},
            expires_at=timezone.now() + timedelta(seconds=1),
            awaited=True,
        )
        ends = time.monotonic() + 2.0
        until(lambda: time.monotonic() > ends)
        found = b""
        wire.settimeout(20)
        while b'"flow_id":"59"' not in found:
            found += wire.recv(1 << 20)
        wire.settimeout(3)
        with suppress(TimeoutError):
            while True:
                found += wire.recv(1 << 20)
        assert str(late.pk).encode() not in found
        assert Node.objects.get(pk=node.node_id).status == "online"


def test_a_stranger_is_not_let_send_what_a_node_may(online: Any) -> None:
    node = online()
    for size in (200_000, 5 * 2**20):
        stranger = FakeNode(node.url).dial()
        with suppress(ConnectionClosed):
            stranger.say("x" * size)
        assert stranger.closed()[0] == 1009
    node.send("stats", {"blob": "x" * 4_000_000})
    node.send("health", {"status": "ok", "version": "after"})
    until(lambda: row_of(node).software_version == "after")


def test_whoever_pings_and_reads_no_answer_is_cut_off(online: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rdos.doors.sockets.LINGER_SECONDS", 0.2)
    node = online()
    node.leave()
    becomes(node, "offline")
    ping = bytes([0x89, 0x80 | 120]) + bytes(4) + b"x" * 120
    with deaf(node.url, node.node_id, node.secret) as wire:
        becomes(node, "online")
        wire.settimeout(5)
        with pytest.raises(OSError):
            for _ in range(2000):
                wire.sendall(ping * 500)
        becomes(node, "offline")
