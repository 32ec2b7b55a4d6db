"""What the stories of devices share: a served hub, people, and nodes that follow the contract to the letter."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Node
from devices.services import nodes
from tests.devices.fake_node import FakeNode
from tests.devices.hub import Hub, serving
from tests.devices.motors import broker, motors
from tests.people import Person

__all__ = ["broker", "motors"]

MakeNode = Callable[..., FakeNode]


@pytest.fixture
def hub(transactional_db: None) -> Iterator[Hub]:
    with serving() as running:
        yield running


@pytest.fixture
def new_node(hub: Hub, admin: Person) -> Iterator[Callable[..., tuple[Node, FakeNode, str]]]:
    """A row, the program that will be that node, and its token."""
    made: list[FakeNode] = []

    def make(name: str = "Venue", **fields: Any) -> tuple[Node, FakeNode, str]:
        row, token = nodes.create(actor=admin.actor, name=name, at=timezone.now(), **fields)
        node = FakeNode(hub.socket_url)
        made.append(node)
        return row, node, token

    yield make
    for node in made:
        node.leave()


@pytest.fixture
def online(new_node: Callable[..., tuple[Node, FakeNode, str]]) -> MakeNode:
    """A node that has registered and is on the line."""

    def make(name: str = "Venue", **fields: Any) -> FakeNode:
        _, node, token = new_node(name, **fields)
        return node.register(token)

    return make


def until(true: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The hub works in its own threads, so a test looks until it sees."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.01)
    return found


def row_of(node: FakeNode) -> Node:
    return Node.objects.get(pk=node.node_id)


def becomes(node: FakeNode, status: str) -> Node:
    return until(lambda: Node.objects.filter(pk=node.node_id, status=status).first())
