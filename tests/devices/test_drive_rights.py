"""Who may drive a robot, one at a time, and who takes the wheel out of a hand."""

import time
from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from accounts.choices import Role
from accounts.models import User
from accounts.services import logins, tokens
from devices.models import BusNode, DriveSession, Node
from rdos.kernel.models import JournalEntry
from tests.console.browsing import session_of
from tests.devices.conftest import until
from tests.devices.garage import Garage, driving_along, garage, last, robot, stands, why_ended
from tests.devices.hub import Hub
from tests.devices.motors import Motors, rover
from tests.devices.wheel import Wheel
from tests.people import MakePerson, Person
from tests.servers import LoneNats

__all__ = ["garage", "robot"]

# -- who may -----------------------------------------------------------------------------------------------------------


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


# -- one at a time -----------------------------------------------------------------------------------------------------


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


# -- ended by others ---------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (revoked, "authentication_required"),
        (demoted, "role_too_low"),
        (shut_out, "device_not_found"),
        (expired, "node_expired"),
    ],
)
def test_whoever_may_no_longer_does_not_begin(
    operator: Person, garage: Garage, motors: Motors, robot: Node, happens: Any, code: str
) -> None:
    """The socket stood open all the while."""
    wheel = garage.by_session(operator)
    happens(operator)
    wheel.send("start")
    assert wheel.hear("refused")["code"] == code
    assert not DriveSession.objects.exists() and motors.told("rover-1") == []


def test_a_credential_that_the_robot_got_meanwhile_counts(
    operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    wheel = garage.by_session(operator)
    BusNode.objects.filter(node=robot).update(credential_hash="x")
    wheel.start().hold(0.5)
    until(lambda: motors.heard_apart)
    assert motors.told("rover-1") == []


def test_whoever_asks_for_a_wheel_again_and_again_is_held_up(
    operator: Person, admin: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    driving_along(garage, motors, operator)
    second, begun = garage.wheel(admin), time.monotonic()
    for _ in range(8):
        second.send("start")
    for _ in range(8):
        second.hear("busy")
    assert time.monotonic() - begun > 0.9


def test_a_revoked_token_drives_no_longer(
    admin: Person, operator: Person, garage: Garage, motors: Motors, robot: Node
) -> None:
    token, raw = tokens.create(actor=operator.actor, kind="api", name="x", scopes=["*"], at=timezone.now())
    wheel = garage.wheel(operator, **{"X-API-Key": raw}).start()
    wheel.hold(0.5)
    tokens.revoke(actor=operator.actor, pk=token.pk, at=timezone.now())
    assert wheel.ended() == "no_longer"


@pytest.mark.parametrize("path", ["/api/v1/devices/rover-1/stop", "/api/v1/motion/stop"])
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
