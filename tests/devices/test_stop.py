"""Robots are made to stand through the API, heard by motors on a real bus."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import Role
from devices.hal.motion import Speeds
from devices.models import Command, DriveSession, Halt, Node
from devices.services import commands, driving, halting
from devices.services.standstill import AGAIN, Repeater
from rdos.kernel.journal import SYSTEM
from rdos.kernel.models import JournalEntry
from tests.devices.conftest import until
from tests.devices.motors import Motors, rover
from tests.devices.told import node
from tests.people import MakePerson, Person
from tests.servers import LoneNats

pytestmark = pytest.mark.django_db(transaction=True)
SAID = 1 + 4
STOP_ALL = "/api/v1/motion/stop"


def stop(key: str) -> str:
    return f"/api/v1/devices/{key}/stop"


def move(one: Node, action: dict[str, Any] | None = None) -> Command:
    action = action or {"type": "move", "linear": 1, "angular": 0}
    return commands.create(who=SYSTEM, node_id=one.pk, action=action, expires_at=timezone.now() + timedelta(minutes=1))


def test_a_stop_is_said_five_times_within_a_second_or_so(operator: Person, motors: Motors) -> None:
    rover()
    answer = operator.caller.post(stop("rover-1"))
    assert answer.status_code == 200
    said = answer.json()
    assert (said["status"], said["devices"], said["everyone"], said["published"]) == ("sent", ["rover-1"], False, 1)
    motors.catch_up()
    assert motors.zeros("rover-1") >= 1, "it was said before the answer came"
    until(lambda: motors.zeros("rover-1") == SAID)
    first, last = motors.heard[0][0], motors.heard[-1][0]
    assert 0.9 < last - first < 3
    assert {message["device_id"] for _, message in motors.heard} == {"rover-1"}


def test_a_machine_that_stood_still_for_a_moment_swallows_no_word(motors: Motors) -> None:
    repeater = Repeater()
    repeater.begin(["rover-1"])
    with repeater._lock:
        time.sleep(0.6)
    until(lambda: motors.zeros("rover-1") == len(AGAIN))
    assert not repeater.is_busy


def test_a_stop_is_noted(operator: Person, motors: Motors) -> None:
    rover()
    operator.caller.post(stop("rover-1"))
    halt = Halt.objects.get()
    assert (halt.keys, halt.everyone, halt.published, halt.error) == (["rover-1"], False, 1, "")
    assert halt.created_by_label == "oskar"
    entry = JournalEntry.objects.get(action="motion.stop")
    assert (entry.actor_label, entry.details["keys"]) == ("oskar", ["rover-1"])


def test_who_drives_and_what_waits_is_ended_and_nothing_else(operator: Person, admin: Person, motors: Motors) -> None:
    one, other = rover(), rover("rover-2")
    at = timezone.now()
    driven = [driving.begin(actor=admin.actor, node=each, limits=Speeds(1, 1), at=at) for each in (one, other)]
    waiting, raw = move(one), move(one, {"type": "raw", "linear_meters_per_sec": 1, "angular_rad_per_sec": 0})
    spared = [move(other), move(one, {"type": "ping"}), move(one, {"type": "stop"})]
    answer = operator.caller.post(stop("rover-1")).json()
    assert (answer["ended_sessions"], answer["cancelled_commands"]) == (1, 2)
    assert [DriveSession.objects.get(pk=each.pk).ended_because for each in driven] == ["halted", ""]
    assert set(Command.objects.filter(status="cancelled")) == {waiting, raw}
    assert Command.objects.get(pk=waiting.pk).error == "Stopped by oskar"
    assert Command.objects.filter(status="queued", pk__in=[each.pk for each in spared]).count() == 3


def test_maintenance_denial_and_expiry_stop_no_stop(operator: Person, motors: Motors) -> None:
    at = timezone.now()
    rover(maintenance_until=at + timedelta(hours=1), denied_commands=["move", "stop"], expires_at=at, claimed=False)
    assert operator.caller.post(stop("rover-1")).status_code == 200
    motors.catch_up()
    assert motors.zeros("rover-1") >= 1


@pytest.mark.parametrize("prefix", ["/tafy", ""])
@pytest.mark.parametrize("slash", ["", "/"])
def test_it_answers_below_the_accent_too(operator: Person, motors: Motors, prefix: str, slash: str) -> None:
    rover()
    assert operator.caller.post(f"{prefix}{stop('rover-1')}{slash}").status_code == 200
    assert operator.caller.post(f"{prefix}{STOP_ALL}{slash}", {"ignored": True}).status_code == 200


def test_a_robot_that_nobody_knows_is_a_404(operator: Person, motors: Motors) -> None:
    assert operator.caller.post(stop("nobody")).status_code == 404
    assert operator.caller.post("/tafy" + stop("nobody")).json()["status_code"] == 404


@pytest.mark.parametrize("key", ["a.b", "*", "%3E", "a b", "x" * 65])
def test_a_key_that_cannot_be_one_is_refused_before_a_subject_is_built(
    operator: Person, motors: Motors, key: str
) -> None:
    assert operator.caller.post(stop(key)).status_code in (400, 404)
    assert motors.heard == []


def test_whoever_sees_some_robots_stops_those_and_no_others(make_person: MakePerson, motors: Motors) -> None:
    mine, _ = rover(), rover("rover-2")
    olga = make_person("olga", Role.OPERATOR, allowed_node_ids=[str(mine.pk)])
    assert olga.caller.post(stop("rover-2")).status_code == 404
    answer = olga.caller.post(STOP_ALL).json()
    assert (answer["devices"], answer["everyone"]) == (["rover-1"], False)
    until(lambda: motors.zeros("rover-1") == SAID)
    assert {message["device_id"] for _, message in motors.heard} == {"rover-1"}


def test_all_are_stopped_by_name_and_by_a_word_to_everyone(operator: Person, motors: Motors) -> None:
    keys = [rover(f"rover-{number}").key for number in range(5)]
    answer = operator.caller.post(STOP_ALL).json()
    assert (sorted(answer["devices"]), answer["everyone"], answer["published"]) == (keys, True, 6)
    until(lambda: all(motors.zeros(key) == SAID for key in [*keys, "*"]))
    assert motors.heard[0][1]["device_id"] == "*", "what needs no database comes first"
    assert Halt.objects.get().everyone


def test_a_hub_without_robots_tells_everyone_all_the_same(operator: Person, motors: Motors) -> None:
    assert operator.caller.post(STOP_ALL).json()["devices"] == []
    until(lambda: motors.zeros("*") == SAID)


def test_robots_with_a_socket_are_told_in_their_own_words(operator: Person, motors: Motors) -> None:
    arm, _, _ = node("arm", "robot"), node("away", "robot", connected=False), node("venue", "edge")
    assert operator.caller.post(STOP_ALL).json()["told_by_command"] == 1
    told = Command.objects.get()
    assert (told.node_id, told.action, told.status) == (arm.pk, {"type": "stop"}, "queued")


@pytest.mark.parametrize("path", [stop("rover-1"), STOP_ALL])
def test_a_viewer_stops_nobody(viewer: Person, motors: Motors, path: str) -> None:
    rover()
    assert viewer.caller.post(path).status_code == 403
    assert motors.heard == []


@pytest.mark.parametrize("path", [stop("rover-1"), STOP_ALL])
def test_a_bus_that_is_away_is_said_and_noted(operator: Person, broker: LoneNats, path: str) -> None:
    move(rover())
    broker.stop()
    answer = operator.caller.post(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "bus_away")
    body = operator.caller.post("/tafy" + path).json()
    assert (body["type"], body["details"]) == ("NATSConnectionError", {"service": "nats"})
    halt = Halt.objects.first()
    assert halt and halt.published == 0 and halt.error
    assert JournalEntry.objects.filter(action="motion.stop", details__error=halt.error).exists()
    assert Command.objects.get().status == "cancelled", "what waited would go on when the bus is back"


def test_whoever_else_is_on_the_bus_says_a_fresh_stop_again(operator: Person, motors: Motors) -> None:
    rover()
    operator.caller.post(STOP_ALL)
    until(lambda: motors.zeros("rover-1") == SAID)
    made = Halt.objects.get().created_at
    fresh = halting.due(made + timedelta(seconds=1))
    assert len(fresh) == 1
    halting.repeat(fresh)
    until(lambda: (motors.zeros("rover-1"), motors.zeros("*")) == (SAID + 1, SAID + 1))
    assert halting.due(made + halting.SAID_AGAIN) == []
