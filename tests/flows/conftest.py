"""What the stories of robots on sockets share: a served hub, and robots with keys; and a Node-RED of a node."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from devices.models import Node
from flows.models import Execution
from flows.services import leases
from rdos.kernel.clock import database_now
from tests.devices.conftest import until
from tests.devices.fake_node_red import FakeNodeRed, a_node_red
from tests.devices.hub import Hub, serving
from tests.flows.fake_robot import FLAT, FakeRobot
from tests.flows.on_node_red import on_the_bus
from tests.people import Person

MakeRobot = Callable[..., FakeRobot]


@pytest.fixture
def hub(transactional_db: None) -> Iterator[Hub]:
    with serving() as running:
        yield running


@pytest.fixture
def robot(hub: Hub, admin: Person) -> Iterator[MakeRobot]:
    """Robots with keys; the same key again is the same robot."""
    made: list[FakeRobot] = []
    tokens: dict[str, str] = {}

    def make(key: str = "bot-1", dialect: str = FLAT, path: str = "", **more: Any) -> FakeRobot:
        token = tokens.get(key) or tokens.setdefault(key, admin.robot_token(key))
        url = f"ws://127.0.0.1:{hub.port}{path}/ws/robot/{key}"
        made.append(FakeRobot(url, token, dialect, **more))
        return made[-1]

    yield make
    for one in made:
        one.leave()


def run(pk: UUID | str) -> Execution:
    return Execution.objects.get(pk=pk)


def becomes(pk: UUID | str, status: str) -> Execution:
    found: Execution = until(lambda: Execution.objects.filter(pk=pk, status=status).first())
    return found


def silence(pk: UUID) -> None:
    """As much of it as a lease lasts."""
    Execution.objects.filter(pk=pk).update(lease_until=database_now())
    leases.sweep(database_now())


@pytest.fixture
def red(settings: Any) -> Iterator[FakeNodeRed]:
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with a_node_red() as fake:
        yield fake


@pytest.fixture
def pi(red: FakeNodeRed) -> Node:
    return on_the_bus(admin_url=red.url)
