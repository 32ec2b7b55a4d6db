"""Where hands are put on wheels, and taken off again."""

from collections.abc import Iterator

import pytest

from devices.models import DriveSession, Node
from tests.console.browsing import session_of
from tests.devices.conftest import until
from tests.devices.hub import Hub
from tests.devices.motors import Motors, rover
from tests.devices.wheel import Wheel
from tests.people import Person

STOPPED = (0.0, 0.0)


@pytest.fixture
def robot(transactional_db: None) -> Node:
    return rover()


class Garage:
    """Where hands are put on wheels, and taken off again."""

    def __init__(self, hub: Hub) -> None:
        self.url = hub.socket_url.removesuffix("/ws/node")
        self.origin = hub.url
        self.wheels: list[Wheel] = []

    def wheel(self, person: Person, key: str = "rover-1", **headers: str) -> Wheel:
        headers = headers or {"authorization": f"Bearer {person.signed_in.access_token}"}
        wheel = Wheel(self.url, key, **headers)
        self.wheels.append(wheel)
        return wheel

    def by_session(self, person: Person, origin: str | None = None) -> Wheel:
        return self.wheel(person, cookie=f"session={session_of(person)}", origin=origin or self.origin)


@pytest.fixture
def garage(hub: Hub) -> Iterator[Garage]:
    made = Garage(hub)
    yield made
    for wheel in made.wheels:
        wheel.leave()


def last(motors: Motors, key: str = "rover-1") -> tuple[float, float] | None:
    told = motors.told(key)
    return told[-1] if told else None


def stands(motors: Motors, times: int = 3) -> bool:
    """The last words were zero, several times."""
    return motors.told("rover-1")[-times:] == [STOPPED] * times


def why_ended() -> str:
    until(lambda: not DriveSession.objects.filter(ended_at=None).exists())
    return DriveSession.objects.latest("started_at").ended_because


def driving_along(garage: Garage, motors: Motors, person: Person) -> Wheel:
    wheel = garage.by_session(person).start()
    wheel.hold(0.5)
    until(lambda: last(motors) == (0.5, 0.0))
    return wheel
