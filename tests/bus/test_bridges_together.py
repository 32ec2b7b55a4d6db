"""Two bridges that store what they heard of the same devices at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from devices.models import BusNode, Node
from devices.services import bus_presence, bus_states
from devices.services.bus_presence import Sign
from rdos.kernel.intake import NodeEvent

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
ROUNDS = 20


@pytest.fixture
def robots() -> list[Node]:
    nodes = [Node.objects.create(key=f"bot-{number}", name="Bot", status="online", on_bus=True) for number in range(40)]
    BusNode.objects.bulk_create([BusNode(node=node) for node in nodes])
    return sorted(nodes, key=lambda node: node.pk)


def rounds(act: Callable[[Any], Any], gate: threading.Barrier) -> list[Any]:
    try:
        gate.wait()
        return [act(NOW + timedelta(minutes=2 * number)) for number in range(ROUNDS)]
    finally:
        connection.close()


def test_alerts_and_signs_of_life_never_wait_for_each_other(robots: list[Node]) -> None:
    def alarmed(at: Any) -> int:
        events = [NodeEvent(node_id=node.pk, severity="warning", category="hal", message="!", at=at) for node in turn]
        with transaction.atomic():
            return len(bus_states.first_alerts(events))

    def heard(at: Any) -> None:
        bus_presence.note({node.pk: Sign(at) for node in robots})

    turn = robots[::-1]
    gate = threading.Barrier(2, timeout=10)
    with ThreadPoolExecutor(2) as bridges:
        told = bridges.submit(rounds, alarmed, gate)
        bridges.submit(rounds, heard, gate).result(60)
        assert told.result(60) == [len(robots)] * ROUNDS
