"""A broker that a test may kill, and the hub's own way to it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from rdos.kernel import bus
from tests.bus.device import Device
from tests.servers import LoneNats, nats_of_its_own


def until(true: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.01)
    return found


@pytest.fixture
def no_broker(settings: Settings) -> Iterator[LoneNats]:
    """Not started yet."""
    with nats_of_its_own(running=False) as lone:
        settings.NATS_URL, settings.NATS_USER, settings.NATS_PASSWORD = lone.url, "", ""
        bus.close()
        yield lone
        bus.close()


@pytest.fixture
def broker(no_broker: LoneNats) -> LoneNats:
    no_broker.start()
    return no_broker


@pytest.fixture
def device(broker: LoneNats) -> Iterator[Device]:
    """One of the anonymous."""
    found = Device(broker.server.port)
    yield found
    found.close()


class Heard:
    """What came to a subscription of the hub."""

    def __init__(self) -> None:
        self.all: list[tuple[str, bytes, str]] = []

    def __call__(self, subject: str, data: bytes, reply: str) -> None:
        self.all.append((subject, data, reply))

    @property
    def data(self) -> list[bytes]:
        return [data for _, data, _ in self.all]


@pytest.fixture
def heard() -> Heard:
    return Heard()
