"""Robots: they register, say how they are, and are found by their key."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction

from accounts.access import allows, require
from accounts.services import tokens
from devices.errors import OutsideYourNodes
from devices.models import Node
from devices.services import nodes, polled
from flows import doorbell
from flows.access import insist_itself, robot_for
from flows.choices import RobotStatus
from flows.errors import RobotNotFound
from flows.models import Robot
from flows.services import leases
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.compiled import WORD, CompiledRow
from rdos.kernel.journal import Who, changes, record, row_of
from rdos.kernel.journal.storable import storable

DEVICE_TYPE = "robot"
MOST_CONCURRENT = 100
LONGEST_NAME, LONGEST_HOSTNAME = 128, 256
# What a robot is told apart by, where two have the same name.
TAIL = 8
FIELDS = ("hostname", "environment", "capabilities", "tags", "max_concurrent")


def robot_of(*, key: str, at: datetime, who: Who, address: str = "") -> Robot:
    """Found or made: a robot that holds a key needs no registration to work. Whoever said goodbye is back."""
    found = robot_by(key)
    if found is None:
        node = polled.appear(key=key, name=key, device_type=DEVICE_TYPE, who=who)
        found = _made(node)
    polled.heard(found.node, at, address=address)
    if found.status == RobotStatus.OFFLINE:
        Robot.objects.filter(pk=found.pk, status=RobotStatus.OFFLINE).update(status=RobotStatus.IDLE)
        found.status = RobotStatus.IDLE
    return found


# Read by every call of a robot; whatever else there is to know of its node is read when it is asked for.
READ = {"id", "key", "name", "status", "last_seen_at", "device_type", "session_id"}
# In the order of the model's own fields, as `from_db` takes them.
NODE = tuple(field.attname for field in Node._meta.concrete_fields if field.attname in READ)
ROBOT = tuple(field.attname for field in Robot._meta.concrete_fields)
_by_key = CompiledRow(
    WORD, lambda key: Robot.objects.filter(node__key=key).values_list(*ROBOT, *(f"node__{name}" for name in NODE))
)


def robot_by(key: str) -> Robot | None:
    row = _by_key.get(key)
    if row is None:
        return None
    robot = Robot.from_db(DEFAULT_DB_ALIAS, ROBOT, row[: len(ROBOT)])
    robot.node = Node.from_db(DEFAULT_DB_ALIAS, NODE, row[len(ROBOT) :])
    return robot


def _made(node: Node) -> Robot:
    try:
        with transaction.atomic():
            return Robot.objects.create(node=node)
    except IntegrityError:
        return Robot.objects.select_related("node").get(node=node)


def that_reports(*, actor: Actor, key: str, at: datetime) -> Robot:
    """Who says something of a robot: the robot itself, or a person, who can make up a robot only as an admin."""
    insist_itself(actor, key)
    if actor.kind is ActorKind.ROBOT:
        return robot_of(key=key, at=at, who=actor.who, address=actor.address)
    try:
        return robot_for(actor, key, "robots.report")
    except RobotNotFound:
        if not allows(actor, "robots.update"):
            raise
    _insist_sees_new_ones(actor, key)
    return robot_of(key=key, at=at, who=actor.who)


def _insist_sees_new_ones(actor: Actor, key: str) -> None:
    if actor.node_ids is not None or Node.objects.filter(key=key, pk__in=actor.denied_node_ids).exists():
        raise OutsideYourNodes("You see some nodes only, so you would not see a new one.")


@transaction.atomic
def register(*, actor: Actor, key: str, fields: Mapping[str, Any], at: datetime) -> Robot:
    """Again is the same: what is said replaces what was said before. New robots are offered what waits."""
    if actor.kind is not ActorKind.ROBOT:
        require(actor, "robots.update")
    robot = that_reports(actor=actor, key=key, at=at)
    _take_over(robot, fields)
    robot.status, robot.heartbeat_at = RobotStatus.IDLE, at
    robot.save()
    record(who=actor.who, action="robot.register", about=row_of(robot.node), details=facts(robot))
    doorbell.room()
    return robot


@transaction.atomic
def update(*, actor: Actor, key: str, fields: Mapping[str, Any]) -> Robot:
    """Changes what is named and leaves the rest."""
    robot = _changeable(actor, key)
    before = facts(robot)
    _take_over(robot, fields)
    old, new = changes(before, facts(robot))
    if new:
        robot.save(update_fields=FIELDS)
        record(who=actor.who, action="robot.update", about=row_of(robot.node), before=old, after=new)
        doorbell.room()
    return robot


def _changeable(actor: Actor, key: str) -> Robot:
    return robot_for(actor, key, "robots.report" if actor.kind is ActorKind.ROBOT else "robots.update", hold=True)


def _take_over(robot: Robot, fields: Mapping[str, Any]) -> None:
    for field in FIELDS:
        if fields.get(field) is not None:
            setattr(robot, field, fields[field])
    others = Robot.objects.exclude(pk=robot.pk)
    if hostname := fields.get("hostname"):
        taken = others.filter(hostname=hostname).exists()
        robot.hostname = marked(hostname, robot.node.key, LONGEST_HOSTNAME) if taken else hostname
    if name := fields.get("name"):
        taken = others.filter(node__name=name).exists()
        robot.node.name = marked(name, robot.node.key, LONGEST_NAME) if taken else name
        robot.node.save(update_fields=["name", "updated_at"])


def marked(name: str, key: str, most: int) -> str:
    return f"{name[: most - TAIL - 1]}-{key[-TAIL:]}"


def facts(robot: Robot) -> dict[str, Any]:
    """What the journal keeps of a robot."""
    return {"name": robot.node.name} | {name: getattr(robot, name) for name in FIELDS}


@transaction.atomic
def delete(*, actor: Actor, key: str, at: datetime) -> None:
    """Its work goes back to the queue and its keys end, else its next call would bring it back. What is a node of
    another kind stays one."""
    robot = _changeable(actor, key)
    leases.release_all(robot_key=key, at=at)
    tokens.revoke_of_robot(actor=actor, robot_key=key, at=at)
    if robot.node.device_type == DEVICE_TYPE:
        nodes.delete(actor=actor, pk=robot.node.pk, at=at)
        return
    record(who=actor.who, action="robot.delete", about=row_of(robot.node), before=facts(robot))
    robot.delete()


def move_to(robot: Robot, environment: str) -> None:
    """A claim names the environment that the robot works in now."""
    if robot.environment != environment:
        Robot.objects.filter(pk=robot.pk).update(environment=environment)
        robot.environment = environment


def heartbeat(*, actor: Actor, key: str, metrics: Mapping[str, Any], at: datetime) -> Robot:
    """Also the first one of a robot that nobody knows."""
    robot = that_reports(actor=actor, key=key, at=at)
    polled.heard(robot.node, at)
    note_heartbeat(robot=robot, metrics=metrics, at=at)
    return robot


def note_heartbeat(*, robot: Robot, metrics: Mapping[str, Any], at: datetime) -> None:
    kept: Any = storable(metrics)
    changed: dict[str, Any] = {"metrics": kept, "heartbeat_at": at}
    most = metrics.get("max_concurrent_jobs")
    if isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= MOST_CONCURRENT:
        changed["max_concurrent"] = most
    if robot.status == RobotStatus.OFFLINE:
        changed["status"] = RobotStatus.IDLE
    Robot.objects.filter(pk=robot.pk).update(**changed)
    robot.__dict__.update(changed)


@transaction.atomic
def report_status(*, actor: Actor, key: str, status: str, at: datetime) -> Robot:
    """A robot says how it is, which counts as a heartbeat. A person's word outlasts what the robot says next."""
    robot = that_reports(actor=actor, key=key, at=at)
    if actor.kind is ActorKind.ROBOT:
        return change_status(robot=robot, status=status, at=at)
    robot.is_draining = status in (RobotStatus.MAINTENANCE, RobotStatus.PAUSED)
    Robot.objects.filter(pk=robot.pk).update(is_draining=robot.is_draining)
    record(who=actor.who, action="robot.update", about=row_of(robot.node), after={"status": status})
    return change_status(robot=robot, status=status, at=at)


def change_status(*, robot: Robot, status: str, at: datetime) -> Robot:
    """A robot that says goodbye hands its work back."""
    Robot.objects.filter(pk=robot.pk).update(status=status, heartbeat_at=at)
    robot.status, robot.heartbeat_at = status, at
    if status == RobotStatus.OFFLINE:
        leave(robot=robot, at=at)
    elif status == RobotStatus.IDLE:
        doorbell.room()
    return robot


def leave(*, robot: Robot, at: datetime) -> int:
    polled.leave(robot.node, at, "it said goodbye")
    return leases.release_all(robot_key=robot.node.key, at=at)


def sweep(at: datetime) -> int:
    """Robots that only call and have fallen silent are offline; whoever is gone loses its runs after the grace."""
    silent_after = timedelta(seconds=settings.ROBOT_HEARTBEAT_TIMEOUT)
    return polled.sweep(at, silent_after=silent_after) + leases.shorten_of_absent(at)
