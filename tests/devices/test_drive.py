"""Somebody drives a robot by hand: through the socket, heard by motors on a real bus."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from accounts.choices import Role
from accounts.models import User
from accounts.services import logins, tokens
from devices.models import BusNode, DriveSession, Node
from devices.services import driving
from rdos.kernel.clock import database_now
from rdos.kernel.models import JournalEntry
from tests.console.browsing import session_of
from tests.devices.conftest import until
from tests.devices.hal.payloads import RANGE
from tests.devices.hub import Hub
from tests.devices.motors import Motors, rover
from tests.devices.wheel import Wheel
from tests.people import MakePerson, Person
from tests.servers import LoneNats

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


# -- driving ------------------------------------------------------------------------------------------------------


def test_a_hand_on_the_wheel_moves_the_robot_ten_times_a_second(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start(linear_limit=1.0, angular_limit=2.0)
    wheel.hold(0.4, -0.5)
    until(lambda: motors.told("rover-1").count((0.4, -0.5)) > 10)
    moving = [at for at, message in motors.heard if message["payload"]["linear_meters_per_sec"] == 0.4]
    assert len(moving) / (moving[-1] - moving[0]) > 9
    wheel.hear("state", dead_man=False, linear=0.4, angular=-0.5)


def test_nothing_goes_faster_than_the_session_allows(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start(linear_limit=0.3, angular_limit=0.5)
    wheel.hold(9, -6)
    until(lambda: last(motors) == (0.3, -0.5))
    assert {abs(linear) for linear, _ in motors.told("rover-1")} <= {0.0, 0.3}


def test_what_the_robot_really_does_is_shown(operator: Person, garage: Garage, motors: Motors, robot: Node) -> None:
    wheel = garage.wheel(operator).start()
    wheel.hold(0.4)
    motors.say("rover-1", 0.38, odometry={"x_meters": 7, "y_meters": 0, "theta_rad": 0})
    motors.say_range("rover-1", RANGE | {"device_id": "rover-1"})
    state: dict[str, Any] = until(lambda: _with_ranges(wheel))
    assert state["motor"]["actual_linear_meters_per_sec"] == 0.38
    assert state["motor"]["odometry"]["x_meters"] == 7
    assert state["ranges"][0] | {"sensor": "tof-front", "meters": 0.243} == state["ranges"][0]
    assert state["telemetry_age_ms"] < 5000 and not state["latched"]


def _with_ranges(wheel: Wheel) -> dict[str, Any] | None:
    state = wheel.hear("state")
    return state if state["ranges"] and state["motor"] and state["seq"] else None


def test_a_drive_is_noted_from_its_beginning_to_its_end(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start()
    session = DriveSession.objects.get(ended_at=None)
    assert (session.driver_label, session.linear_limit, session.angular_limit) == ("oskar", 1.0, 2.0)
    wheel.send("release")
    assert wheel.ended() == "released"
    assert why_ended() == "released"
    entries = JournalEntry.objects.filter(action__startswith="drive.").order_by("id")
    assert list(entries.values_list("action", flat=True)) == ["drive.begin", "drive.end"]


# -- the dead man -------------------------------------------------------------------------------------------------


def test_a_hand_that_is_silent_stops_the_robot_and_then_the_session(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start()
    wheel.drive(0.5)
    until(lambda: last(motors) == (0.5, 0.0))
    wheel.hear("state", dead_man=True)
    assert wheel.ended() == "silent"
    times = [(at, message["payload"]["linear_meters_per_sec"]) for at, message in motors.heard]
    begun = next(at for at, speed in times if speed == 0.5)
    moved_until = max(at for at, speed in times if speed == 0.5)
    assert moved_until - begun < 1.0, "the firmware's own watchdog is one second"
    assert sum(speed == 0 for at, speed in times if at > moved_until) >= 5
    assert why_ended() == "silent"


def test_a_hand_that_comes_back_in_time_goes_on(operator: Person, garage: Garage, motors: Motors, robot: Node) -> None:
    wheel = garage.wheel(operator).start()
    wheel.drive(0.5)
    wheel.hear("state", dead_man=True)
    before = len(motors.told("rover-1"))
    wheel.drive(0.5)
    until(lambda: (0.5, 0.0) in motors.told("rover-1")[before:])


def test_whoever_vanishes_leaves_a_robot_that_stands(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start()
    wheel.hold(0.5)
    until(lambda: last(motors) == (0.5, 0.0))
    wheel.vanish()
    until(lambda: stands(motors, 5))
    assert why_ended() in ("lost", "silent")


@pytest.mark.parametrize(
    "frame",
    [
        '{"type": "drive", "linear": NaN, "angular": 0}',
        '{"type": "drive", "linear": "1", "angular": 0}',
        '{"type": "drive", "linear": true, "angular": 0}',
        '{"type": "drive", "linear": 1}',
        '{"type": "drive", "linear": 1, "angular": 0, "seq": -1}',
        '{"type": "drive", "linear": 1e999, "angular": 0}',
        "[]",
        "no json",
        b"\x00\x01",
    ],
)
def test_what_is_not_understood_moves_no_wheel_and_is_no_sign_of_life(
    operator: Person, garage: Garage, motors: Motors, robot: Node, frame: Any
) -> None:
    wheel = garage.wheel(operator).start()
    for _ in range(3):
        wheel.socket.send(frame)
    wheel.hear("error")
    assert wheel.ended() == "silent"
    assert set(motors.told("rover-1")) == {STOPPED}


def test_whoever_sends_nothing_but_noise_is_hung_up_on(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.wheel(operator).start()
    for _ in range(20):
        wheel.socket.send("noise")
    until(lambda: stands(motors))
    assert why_ended() == "lost"


# -- who may ------------------------------------------------------------------------------------------------------


def refused(garage: Garage, person: Person, key: str = "rover-1", **headers: str) -> str:
    code: str = garage.wheel(person, key, **headers).hear("refused")["code"]
    return code


def test_a_browser_drives_with_its_session_from_our_own_page_only(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    garage.by_session(operator).start().send("release")
    why_ended()
    with pytest.raises(InvalidStatus, match="403"):
        garage.by_session(operator, origin="https://elsewhere.example")
    with pytest.raises(InvalidStatus, match="403"):
        garage.wheel(operator, cookie=f"session={session_of(operator)}")


def test_a_program_drives_with_a_token_that_reaches_so_far(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    garage.wheel(operator, **{"X-API-Key": operator.token()}).start()
    assert refused(garage, operator, **{"X-API-Key": operator.token("read")}) == "scope_missing"


def test_nobody_is_let_in_without_a_credential(garage: Garage, motors: Motors, robot: Node) -> None:
    for headers in ({"authorization": "Bearer nonsense"}, {"user-agent": "curl"}):
        with pytest.raises(InvalidStatus, match="403"):
            Wheel(garage.url, **headers)


def test_viewers_strangers_and_the_wrong_nodes_are_refused_by_name(
    viewer: Person, operator: Person, make_person: MakePerson, garage: Garage, motors: Motors, robot: Node
) -> None:
    assert refused(garage, viewer) == "role_too_low"
    assert refused(garage, operator, "nobody") == "device_not_found"
    stranger = make_person("olga", Role.OPERATOR, allowed_node_ids=[])
    assert refused(garage, stranger) == "device_not_found"
    rover("camera", kind="pi", capabilities={"camera.frame": "v1.0"})
    assert refused(garage, operator, "camera") == "cannot_be_driven"
    Node.objects.create(key="edge", name="Edge")
    assert refused(garage, operator, "edge") == "cannot_be_driven"


def test_a_node_that_is_denied_expired_or_latched_is_not_driven(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    rover("denied", denied_commands=["move"])
    rover("expired", expires_at=timezone.now())
    latched = rover("latched")
    BusNode.objects.filter(node=latched).update(latched_at=timezone.now())
    assert refused(garage, operator, "denied") == "command_denied"
    assert refused(garage, operator, "expired") == "node_expired"
    assert refused(garage, operator, "latched") == "latched"


def test_a_node_that_says_it_has_a_motor_is_driven(operator: Person, garage: Garage, motors: Motors) -> None:
    rover("pi", kind="pi", capabilities={"motor": ["left", "right"]})
    garage.wheel(operator, "pi").start()


@pytest.mark.parametrize("limits", [{"linear_limit": 11}, {"angular_limit": -1}, {"linear_limit": "fast"}])
def test_limits_beyond_the_drivers_are_refused(
    operator: Person, garage: Garage, motors: Motors, robot: Node, limits: dict[str, Any]
) -> None:
    wheel = garage.wheel(operator)
    wheel.send("start", **limits)
    assert wheel.hear("refused")["code"] == "malformed_frame"


# -- one at a time ------------------------------------------------------------------------------------------------


def test_a_second_hand_is_told_who_drives_and_takes_over_only_by_its_own_word(
    operator: Person, admin: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    first = garage.wheel(operator).start()
    first.hold(0.5)
    second = garage.wheel(admin)
    second.send("start")
    assert second.hear("busy")["driver"] == "oskar"
    until(lambda: last(motors) == (0.5, 0.0))
    second.start("take_over")
    assert first.ended() == "taken_over"
    second.hold(-0.2)
    until(lambda: motors.told("rover-1")[-5:] == [(-0.2, 0.0)] * 5)
    assert sorted(DriveSession.objects.values_list("driver_label", "ended_because")) == [
        ("alice", ""),
        ("oskar", "taken_over"),
    ]
    entry = JournalEntry.objects.get(action="drive.end")
    assert (entry.actor_label, entry.details["driver"]) == ("alice", "oskar")


def test_two_robots_are_driven_side_by_side(operator: Person, garage: Garage, motors: Motors, robot: Node) -> None:
    rover("rover-2")
    garage.wheel(operator).start().hold(0.1)
    garage.wheel(operator, "rover-2").start().hold(0.2)
    until(lambda: last(motors) == (0.1, 0.0) and last(motors, "rover-2") == (0.2, 0.0))


# -- ended by others ----------------------------------------------------------------------------------------------


def driving_along(garage: Garage, motors: Motors, person: Person) -> Wheel:
    wheel = garage.by_session(person).start()
    wheel.hold(0.5)
    until(lambda: last(motors) == (0.5, 0.0))
    return wheel


def revoked(person: Person) -> None:
    logins.revoke(login=person.signed_in.login, because="signed_out", at=timezone.now(), who=person.actor.who)


def demoted(person: Person) -> None:
    User.objects.filter(pk=person.id).update(role=Role.VIEWER)


def shut_out(person: Person) -> None:
    User.objects.filter(pk=person.id).update(denied_node_ids=[str(Node.objects.get().pk)])


def expired(person: Person) -> None:
    Node.objects.update(expires_at=timezone.now())


@pytest.mark.parametrize("happens", [revoked, demoted, shut_out, expired])
def test_whoever_may_no_longer_drives_no_longer(
    operator: Person, garage: Garage, motors: Motors, robot: Node, happens: Any
) -> None:
    wheel = driving_along(garage, motors, operator)
    happens(operator)
    assert wheel.ended() == "no_longer"
    until(lambda: stands(motors, 5))
    assert why_ended() == "no_longer"


def test_a_revoked_token_drives_no_longer(
    admin: Person, operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    token, raw = tokens.create(actor=operator.actor, kind="api", name="x", scopes=["*"], at=timezone.now())
    wheel = garage.wheel(operator, **{"X-API-Key": raw}).start()
    wheel.hold(0.5)
    tokens.revoke(actor=operator.actor, pk=token.pk, at=timezone.now())
    assert wheel.ended() == "no_longer"


@pytest.mark.parametrize("path", ["/api/v1/devices/rover-1/stop", "/api/v1/devices/stop"])
def test_a_stop_takes_the_wheel_out_of_every_hand(
    operator: Person, admin: Person, garage: Garage, motors: Motors, robot: Node, path: str
) -> None:
    wheel = driving_along(garage, motors, operator)
    answer = admin.caller.post(path)
    assert (answer.status_code, answer.json()["ended_sessions"]) == (200, 1)
    assert wheel.ended() == "halted"
    until(lambda: stands(motors, 5))
    assert why_ended() == "halted"


def test_a_robot_that_latches_ends_the_drive(operator: Person, garage: Garage, motors: Motors, robot: Node) -> None:
    wheel = driving_along(garage, motors, operator)
    motors.say("rover-1", 0.0, status="emergency_stop")
    assert wheel.ended() == "latched"
    until(lambda: stands(motors, 5))


def test_a_robot_that_the_hub_knows_as_latched_ends_the_drive(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = driving_along(garage, motors, operator)
    BusNode.objects.update(latched_at=timezone.now())
    assert wheel.ended() == "latched"


def test_a_bus_that_goes_away_ends_the_drive(
    operator: Person, garage: Garage, motors: Motors, robot: Node, broker: LoneNats
) -> None:
    wheel = driving_along(garage, motors, operator)
    broker.kill()
    assert wheel.ended() == "bus_away"
    assert why_ended() == "bus_away"


def test_nobody_drives_without_a_bus(operator: Person, garage: Garage, robot: Node, broker: LoneNats) -> None:
    broker.kill()
    wheel = garage.wheel(operator)
    wheel.send("start")
    assert wheel.hear("refused")["code"] == "bus_away"
    assert not DriveSession.objects.exists()


def test_a_hub_that_stops_lets_its_robots_stand(
    operator: Person, hub: Hub, garage: Garage, motors: Motors, robot: Node
) -> None:
    driving_along(garage, motors, operator)
    hub.stop()
    assert stands(motors)
    assert why_ended() == "stopping"


# -- leases -------------------------------------------------------------------------------------------------------


def test_a_session_whose_process_is_gone_is_swept_and_its_robot_stopped(
    operator: Person, motors: Motors, robot: Node
) -> None:
    at = database_now()
    session = driving.begin(actor=operator.actor, node=robot, limits=driving.Speeds(1, 1), at=at)
    assert driving.sweep(at + driving.LEASE / 2) == 0
    assert driving.sweep(at + driving.LEASE) == 1
    assert driving.sweep(at + driving.LEASE) == 0
    session.refresh_from_db()
    assert session.ended_because == "abandoned"
    until(lambda: motors.zeros("rover-1") == 4)


def test_a_lapsed_session_keeps_nobody_from_driving(operator: Person, admin: Person, robot: Node) -> None:
    at = database_now()
    driving.begin(actor=operator.actor, node=robot, limits=driving.Speeds(1, 1), at=at - driving.LEASE)
    driving.begin(actor=admin.actor, node=robot, limits=driving.Speeds(1, 1), at=at)
    assert DriveSession.objects.filter(ended_because="abandoned").count() == 1


def test_a_renewed_lease_is_not_swept(operator: Person, robot: Node) -> None:
    at = database_now()
    session = driving.begin(actor=operator.actor, node=robot, limits=driving.Speeds(1, 1), at=at)
    assert driving.look(session_id=session.pk, actor=operator.actor, at=at + driving.LEASE / 2) is None
    assert driving.sweep(at + driving.LEASE) == 0
