"""The hub's picture of a node is true: nothing in between is missed, and nobody is wrongly called silent."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from devices.drivers import registry
from devices.models import Node
from devices.services import commands, nodes, tokens
from rdos.kernel.journal import SYSTEM
from rdos.kernel.models import JournalEntry
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode
from tests.devices.hub import serving
from tests.people import Person


@pytest.fixture
def impatient(settings: Settings, transactional_db: None, admin: Person) -> Iterator[Callable[[], FakeNode]]:
    """Nodes of a hub that calls them silent after two seconds."""
    settings.NODE_KEEPALIVE_SECONDS, settings.NODE_OFFLINE_SECONDS = 1, 2
    with ExitStack() as stack:
        hub = stack.enter_context(serving())

        def make() -> FakeNode:
            _, token = nodes.create(actor=admin.actor, name="Venue", at=timezone.now())
            return stack.enter_context(FakeNode(hub.socket_url).register(token))

        yield make


def passes(seconds: float) -> None:
    ends = time.monotonic() + seconds
    until(lambda: time.monotonic() > ends, seconds + 5)


def test_of_two_reports_that_come_together_the_first_may_be_the_news(online: Any) -> None:
    """Edges send their first report twice."""
    node = online()
    for _ in range(2):
        node.send("health", {"status": "degraded", "version": "1", "reason": "hot"})
    becomes(node, "degraded")
    node.leave()
    becomes(node, "offline")
    told = JournalEntry.objects.filter(action="node.health")
    assert [entry.details["status"] for entry in told] == ["degraded"]


def test_a_configuration_does_not_end_the_patience_with_another_command(impatient: Callable[[], FakeNode]) -> None:
    node = impatient()
    later = timezone.now() + timedelta(minutes=1)
    for name in ("get_config", "restart_flow"):
        commands.create(who=SYSTEM, node_id=row_of(node).pk, action={"type": name}, expires_at=later)
    assert [node.command()["action"]["type"] for _ in range(2)] == ["get_config", "restart_flow"]
    node.send("config_response", {"version": 2})
    passes(3.5)
    assert row_of(node).status == "online"


def test_a_node_that_the_hub_itself_does_not_read_is_not_called_silent(
    impatient: Callable[[], FakeNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    node = impatient()
    held = {"up": True}
    monkeypatch.setattr("devices.consumers.stores.Stores.event", lambda *_: not held["up"])
    node.send("event", {"severity": "info", "category": "flow", "message": "held up"})
    passes(4)
    assert row_of(node).status == "online"
    held["up"] = False
    node.send("health", {"status": "ok", "version": "read again"})
    until(lambda: row_of(node).software_version == "read again")


def test_a_driver_that_stumbles_stops_neither_its_node_nor_the_others(
    impatient: Callable[[], FakeNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, other = impatient(), impatient()
    edge = registry.get("edge")

    def stumbles(*_: object) -> None:
        raise ZeroDivisionError

    for reader in ("metrics", "health"):
        monkeypatch.setitem(edge.__dict__, reader, stumbles)
    node.send("stats", {"uptime_secs": 1})
    node.send("health", {"status": "ok", "version": "2"})
    until(lambda: row_of(node).software_version == "2")
    # The beat goes on: whoever is silent is found.
    becomes(other, "offline")


def test_whoever_ignores_the_goodbye_is_not_listened_to(online: Any, admin: Person) -> None:
    node = online()
    tokens.issue(actor=admin.actor, pk=row_of(node).pk, at=timezone.now())
    # Straight to the wire, as no honest client would.
    with suppress(OSError):
        for _ in range(20):
            node.line.socket.sendall(_frame(b'{"type":"health","payload":{"status":"error","version":"still here"}}'))
    assert node.closed()[0] == 4002
    row = Node.objects.get(pk=node.node_id)
    assert (row.status, row.last_health) == ("pending", None)


def _frame(text: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text
